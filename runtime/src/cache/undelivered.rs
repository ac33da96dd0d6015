//! What stores could not be told so far, and the end of a program that would like them to know.

use std::time::Duration;

use super::{Cache, errand};
use crate::park;

/// What stores have still to be told: what was cleared while they were down.
///
/// # Examples
/// ```
/// let undelivered = larder::shutdown(std::time::Duration::from_secs(1));
/// assert!(undelivered.is_empty() && undelivered.removals == 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "it says what may be served again when its store is back"]
pub struct Undelivered {
    /// Keys that are to be removed.
    pub removals: usize,
    /// Functions and namespaces of which all is to be cleared, counted for each server.
    pub renewals: usize,
    /// Servers that are to be told.
    pub stores: usize,
    /// Keys that there was no room to remember: past 10,000 in a [plain](Cache::plain) cache without a namespace, or on a
    /// store that cannot be walked. Others than these have no end.
    pub forgotten: usize,
    /// Namespaces of which something was cleared that is still to be removed from its store. It is served to nobody, but where
    /// it does not expire it takes its room until some process clears something there again.
    pub sweeps: usize,
}

impl Undelivered {
    /// Has everything arrived?
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Cache {
    /// How much its store has still to be told, in all namespaces: keys, functions and namespaces that were cleared while it
    /// could not be reached, or keys that were set then.
    ///
    /// The helper said so: an `Err`. Larder goes on trying behind the callers, and in the meantime this process finds nothing
    /// where something is to be cleared. See "When a store is down" in the README.
    ///
    /// # Examples
    /// ```
    /// use larder::{Cache, MemoryCache};
    ///
    /// // What is in this process is always told.
    /// assert_eq!(Cache::from(MemoryCache::new()).n_undelivered(), 0);
    /// ```
    pub fn n_undelivered(&self) -> usize {
        self.n_owed()
    }
}

/// Before a program ends: waits until all stores have been told what was cleared while they were down, and until what was
/// cleared is removed from those that can list their keys; and no longer than `deadline`. Says what they were not told, which other processes may be served again when the store is back, until its
/// timeout. Blocks; from async code use [`shutdown_async`].
///
/// Where nothing is undelivered, which is nearly always, it returns at once. Nothing ends by it: caches go on, and so do the
/// attempts to deliver.
///
/// # Examples
/// ```
/// # #[cfg(all(feature = "far", feature = "testing"))] {
/// use std::time::Duration;
///
/// use larder::Cache;
/// use larder::testing::{Faults, FaultyAdapter, MemoryAdapter};
///
/// let down = FaultyAdapter::new(MemoryAdapter::new(), Faults { errors: 1000, ..Faults::default() }, 7);
/// let cache = Cache::far(down);
/// assert!(cache.blocking().delete("tea").is_err());
///
/// let undelivered = larder::shutdown(Duration::from_millis(10));
/// assert_eq!((undelivered.removals, undelivered.stores), (1, 1));
/// # }
/// ```
pub fn shutdown(deadline: Duration) -> Undelivered {
    park::block_on(shutdown_async(deadline))
}

/// [`shutdown`] for async code.
pub async fn shutdown_async(deadline: Duration) -> Undelivered {
    errand::deliver_all(deadline).await
}
