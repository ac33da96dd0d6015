//! A store in this process with a hook before and after each of its verbs.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use larder::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Living, Permitted, Release,
    StoreKey, Token,
};
use larder::testing::MemoryAdapter;
use larder::{Result, Timeout};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Connect,
    Get,
    Permit,
    Put,
    Release,
    Remove,
    Touch,
    Epochs,
    Renew,
    Sweep,
    Other,
}

type Hook = Arc<dyn Fn(Verb) -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Gate {
    store: MemoryAdapter,
    before: Hook,
    after: Hook,
    /// The epochs that were swept.
    pub(crate) swept: Arc<Mutex<Vec<u64>>>,
}

fn nothing() -> Hook {
    Arc::new(|_| Box::pin(async { Ok(()) }))
}

impl Gate {
    pub(crate) fn new(store: MemoryAdapter) -> Self {
        Self { store, before: nothing(), after: nothing(), swept: Arc::default() }
    }

    pub(crate) fn before<F>(self, hook: impl Fn(Verb) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        Self { before: Arc::new(move |verb| Box::pin(hook(verb))), ..self }
    }

    pub(crate) fn after<F>(self, hook: impl Fn(Verb) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        Self { after: Arc::new(move |verb| Box::pin(hook(verb))), ..self }
    }

    async fn call<T>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        (self.before)(verb).await?;
        let answer = call.await;
        (self.after)(verb).await?;
        answer
    }
}

impl CacheAdapter for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn capability(&self) -> Capability {
        self.store.capability()
    }

    fn shard(&self, key: &StoreKey) -> u16 {
        self.store.shard(key)
    }

    async fn connect(&self) -> Result<()> {
        self.call(Verb::Connect, self.store.connect()).await
    }

    async fn close(&self) -> Result<()> {
        self.call(Verb::Other, self.store.close()).await
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        self.call(Verb::Get, self.store.get(key)).await
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        self.call(Verb::Other, self.store.get_many(keys)).await
    }

    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        self.call(Verb::Permit, self.store.permit(key, claim, living, groups)).await
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        self.call(Verb::Put, self.store.put(key, entry, condition)).await
    }

    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        self.call(Verb::Release, self.store.release(key, token, release)).await
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        self.call(Verb::Other, self.store.put_many(entries)).await
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        self.call(Verb::Remove, self.store.remove(keys)).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        self.call(Verb::Touch, self.store.touch(key, timeout, grace, living)).await
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        self.call(Verb::Other, self.store.head(key)).await
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        self.call(Verb::Other, self.store.increment(key, delta, fresh, living)).await
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        self.call(Verb::Epochs, self.store.epochs(names)).await
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        self.call(Verb::Renew, self.store.renew(name)).await
    }

    async fn sweep(&self, namespace: &str, dead: &[u64]) -> Result<u64> {
        self.swept.lock().unwrap().extend(dead);
        self.call(Verb::Sweep, self.store.sweep(namespace, dead)).await
    }

    async fn flush(&self) -> Result<()> {
        self.call(Verb::Other, self.store.flush()).await
    }
}

pub(crate) fn down() -> larder::Error {
    larder::Error::unavailable("the test has switched it off", "on purpose")
}
