//! The system's clock and the one thread that serves its alarms.

use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use super::{Moment, Timers};
use crate::sync::{AtomicBool, Mutex, Ordering};

/// Whole milliseconds of the coarse monotonic clock. Not `Instant::now` of coarsetime, which writes a word that all
/// threads share.
#[inline]
pub(super) fn now() -> Moment {
    let ticks = coarsetime::Instant::now_without_cache_update().as_ticks();
    Moment::from_millis(coarsetime::Duration::from_ticks(ticks).as_millis())
}

/// The alarms of the system's clock, once their thread runs.
pub(super) fn timers() -> Option<&'static Arc<Timers>> {
    static TIMERS: LazyLock<Arc<Timers>> = LazyLock::new(Arc::default);
    static RUNNING: AtomicBool = AtomicBool::new(false);
    static STARTING: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

    if !RUNNING.load(Ordering::Acquire) {
        let _starting = STARTING.lock();
        if !RUNNING.load(Ordering::Acquire) {
            thread::Builder::new().name("larder-timer".into()).spawn(|| serve(&TIMERS)).ok()?;
            RUNNING.store(true, Ordering::Release);
        }
    }
    Some(&TIMERS)
}

fn serve(timers: &Timers) -> ! {
    loop {
        timers.fire(now());
        timers.sleep(|next| {
            // One millisecond more than asked: the coarse clock must have passed the moment, not just reached it.
            next.map(|at| Duration::from_millis(at.as_millis().saturating_sub(now().as_millis()) + 1))
        });
    }
}
