//! What tests need, ours and those of programs that use larder: a clock that moves by hand; for who builds on the contract
//! for adapters, an adapter in this process, one that goes
//! wrong by chance, and the checks that every adapter passes.

#[cfg(feature = "far")]
pub mod conformance;
#[cfg(feature = "far")]
mod dice;
#[cfg(feature = "far")]
mod faulty;
#[cfg(feature = "far")]
mod memory;

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "far")]
pub use self::faulty::{Faults, FaultyAdapter};
#[cfg(feature = "far")]
pub use self::memory::MemoryAdapter;

use crate::clock::{Clock, Manual};
use crate::timeout::Timeout;

/// A clock that stands still until it is moved.
///
/// # Examples
/// ```
/// use larder::testing::ManualClock;
/// use larder::{MemoryCache, cached};
/// use std::time::Duration;
///
/// #[cached(key = "pulse:{id}", timeout = 60)]
/// fn pulse(id: u64) -> u64 { id + 60 }
///
/// let clock = ManualClock::new();
/// let cache = MemoryCache::builder().clock(clock.clock()).build()?;
/// larder::scoped(&cache, || {
///     pulse(7);
///     clock.advance(Duration::from_secs(59));
///     assert_eq!(pulse::get(7)?, Some(67));
///     clock.advance(Duration::from_secs(1));
///     assert_eq!(pulse::get(7)?, None);
///     Ok::<(), larder::Error>(())
/// })?;
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct ManualClock(Arc<Manual>);

impl ManualClock {
    /// One that stands at its origin.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a cache's builder takes. All clocks of one `ManualClock` show the same time.
    pub fn clock(&self) -> Clock {
        Clock::manual(Arc::clone(&self.0))
    }

    /// Moves on, by whole milliseconds rounded up, and wakes whoever waited for a moment up to the new one.
    pub fn advance(&self, duration: Duration) {
        self.0.advance(Timeout::from_duration(duration));
    }
}

impl std::fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ManualClock({:?})", self.0.now())
    }
}
