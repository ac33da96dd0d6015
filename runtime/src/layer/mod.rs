//! What changes calls to a store without being one: a limit on their time, a breaker, or what a program needs around its own.
//! A [`Layer`] says what happens around a call; that it happens around every verb is written once, by [`Layered`].
//!
//! A layer of one's own stands between the store and what larder has around each: its limit on the time of a trip (250 ms for
//! calls) and its breaker. So what a layer takes counts, and what it answers with `Unavailable` is a failure of the store.
//! Who only wants to watch has [`observer`](crate::observer)s. [`CacheBuilder::layer`](crate::CacheBuilder::layer) puts one around
//! the store of a cache, and [`register_layer`](crate::register_layer) gives it a name for [configured](crate::caches) ones.

mod breaker;
mod deadline;
mod guarded;
mod in_flight;
mod limits;
pub(crate) mod named;

use std::fmt;
use std::sync::Arc;

pub(crate) use breaker::{Breaker, CountedElsewhere};
#[cfg(feature = "redis")]
pub(crate) use breaker::{Ended, Lately, Pass, State as BreakerState, Threshold, UNANSWERED};
pub(crate) use deadline::{Deadline, is_late};
pub(crate) use guarded::{Guarded, Member};
pub(crate) use in_flight::is_crowded;
pub(crate) use limits::{LimitSettings, Limits};

use breaker::Access;

use crate::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Living, Permitted, Release,
    StoreKey, Token,
};
use crate::error::Result;
use crate::timeout::Timeout;

/// What a call is, as far as layers tell calls apart.
///
/// # Examples
/// ```
/// use larder::layer::Verb;
///
/// let is_for_a_caller = |verb| verb == Verb::Ordinary;
/// assert!(!is_for_a_caller(Verb::Sweep));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// One trip to an entry or a few.
    Ordinary,
    /// Makes the connections.
    Connect,
    /// Gives them up.
    Close,
    /// Takes away what was cleared, behind the callers, for as long as it takes.
    Sweep,
    /// Removes everything in the store.
    Flush,
}

/// Something around the calls to a store.
///
/// Larder asks stores on its I/O thread too (epochs that are read again, sweeps, what is owed to a store that was down), through
/// the layer: it must not block.
///
/// # Examples
/// ```
/// # #[cfg(feature = "testing")] {
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// use larder::layer::{Layer, Layered, Verb};
/// use larder::testing::MemoryAdapter;
/// use larder::{Cache, Error, ErrorKind, Result};
///
/// /// Keeps callers from a store that is being moved.
/// #[derive(Default)]
/// struct Maintenance(AtomicBool);
///
/// impl Layer for Maintenance {
///     async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
///         if self.0.load(Ordering::Relaxed) {
///             return Err(Error::with_kind(ErrorKind::Unavailable, "the store is being moved"));
///         }
///         call.await
///     }
/// }
///
/// let maintenance = Arc::new(Maintenance::default());
/// let cache = Cache::far(Layered::new(MemoryAdapter::new(), Arc::clone(&maintenance))).blocking();
/// cache.set("tea", 1, 60)?;
/// maintenance.0.store(true, Ordering::Relaxed);
/// assert_eq!(cache.get::<i32>("tea").unwrap_err().kind(), ErrorKind::Unavailable);
/// # }
/// # Ok::<(), larder::Error>(())
/// ```
pub trait Layer: Send + Sync + 'static {
    /// Makes `call`, or answers in its stead. It can be made once: dropped before its end, it is a call that was given up, whose
    /// effect may or may not come.
    fn around<T: Send>(
        &self,
        verb: Verb,
        call: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send;

    /// As [`around`](Self::around), which it is by default, for a call that may change the store: larder's own breaker tells
    /// these apart.
    #[doc(hidden)]
    fn around_write<T: Send>(
        &self,
        verb: Verb,
        call: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send {
        self.around(verb, call)
    }
}

impl<L: Layer> Layer for Arc<L> {
    fn around<T: Send>(
        &self,
        verb: Verb,
        call: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send {
        (**self).around(verb, call)
    }

    fn around_write<T: Send>(
        &self,
        verb: Verb,
        call: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send {
        (**self).around_write(verb, call)
    }
}

/// An adapter with a layer around each of its calls. A handle: clones are one. Layers nest, the outermost last.
///
/// # Examples
/// ```
/// # #[cfg(feature = "testing")] {
/// use std::sync::Arc;
///
/// use larder::adapter::CacheAdapter;
/// use larder::layer::{Layer, Layered, Verb};
/// use larder::testing::MemoryAdapter;
/// use larder::{Cache, Result};
///
/// /// Changes nothing.
/// struct Plain;
///
/// impl Layer for Plain {
///     async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
///         call.await
///     }
/// }
///
/// let layered = Layered::new(Layered::new(MemoryAdapter::new(), Arc::new(Plain)), Arc::new(Plain));
/// assert_eq!(layered.name(), "memory-adapter");
/// assert_eq!(Cache::far(layered).adapter(), "memory-adapter");
/// # }
/// ```
pub struct Layered<A, L> {
    adapter: A,
    layer: Arc<L>,
}

impl<A, L> Layered<A, L> {
    /// `adapter`, and around it `layer`, which may stand around others too.
    pub fn new(adapter: A, layer: Arc<L>) -> Self {
        Self { adapter, layer }
    }
}

impl<A: CacheAdapter, L> fmt::Debug for Layered<A, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered").field("adapter", &self.adapter.name()).finish_non_exhaustive()
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
        self.layer.around_write(Verb::Ordinary, self.adapter.permit(key, claim, living, groups))
    }

    fn put(
        &self,
        key: &StoreKey,
        entry: &Entry,
        condition: Condition<'_>,
    ) -> impl Future<Output = Result<bool>> + Send {
        self.layer.around_write(Verb::Ordinary, self.adapter.put(key, entry, condition))
    }

    fn release(&self, key: &StoreKey, token: &Token, release: Release) -> impl Future<Output = Result<bool>> + Send {
        self.layer.around_write(Verb::Ordinary, self.adapter.release(key, token, release))
    }

    fn put_many(&self, entries: &[(StoreKey, Entry)]) -> impl Future<Output = Result<()>> + Send {
        self.layer.around_write(Verb::Ordinary, self.adapter.put_many(entries))
    }

    fn remove(&self, keys: &[StoreKey]) -> impl Future<Output = Result<Vec<Option<Head>>>> + Send {
        self.layer.around_write(Verb::Ordinary, self.adapter.remove(keys))
    }

    fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> impl Future<Output = Result<Option<Fetched>>> + Send {
        self.layer.around_write(Verb::Ordinary, self.adapter.touch(key, timeout, grace, living))
    }

    fn head(&self, key: &StoreKey) -> impl Future<Output = Result<Option<Head>>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.head(key))
    }

    fn increment(
        &self,
        key: &StoreKey,
        delta: i64,
        fresh: &Entry,
        living: &Living,
    ) -> impl Future<Output = Result<Counted>> + Send {
        self.layer.around_write(Verb::Ordinary, self.adapter.increment(key, delta, fresh, living))
    }

    fn epochs(&self, names: &[EpochName]) -> impl Future<Output = Result<Vec<u64>>> + Send {
        self.layer.around(Verb::Ordinary, self.adapter.epochs(names))
    }

    fn renew(&self, name: &EpochName) -> impl Future<Output = Result<u64>> + Send {
        self.layer.around_write(Verb::Ordinary, self.adapter.renew(name))
    }

    fn sweep(&self, namespace: &str, dead: &[u64]) -> impl Future<Output = Result<u64>> + Send {
        self.layer.around_write(Verb::Sweep, self.adapter.sweep(namespace, dead))
    }

    fn flush(&self) -> impl Future<Output = Result<()>> + Send {
        self.layer.around_write(Verb::Flush, self.adapter.flush())
    }
}

#[cfg(test)]
mod tests;
