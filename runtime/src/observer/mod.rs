//! Observers: they watch what a cache is told to do, and change nothing of it. Each command has a hook before it and one
//! after it; [`Observer`] has the rules that hold for both.
//!
//! | observer | what it makes of them |
//! |---|---|
//! | [`HitMissRatio`] | how many reads hit |
//! | [`Timing`] | how long each command takes |
//! | `Tracing` (feature `tracing`) | spans and events |
//! | `Metrics` (feature `metrics`) | counters and a histogram, for whichever exporter is installed |
//!
//! [`Cache::observe`](crate::Cache::observe) attaches one to a store, [`observe`] to all. In the [configuration of
//! caches](crate::caches) they go by name: `hit_miss_ratio`, `timing`, `tracing`, `metrics`, and what
//! [`register_observer`](crate::register_observer) says; [`Cache::observer`](crate::Cache::observer) finds such a one.
//!
//! # Examples
//! ```
//! use std::sync::Arc;
//!
//! use larder::observer::HitMissRatio;
//! use larder::{MemoryCache, cached};
//!
//! #[cached(key = "cube:{x}")]
//! fn cube(x: u64) -> u64 { x * x * x }
//!
//! let ratio = Arc::new(HitMissRatio::new());
//! let cache = larder::Cache::from(MemoryCache::new());
//! cache.observe(Arc::clone(&ratio));
//! larder::scoped(cache, || (cube(2), cube(2), cube(3)));
//! assert_eq!((ratio.hits(), ratio.total()), (1, 3));
//! ```

mod attached;
mod command;
mod event;
mod hit_ratio;
#[cfg(feature = "metrics")]
mod metrics;
pub(crate) mod named;
mod outcome;
mod timing;
#[cfg(feature = "tracing")]
mod tracing;
mod watch;

use std::sync::Arc;
use std::time::Duration;

pub use attached::{Observation, observe};
pub use command::Command;
pub use event::Event;
pub use hit_ratio::HitMissRatio;
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
pub use outcome::Outcome;
pub use timing::{Timed, Timing};
#[cfg(feature = "tracing")]
pub use tracing::Tracing;

pub(crate) use attached::{Observed, Observers};
pub(crate) use event::Subject;
pub(crate) use named::Named;
pub(crate) use watch::Watch;

/// What watches commands.
///
/// Both hooks run on the thread of the command's caller, one observer after the other in the order in which they were
/// attached, and no lock of larder's is held. So they may be slow and block, at their caller's cost alone: what a store may
/// take is counted without them. A hook that panics is caught and [counted](Observation::n_panics). A hook may use the cache;
/// what it does there is not observed.
///
/// Where `before` has run, `after` runs too, once: where the caller gives up or panics it says so. What larder does behind its
/// callers (sweeping, a probe of a store that is down, the end of an [`AsyncSession`](crate::AsyncSession)) is no command,
/// and neither is a call while caching is [off](crate::set_caching).
///
/// # Examples
/// ```
/// use std::sync::{Arc, Mutex};
/// use std::time::Duration;
///
/// use larder::observer::{Event, Observer, Outcome};
/// use larder::{Cache, MemoryCache};
///
/// /// The keys that were looked up and not there.
/// #[derive(Default)]
/// struct Missing(Mutex<Vec<String>>);
///
/// impl Observer for Missing {
///     fn before(&self, _: &Event<'_>) {}
///
///     fn after(&self, event: &Event<'_>, outcome: Outcome, _: Duration) {
///         if outcome == Outcome::Miss {
///             self.0.lock().unwrap().extend(event.keys().map(str::to_owned));
///         }
///     }
/// }
///
/// let missing = Arc::new(Missing::default());
/// let cache = Cache::from(MemoryCache::new());
/// cache.observe(Arc::clone(&missing));
/// cache.blocking().get::<i32>("tea")?;
/// assert_eq!(*missing.0.lock().unwrap(), ["tea"]);
/// # Ok::<(), larder::Error>(())
/// ```
pub trait Observer: Send + Sync + 'static {
    /// The command is about to begin. What is to be found again in `after` can be kept by [`Event::id`].
    fn before(&self, event: &Event<'_>);

    /// The command is through, `took` after its `before` hooks were. A call that computes includes its computation, and the
    /// trip that stored the result.
    fn after(&self, event: &Event<'_>, outcome: Outcome, took: Duration);
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn before(&self, event: &Event<'_>) {
        (**self).before(event);
    }

    fn after(&self, event: &Event<'_>, outcome: Outcome, took: Duration) {
        (**self).after(event, outcome, took);
    }
}
