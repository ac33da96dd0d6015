//! What changes calls to a store without being one: a limit on their time, a breaker. A layer says what happens around a
//! call; that it happens around every verb is written once, here.

mod breaker;
mod deadline;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use breaker::Breaker;
pub(crate) use deadline::Deadline;

use crate::adapter::{
    AnyAdapter, CacheAdapter, Capability, Claim, Condition, Entry, EpochName, Fetched, Living, Permitted, StoreKey,
};
use crate::clock::Clock;
use crate::error::Result;
use crate::timeout::Timeout;

/// What a call is, as far as layers tell calls apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// One trip to an entry or a few.
    Ordinary,
    Connect,
    Close,
    Sweep,
    Flush,
}

/// Something around calls.
pub(crate) trait Layer: Send + Sync + 'static {
    /// Makes `call`, or answers in its stead.
    fn around<T: Send>(
        &self,
        verb: Verb,
        call: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send;
}

/// An adapter with a layer around each of its calls. A handle: clones are one.
pub(crate) struct Layered<A, L> {
    adapter: A,
    layer: Arc<L>,
}

impl<A, L> Layered<A, L> {
    pub(crate) fn new(adapter: A, layer: Arc<L>) -> Self {
        Self { adapter, layer }
    }
}

/// One store behind one breaker, for callers who can wait a little and for those who can wait longer.
#[derive(Clone)]
pub(crate) struct Guarded {
    /// For calls of annotated functions.
    pub(crate) calls: AnyAdapter,
    /// For helpers, whose failure is seen.
    pub(crate) helpers: AnyAdapter,
    /// `None` where there is one for each of several stores.
    pub(crate) breaker: Option<Arc<Breaker>>,
}

impl Guarded {
    /// How long a trip of a call may take.
    pub(crate) const CALLS: Duration = Duration::from_millis(250);
    /// How long one of a helper may.
    pub(crate) const HELPERS: Duration = Duration::from_secs(1);

    pub(crate) fn new(adapter: AnyAdapter, clock: &Clock) -> Self {
        let breaker = Breaker::new(adapter.clone(), clock.clone());
        Self::behind(&breaker, adapter, clock)
    }

    fn behind(breaker: &Arc<Breaker>, adapter: AnyAdapter, clock: &Clock) -> Self {
        let within = |limit| {
            let deadline = Deadline::new(adapter.name(), clock.clone()).with_ordinary(limit);
            let limited = Layered::new(adapter.clone(), Arc::new(deadline));
            AnyAdapter::new(Layered::new(limited, Arc::clone(breaker)))
        };
        let (calls, helpers) = (within(Self::CALLS), within(Self::HELPERS));
        Self { calls, helpers, breaker: Some(Arc::clone(breaker)) }
    }
}

impl<A: Clone, L> Clone for Layered<A, L> {
    fn clone(&self) -> Self {
        Self { adapter: self.adapter.clone(), layer: Arc::clone(&self.layer) }
    }
}

impl<A: CacheAdapter, L: Layer> CacheAdapter for Layered<A, L> {
    fn name(&self) -> &'static str {
        self.adapter.name()
    }

    fn capability(&self) -> Capability {
        self.adapter.capability()
    }

    fn shard(&self, key: &StoreKey) -> u16 {
        self.adapter.shard(key)
    }

    fn connect(&self) -> impl Future<Output = Result<()>> + Send {
        self.layer.around(Verb::Connect, self.adapter.connect())
    }

    fn close(&self) -> impl Future<Output = Result<()>> + Send {
        self.layer.around(Verb::Close, self.adapter.close())
    }

    fn get(&self, key: &StoreKey) -> impl Future<Output = Result<Option<Fetched>>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.get(key))
    }

    fn get_many(&self, keys: &[StoreKey]) -> impl Future<Output = Result<Vec<Option<Fetched>>>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.get_many(keys))
    }

    fn permit(
        &self,
        key: &StoreKey,
        claim: Claim,
        living: &Living,
        groups: &[EpochName],
    ) -> impl Future<Output = Result<Permitted>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.permit(key, claim, living, groups))
    }

    fn put(
        &self,
        key: &StoreKey,
        entry: &Entry,
        condition: Condition<'_>,
    ) -> impl Future<Output = Result<bool>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.put(key, entry, condition))
    }

    fn put_many(&self, entries: &[(StoreKey, Entry)]) -> impl Future<Output = Result<()>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.put_many(entries))
    }

    fn remove(&self, keys: &[StoreKey], living: &Living) -> impl Future<Output = Result<Vec<bool>>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.remove(keys, living))
    }

    fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> impl Future<Output = Result<Option<Fetched>>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.touch(key, timeout, grace, living))
    }

    fn exists(&self, key: &StoreKey, living: &Living) -> impl Future<Output = Result<bool>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.exists(key, living))
    }

    fn increment(
        &self,
        key: &StoreKey,
        delta: i64,
        fresh: &Entry,
        living: &Living,
    ) -> impl Future<Output = Result<i64>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.increment(key, delta, fresh, living))
    }

    fn epochs(&self, names: &[EpochName]) -> impl Future<Output = Result<Vec<u64>>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.epochs(names))
    }

    fn renew(&self, name: &EpochName) -> impl Future<Output = Result<u64>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.renew(name))
    }

    fn sweep(&self, namespace: &str, dead: &[u64]) -> impl Future<Output = Result<u64>> + Send {
        self.layer.around(Verb::Sweep, self.adapter.sweep(namespace, dead))
    }

    fn flush(&self) -> impl Future<Output = Result<()>> + Send {
        self.layer.around(Verb::Flush, self.adapter.flush())
    }
}

#[cfg(test)]
mod tests;
