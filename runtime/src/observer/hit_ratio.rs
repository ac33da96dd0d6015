//! How many reads hit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Command, Event, Observer, Outcome};

/// How many reads hit: calls, `get` in all its forms, `get_or_set`, and each key of a `multi_get`. Reads that ended without
/// an answer (cancelled, or the store failed a `get`) do not count.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use larder::observer::HitMissRatio;
/// use larder::{Cache, MemoryCache};
///
/// let (cache, ratio) = (Cache::from(MemoryCache::new()), Arc::new(HitMissRatio::new()));
/// cache.observe(Arc::clone(&ratio));
/// let cache = cache.blocking();
/// assert_eq!(ratio.ratio(), None);
///
/// cache.set("a", 1, 60)?;
/// cache.get::<i32>("a")?;
/// cache.multi_get::<i32>(["a", "b", "c"])?;
/// assert_eq!((ratio.hits(), ratio.total(), ratio.ratio()), (2, 4, Some(0.5)));
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct HitMissRatio {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl HitMissRatio {
    /// Nothing read yet.
    pub const fn new() -> Self {
        Self { hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// Reads that found a live value.
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// All reads.
    pub fn total(&self) -> u64 {
        self.hits() + self.misses.load(Ordering::Relaxed)
    }

    /// Hits among all reads; `None` before the first.
    pub fn ratio(&self) -> Option<f64> {
        let hits = self.hits();
        let total = hits + self.misses.load(Ordering::Relaxed);
        (total > 0).then(|| hits as f64 / total as f64)
    }
}

impl Observer for HitMissRatio {
    fn before(&self, _: &Event<'_>) {}

    fn after(&self, event: &Event<'_>, outcome: Outcome, _: Duration) {
        let (hits, misses) = reads(event.command(), outcome);
        self.hits.fetch_add(hits, Ordering::Relaxed);
        self.misses.fetch_add(misses, Ordering::Relaxed);
    }
}

/// So many hits and so many misses.
pub(super) fn reads(command: Command, outcome: Outcome) -> (u64, u64) {
    match outcome {
        // It computes whatever is there.
        _ if command == Command::Refresh => (0, 0),
        Outcome::Hit => (1, 0),
        Outcome::Found { hits, misses } => (hits as u64, misses as u64),
        Outcome::Miss | Outcome::Computed | Outcome::Coalesced | Outcome::Refused | Outcome::StoreFailed => (0, 1),
        _ => (0, 0),
    }
}
