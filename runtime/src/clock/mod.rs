//! Time, behind one type so that a test can move it: the coarse monotonic clock of the system, or one moved by hand.
//! Who wants to be woken later asks the clock too, so that waits follow the same time as deadlines.

mod moment;
#[cfg(feature = "far")]
mod sleep;
mod system;
mod timers;

use std::sync::Arc;
use std::task::Waker;

pub(crate) use moment::Moment;
pub(crate) use timers::{Alarm, wake};

use timers::Timers;

use crate::sync::{AtomicU64, Ordering};
use crate::timeout::Timeout;

/// Where a cache takes its time from.
///
/// The default is the system's coarse monotonic clock, which is read in a few nanoseconds and lags by up to one tick of
/// the kernel (4 to 10 ms). Tests take a `testing::ManualClock`.
#[derive(Clone, Default)]
pub struct Clock(Source);

#[derive(Clone, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<Manual>),
}

/// A clock that stands still until it is moved.
#[derive(Default)]
pub(crate) struct Manual {
    now_ms: AtomicU64,
    timers: Arc<Timers>,
}

impl Clock {
    #[cfg_attr(not(any(test, feature = "testing")), expect(dead_code, reason = "only tests move time"))]
    pub(crate) fn manual(manual: Arc<Manual>) -> Self {
        Self(Source::Manual(manual))
    }

    #[inline]
    pub(crate) fn now(&self) -> Moment {
        match &self.0 {
            Source::System => system::now(),
            Source::Manual(manual) => manual.now(),
        }
    }

    /// Wakes `waker` once the clock has reached `at`, unless the alarm is dropped before. `None` if the system refuses
    /// the thread that timers need: then nobody may wait for one.
    pub(crate) fn alarm(&self, at: Moment, waker: Waker) -> Option<Alarm> {
        let timers = match &self.0 {
            Source::System => system::timers()?,
            Source::Manual(manual) => &manual.timers,
        };
        Some(timers.set(at, waker))
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Clock(system)",
            Source::Manual(_) => "Clock(manual)",
        })
    }
}

#[cfg_attr(not(any(test, feature = "testing")), expect(dead_code, reason = "only tests move time"))]
impl Manual {
    pub(crate) fn now(&self) -> Moment {
        Moment::from_millis(self.now_ms.load(Ordering::SeqCst))
    }

    /// Moves on and rings no alarm: what an alarm starts has a thread that the model checker does not know.
    #[cfg(all(test, shuttle, feature = "far"))]
    pub(crate) fn pass(&self, by: Timeout) {
        let now = self.now().after(by);
        self.now_ms.store(now.as_millis(), Ordering::SeqCst);
    }

    /// Moves on and wakes whoever waited for a moment up to the new one.
    pub(crate) fn advance(&self, by: Timeout) {
        let after = |now| Moment::from_millis(now).after(by);
        let before = self.now_ms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| Some(after(now).as_millis()));
        self.timers.fire(before.map_or_else(after, after));
    }
}
