//! An adapter as a check sees it: in a namespace of its own, each verb one trip, and with the few questions that checks
//! ask again and again.

use std::sync::Arc;
use std::time::Duration;

use super::expect::{Outcome, Why, expect, is_record, payload, same};
use super::face::Face;
use crate::adapter::{
    AnyAdapter, CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Left, Living,
    Permitted, Release, StoreKey, Token, layout, random_epoch,
};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::io::{Trip, trip};
use crate::timeout::Timeout;

/// How the store's time passes.
#[derive(Clone)]
pub(super) struct Time {
    /// Moves it; `None`: it passes by itself.
    pub(super) pass: Option<Arc<dyn Fn(Duration) + Send + Sync>>,
    step: Duration,
}

impl Time {
    pub(super) fn of(step: Duration) -> Self {
        Self { pass: None, step }
    }
}

/// A namespace of the store, seen by callers who know `living`.
#[derive(Clone)]
pub(super) struct Store {
    adapter: AnyAdapter,
    peer: AnyAdapter,
    pub(super) namespace: Arc<str>,
    pub(super) living: Living,
    pub(super) face: Face,
    time: Time,
    pub(super) fill_up: Option<super::FillUp>,
}

/// Making things.
impl Store {
    pub(super) fn new(adapter: AnyAdapter, peer: AnyAdapter, name: &str, face: Face, time: Time) -> Self {
        let namespace = format!("conformance-{name}-{:016x}", random_epoch()).into();
        let living = Living { namespace: random_epoch(), template: Some(random_epoch()) };
        Self { adapter, peer, namespace, living, face, time, fill_up: None }
    }

    /// The same store for a caller who knows other epochs.
    pub(super) fn knowing(&self, living: Living) -> Self {
        Self { living, ..self.clone() }
    }

    /// Another namespace of the same store.
    pub(super) fn beside(&self, namespace: impl Into<Arc<str>>) -> Self {
        Self { namespace: namespace.into(), ..self.clone() }
    }

    /// The same store as another process sees it, where the subject has a peer.
    pub(super) fn elsewhere(&self) -> Self {
        Self { adapter: self.peer.clone(), peer: self.adapter.clone(), ..self.clone() }
    }

    pub(super) fn key(&self, key: &str) -> StoreKey {
        StoreKey::new(&self.namespace, key)
    }

    pub(super) fn keys<const N: usize>(&self) -> [StoreKey; N] {
        std::array::from_fn(|number| self.key(&format!("key-{number}")))
    }

    /// Live for five minutes, in its grace for one more.
    pub(super) fn entry(&self, payload: impl AsRef<[u8]>) -> Entry {
        self.entry_for(payload, Timeout::from_secs(300), Timeout::from_secs(60))
    }

    /// Of the epochs that are known to live. Each says that its payload is an integer, as a counter has to.
    pub(super) fn entry_for(&self, payload: impl AsRef<[u8]>, timeout: Timeout, grace: Timeout) -> Entry {
        let mut record: Vec<u8> = (0..layout::PAYLOAD).map(|at| (at * 73) as u8).collect();
        let words = [
            (layout::DEADLINE, 0),
            (layout::NAMESPACE_EPOCH, self.living.namespace),
            (layout::TEMPLATE_EPOCH, self.living.template.unwrap_or_default()),
            (layout::GRACE, grace.as_millis()),
        ];
        for (at, word) in words {
            record[at].copy_from_slice(&word.to_le_bytes());
        }
        record[layout::CODEC] = layout::INTEGER;
        record.extend_from_slice(payload.as_ref());
        Entry { record, timeout, grace }
    }
}

/// Time and room.
impl Store {
    /// Makes it full for everything, or has room in it again.
    pub(super) fn fill_up(&self, is_full: bool) {
        if let Some(fill_up) = &self.fill_up {
            fill_up(is_full);
        }
    }

    /// A timeout that a check can wait for, and be sure to look at what it has stored before it has passed.
    pub(super) fn unit(&self) -> Timeout {
        self.units(1)
    }

    pub(super) fn units(&self, n: u32) -> Timeout {
        Timeout::from_duration((self.time.step * 2).max(Duration::from_millis(500)) * n)
    }

    /// Lets so many units pass, and what a store may be late by.
    pub(super) async fn pass(&self, n: u32) {
        let late = if self.is_quick() { Duration::ZERO } else { self.time.step + Duration::from_millis(100) };
        self.pass_for(self.units(n).as_duration().unwrap_or_default() + late).await;
    }

    pub(super) async fn pass_for(&self, duration: Duration) {
        match &self.time.pass {
            Some(pass) => pass(duration),
            None => {
                let clock = Clock::default();
                clock.sleep_until(clock.now().after(duration.into())).await;
            }
        }
    }

    /// Does the passing of time cost none?
    pub(super) fn is_quick(&self) -> bool {
        self.time.pass.is_some()
    }

    /// Is it what is left of `timeout`, soon after?
    pub(super) fn is_left_of(&self, left: Left, timeout: Timeout) -> bool {
        match (left, timeout.as_duration()) {
            (Left::Never, None) => true,
            (Left::For(left), Some(whole)) => left <= whole + self.time.step && left + whole / 2 > whole,
            _ => false,
        }
    }
}

/// The verbs.
impl Store {
    fn trip<T: Send + 'static, F: Future<Output = Result<T>> + Send + 'static>(
        &self,
        work: impl FnOnce(AnyAdapter) -> F + Send + 'static,
    ) -> Trip<T> {
        let adapter = self.adapter.clone();
        trip(async move { work(adapter).await })
    }

    pub(super) fn capability(&self) -> Capability {
        self.adapter.capability()
    }

    pub(super) fn shard(&self, key: &StoreKey) -> u16 {
        self.adapter.shard(key)
    }

    pub(super) fn connect(&self) -> Trip<()> {
        self.trip(|adapter| async move { adapter.connect().await })
    }

    pub(super) fn close(&self) -> Trip<()> {
        self.trip(|adapter| async move { adapter.close().await })
    }

    pub(super) fn get(&self, key: &StoreKey) -> Trip<Option<Fetched>> {
        let key = key.clone();
        self.trip(|adapter| async move { adapter.get(&key).await })
    }

    pub(super) fn get_many(&self, keys: &[StoreKey]) -> Trip<Vec<Option<Fetched>>> {
        let keys = keys.to_vec();
        self.trip(|adapter| async move { adapter.get_many(&keys).await })
    }

    pub(super) fn claim(&self, key: &StoreKey, claim: Claim, groups: &[EpochName]) -> Trip<Permitted> {
        let (key, living, groups) = (key.clone(), self.living, groups.to_vec());
        self.trip(move |adapter| async move { adapter.permit(&key, claim, &living, &groups).await })
    }

    pub(super) fn put(&self, key: &StoreKey, entry: &Entry) -> Trip<bool> {
        let (key, entry) = (key.clone(), entry.clone());
        self.trip(|adapter| async move { adapter.put(&key, &entry, Condition::Always).await })
    }

    pub(super) fn put_if_absent(&self, key: &StoreKey, entry: &Entry) -> Trip<bool> {
        let (key, entry, living) = (key.clone(), entry.clone(), self.living);
        self.trip(move |adapter| async move { adapter.put(&key, &entry, Condition::IfAbsent(&living)).await })
    }

    pub(super) fn fill(&self, key: &StoreKey, entry: &Entry, token: Token) -> Trip<bool> {
        let (key, entry) = (key.clone(), entry.clone());
        self.trip(move |adapter| async move { adapter.put(&key, &entry, Condition::IfPermit(&token)).await })
    }

    pub(super) fn release(&self, key: &StoreKey, token: Token, release: Release) -> Trip<bool> {
        let key = key.clone();
        self.trip(move |adapter| async move { adapter.release(&key, &token, release).await })
    }

    pub(super) fn put_many(&self, entries: Vec<(StoreKey, Entry)>) -> Trip<()> {
        self.trip(|adapter| async move { adapter.put_many(&entries).await })
    }

    pub(super) fn take(&self, keys: &[StoreKey]) -> Trip<Vec<Option<Head>>> {
        let keys = keys.to_vec();
        self.trip(|adapter| async move { adapter.remove(&keys).await })
    }

    /// Which of them were live?
    pub(super) fn remove(&self, keys: &[StoreKey]) -> Trip<Vec<bool>> {
        let (keys, living) = (keys.to_vec(), self.living);
        self.trip(move |adapter| async move {
            let heads = adapter.remove(&keys).await?;
            Ok(heads.into_iter().map(|head| head.is_some_and(|head| head.is_live(&living))).collect())
        })
    }

    pub(super) fn touch(&self, key: &StoreKey, timeout: Timeout, grace: Timeout) -> Trip<Option<Fetched>> {
        let (key, living) = (key.clone(), self.living);
        self.trip(move |adapter| async move { adapter.touch(&key, timeout, grace, &living).await })
    }

    pub(super) fn head(&self, key: &StoreKey) -> Trip<Option<Head>> {
        let key = key.clone();
        self.trip(|adapter| async move { adapter.head(&key).await })
    }

    /// Is it live?
    pub(super) fn exists(&self, key: &StoreKey) -> Trip<bool> {
        let (key, living) = (key.clone(), self.living);
        self.trip(move |adapter| async move { Ok(adapter.head(&key).await?.is_some_and(|head| head.is_live(&living))) })
    }

    pub(super) fn count(&self, key: &StoreKey, delta: i64) -> Trip<Counted> {
        let (key, fresh, living) = (key.clone(), self.entry(delta.to_string()), self.living);
        self.trip(move |adapter| async move { adapter.increment(&key, delta, &fresh, &living).await })
    }

    pub(super) fn increment(&self, key: &StoreKey, delta: i64) -> Trip<i64> {
        self.increment_or(key, delta, &self.entry(delta.to_string()))
    }

    pub(super) fn increment_or(&self, key: &StoreKey, delta: i64, fresh: &Entry) -> Trip<i64> {
        let (key, fresh, living) = (key.clone(), fresh.clone(), self.living);
        self.trip(move |adapter| async move {
            match adapter.increment(&key, delta, &fresh, &living).await? {
                Counted::Sum(sum) => Ok(sum),
                Counted::Open(_) => Err(Error::new(ErrorKind::Unavailable, "it was not counted, and a head told")),
            }
        })
    }

    pub(super) fn epochs(&self, names: &[EpochName]) -> Trip<Vec<u64>> {
        let names = names.to_vec();
        self.trip(|adapter| async move { adapter.epochs(&names).await })
    }

    pub(super) fn renew(&self, name: &EpochName) -> Trip<u64> {
        let name = name.clone();
        self.trip(|adapter| async move { adapter.renew(&name).await })
    }

    pub(super) fn sweep(&self, dead: &[u64]) -> Trip<u64> {
        let (namespace, dead) = (Arc::clone(&self.namespace), dead.to_vec());
        self.trip(|adapter| async move { adapter.sweep(&namespace, &dead).await })
    }

    pub(super) fn flush(&self) -> Trip<()> {
        self.trip(|adapter| async move { adapter.flush().await })
    }
}

/// What is asked again and again.
impl Store {
    /// Takes a permit where no entry is live.
    pub(super) async fn permit(&self, key: &StoreKey) -> Outcome<Token> {
        let permitted = self.claim(key, Claim::Shared, &[]).await?;
        permitted.token.ok_or_else(|| Why::new("no permit is given where nothing is live"))
    }

    /// The entry is there, as it was stored, with its whole timeout before it.
    pub(super) async fn has(&self, key: &StoreKey, entry: &Entry, when: &str) -> Outcome {
        let left = self.record(key, entry, when).await?;
        let timeout = entry.timeout;
        expect(self.is_left_of(left, timeout), format_args!("{when}: {left:?} is left of {timeout:?}"))
    }

    /// The entry is there, as it was stored, and has expired.
    pub(super) async fn has_expired(&self, key: &StoreKey, entry: &Entry, when: &str) -> Outcome {
        same(self.record(key, entry, when).await?, Left::Expired, when)
    }

    async fn record(&self, key: &StoreKey, entry: &Entry, when: &str) -> Outcome<Left> {
        let Some(fetched) = self.get(key).await? else {
            return Err(Why::new(format_args!("{when}: nothing is there")));
        };
        if is_record(&fetched, &entry.record) {
            return Ok(fetched.left);
        }
        let (seen, expected) = (payload(&fetched.record), payload(&entry.record));
        Err(Why::new(format_args!("{when}: another record is there, of payload {seen:?}, not {expected:?}")))
    }

    pub(super) async fn has_nothing(&self, key: &StoreKey, when: &str) -> Outcome {
        same(self.get(key).await?.map(|fetched| payload(&fetched.record)), None, when)
    }
}
