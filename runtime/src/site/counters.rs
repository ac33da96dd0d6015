//! What has happened to one function's calls.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::FunctionName;
use super::stripe::Striped;

/// Only hits are striped: everything else happens beside a computation or a wait, which cost far more than a shared word.
#[derive(Debug)]
pub(crate) struct Counters {
    hits: Striped,
    misses: AtomicU64,
    coalesced: AtomicU64,
    computed: AtomicU64,
    computed_ns: AtomicU64,
    errors: AtomicU64,
    refused: AtomicU64,
    foreign: AtomicU64,
    unresolved: AtomicU64,
    store_failures: AtomicU64,
    unreadable: AtomicU64,
    unstorable: AtomicU64,
}

macro_rules! raise {
    ($($name:ident)*) => {$(
        pub(crate) fn $name(&self) {
            self.$name.fetch_add(1, Ordering::Relaxed);
        }
    )*};
}

impl Counters {
    pub(crate) const fn new() -> Self {
        Self {
            hits: Striped::new(),
            misses: AtomicU64::new(0),
            coalesced: AtomicU64::new(0),
            computed: AtomicU64::new(0),
            computed_ns: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            foreign: AtomicU64::new(0),
            unresolved: AtomicU64::new(0),
            store_failures: AtomicU64::new(0),
            unreadable: AtomicU64::new(0),
            unstorable: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(crate) fn hit(&self) {
        self.hits.raise();
    }

    raise!(misses coalesced errors refused foreign unresolved);
    #[cfg(feature = "far")]
    raise!(store_failures unreadable unstorable);

    pub(crate) fn computed(&self, took: Duration) {
        self.computed.fetch_add(1, Ordering::Relaxed);
        self.computed_ns.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> Stats {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Stats {
            hits: self.hits.sum(),
            misses: read(&self.misses),
            coalesced: read(&self.coalesced),
            computed: read(&self.computed),
            computing: Duration::from_nanos(read(&self.computed_ns)),
            errors: read(&self.errors),
            refused: read(&self.refused),
            foreign: read(&self.foreign),
            unresolved: read(&self.unresolved),
            store_failures: read(&self.store_failures),
            unreadable: read(&self.unreadable),
            unstorable: read(&self.unstorable),
            same_template: None,
        }
    }
}

/// What has happened to one function's calls since the program started: `user::stats()`.
///
/// Counts are exact, but read one after the other while calls go on.
///
/// # Examples
/// ```
/// use larder::cached;
///
/// #[cached(key = "square:{x}")]
/// fn square(x: u64) -> u64 { x * x }
///
/// assert_eq!((square(3), square(3), square(4)), (9, 9, 16));
/// let stats = square::stats();
/// assert_eq!((stats.hits, stats.misses, stats.computed), (1, 2, 2));
/// assert_eq!(stats.hit_ratio(), Some(1.0 / 3.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls that found a live entry.
    pub hits: u64,
    /// Calls that found none.
    pub misses: u64,
    /// Misses that were answered by another caller's computation.
    pub coalesced: u64,
    /// Computations that ran to their end, those of `refresh` included and those of `uncached` not.
    pub computed: u64,
    /// How long they took in all.
    pub computing: Duration,
    /// Computations that ended in an `Err`.
    pub errors: u64,
    /// Results that were returned and not stored, because their permit was void by then: a clear, `set` or `refresh` came
    /// while they were computed, or another computation of the same key was through first.
    pub refused: u64,
    /// Entries of another type met under a key of this function: a second function uses the same keys.
    pub foreign: u64,
    /// Calls for which there was no cache by the name in `adapter = "…"` or in `LARDER_URL`, or whose cache is shared with
    /// programs in other languages while the function does not say `codec = "json"` or `"raw"`. They computed; the helpers' error
    /// says why.
    pub unresolved: u64,
    /// Computations made while the far store failed; their results are kept near for at most a second.
    pub store_failures: u64,
    /// Records of a far store that were misses because they could not be used: damaged, of another type or release.
    pub unreadable: u64,
    /// Results that were returned and not stored, because the codec could not write them or the store could not hold them.
    pub unstorable: u64,
    /// Another function that was called earlier and has the same key template: the two share their entries, and clear
    /// each other's.
    pub same_template: Option<FunctionName>,
}

impl Stats {
    /// Hits among all calls; `None` before the first.
    pub fn hit_ratio(&self) -> Option<f64> {
        let calls = self.hits + self.misses;
        (calls > 0).then(|| self.hits as f64 / calls as f64)
    }

    /// What the calls that did not compute would have taken, at the mean of those that did.
    pub fn time_saved(&self) -> Duration {
        if self.computed == 0 {
            return Duration::ZERO;
        }
        let ns = self.computing.as_nanos() * u128::from(self.hits + self.coalesced) / u128::from(self.computed);
        Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }
}
