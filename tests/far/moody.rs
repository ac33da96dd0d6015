//! A store whose mood a test sets, and which writes down what it was asked.

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use larder::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Living, Permitted, Release,
    StoreKey, Token,
};
use larder::testing::MemoryAdapter;
use larder::{Error, Result, Timeout};
use tokio::sync::Semaphore;

#[derive(Clone)]
pub(crate) enum Mood {
    Works,
    Fails,
    Hangs,
    /// So long before each command.
    Slow(Duration),
}

#[derive(Clone)]
pub(crate) struct Moody {
    pub(crate) adapter: MemoryAdapter,
    state: Arc<Mutex<State>>,
}

struct State {
    mood: Mood,
    asked: Vec<&'static str>,
    /// How many replaced epochs each sweep was told.
    n_replaced: Vec<usize>,
    /// Where commands are held back, before they are executed or after it, until one may pass.
    held: HashMap<(When, &'static str), Arc<Semaphore>>,
    /// Which command turns the mood when it has come so many times more, and into what.
    turns: Option<(&'static str, usize, Mood)>,
    /// `get` finds nothing.
    is_blind: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum When {
    Before,
    After,
}

impl Moody {
    pub(crate) fn new(mood: Mood) -> Self {
        let state = State {
            mood,
            asked: Vec::new(),
            n_replaced: Vec::new(),
            held: HashMap::new(),
            turns: None,
            is_blind: false,
        };
        Self { adapter: MemoryAdapter::new(), state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn turn(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    /// Turns the mood with the `n`th `command` from now on, which meets it.
    pub(crate) fn turn_at(&self, command: &'static str, n: usize, mood: Mood) {
        self.state.lock().unwrap().turns = Some((command, n, mood));
    }

    /// Holds `command` back from now on.
    pub(crate) fn hold(&self, when: When, command: &'static str) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.state.lock().unwrap().held.insert((when, command), Arc::clone(&gate));
        gate
    }

    /// What comes from now on is held no more.
    pub(crate) fn hold_nothing(&self) {
        self.state.lock().unwrap().held.clear();
    }

    pub(crate) fn blind(&self, is_blind: bool) {
        self.state.lock().unwrap().is_blind = is_blind;
    }

    /// How many handles there are, this one included.
    pub(crate) fn n_handles(&self) -> usize {
        Arc::strong_count(&self.state)
    }

    /// The commands that it was given, in order, but for connecting and closing.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        let state = self.state.lock().unwrap();
        state.asked.iter().copied().filter(|command| !["connect", "close"].contains(command)).collect()
    }

    /// How often it was given `command`, connecting and closing included.
    pub(crate) fn n_times(&self, command: &str) -> usize {
        self.state.lock().unwrap().asked.iter().filter(|asked| **asked == command).count()
    }

    /// How many replaced epochs each sweep was told.
    pub(crate) fn n_replaced(&self) -> Vec<usize> {
        self.state.lock().unwrap().n_replaced.clone()
    }

    async fn call<T>(&self, command: &'static str, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let (mood, gates) = {
            let mut state = self.state.lock().unwrap();
            state.asked.push(command);
            state.count(command);
            let gate = |when| state.held.get(&(when, command)).map(Arc::clone);
            (state.mood.clone(), [gate(When::Before), gate(When::After)])
        };
        let [before, after] = gates;
        pass(before).await;
        let answer = match mood {
            Mood::Works => call.await,
            Mood::Fails => Err(Error::unavailable("the store is in a bad mood", "by order of a test")),
            Mood::Hangs => pending().await,
            Mood::Slow(pause) => {
                tokio::time::sleep(pause).await;
                call.await
            }
        };
        pass(after).await;
        answer
    }
}

impl State {
    fn count(&mut self, command: &str) {
        match self.turns.take() {
            Some((awaited, 1, mood)) if awaited == command => self.mood = mood,
            Some((awaited, n, mood)) if awaited == command => self.turns = Some((awaited, n - 1, mood)),
            turns => self.turns = turns,
        }
    }
}

async fn pass(gate: Option<Arc<Semaphore>>) {
    if let Some(gate) = gate {
        gate.acquire().await.unwrap().forget();
    }
}

impl CacheAdapter for Moody {
    fn name(&self) -> &'static str {
        "moody"
    }

    fn capability(&self) -> Capability {
        self.adapter.capability()
    }

    fn shard(&self, key: &StoreKey) -> u16 {
        self.adapter.shard(key)
    }

    async fn connect(&self) -> Result<()> {
        self.call("connect", self.adapter.connect()).await
    }

    async fn close(&self) -> Result<()> {
        self.call("close", self.adapter.close()).await
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        let found = self.call("get", self.adapter.get(key)).await?;
        Ok(found.filter(|_| !self.state.lock().unwrap().is_blind))
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        self.call("get_many", self.adapter.get_many(keys)).await
    }

    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        self.call("permit", self.adapter.permit(key, claim, living, groups)).await
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        self.call("put", self.adapter.put(key, entry, condition)).await
    }

    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        self.call("release", self.adapter.release(key, token, release)).await
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        self.call("put_many", self.adapter.put_many(entries)).await
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        self.call("remove", self.adapter.remove(keys)).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        self.call("touch", self.adapter.touch(key, timeout, grace, living)).await
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        self.call("head", self.adapter.head(key)).await
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        self.call("increment", self.adapter.increment(key, delta, fresh, living)).await
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        self.call("epochs", self.adapter.epochs(names)).await
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        self.call("renew", self.adapter.renew(name)).await
    }

    async fn sweep(&self, namespace: &str, dead: &[u64]) -> Result<u64> {
        self.state.lock().unwrap().n_replaced.push(dead.len());
        self.call("sweep", self.adapter.sweep(namespace, dead)).await
    }

    async fn flush(&self) -> Result<()> {
        self.call("flush", self.adapter.flush()).await
    }
}
