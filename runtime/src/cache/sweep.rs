//! Gives back the memory of entries that nobody can be served any more: expired past their grace, or cleared with their
//! generation. Done when the next entry is due, on a thread of its own, since dropping values runs code of the user's.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, LazyLock, Weak};
use std::task::{Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use super::Cache;
use super::core::Core;
use crate::clock::{Alarm, Moment};
use crate::near::Garbage;
use crate::sync::Mutex;
use crate::timeout::Timeout;

/// Sweeps are at least so far apart.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// And at least so many times as long as the last one took, so that they cost one part in a hundred of a processor.
const PAUSE_PER_WORK: u32 = 100;

/// When the next sweep is due.
#[derive(Default)]
pub(super) struct Sweep(Mutex<Plan>);

#[derive(Default)]
struct Plan {
    next: Option<(Moment, Alarm)>,
    /// No sweep before this.
    earliest: Option<Moment>,
}

impl Cache {
    /// Has the store swept once `moment` has come.
    pub(super) fn sweep_after(&self, moment: Moment) {
        self.core.sweep_after(moment);
    }

    /// Sweeps now; how many entries it removed.
    pub(crate) fn sweep(&self) -> usize {
        self.core.sweep()
    }
}

impl Core {
    fn sweep_after(self: &Arc<Self>, moment: Moment) {
        if moment == Moment::NEVER {
            return;
        }
        let mut plan = self.sweep.0.lock();
        let earliest = plan.earliest.unwrap_or_else(|| self.clock.now().after(SHORTEST_PAUSE.into()));
        let moment = moment.max(earliest);
        if plan.next.as_ref().is_none_or(|&(next, _)| moment < next) {
            let alarm = self.clock.alarm(moment, Waker::from(Arc::new(Due(Arc::downgrade(self)))));
            plan.next = alarm.map(|alarm| (moment, alarm));
        }
    }

    fn sweep(self: &Arc<Self>) -> usize {
        let Some(near) = &self.near else { return 0 };
        self.sweep.0.lock().next = None;
        let started = Instant::now();
        let (garbage, next) = near.sweep(self.clock.now());
        let pause = SHORTEST_PAUSE.max(started.elapsed() * PAUSE_PER_WORK);
        self.sweep.0.lock().earliest = Some(self.clock.now().after(Timeout::from(pause)));
        let n_swept = discard(garbage);
        self.sweep_after(next);
        n_swept
    }
}

/// Drops what was swept. A destructor that panics takes nothing else with it.
fn discard(garbage: Garbage) -> usize {
    let slots = garbage.into_slots();
    let n_slots = slots.len();
    for slot in slots {
        let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(slot)));
    }
    n_slots
}

/// Rings on the thread of the timers, and so only passes the word.
struct Due(Weak<Core>);

impl Wake for Due {
    fn wake(self: Arc<Self>) {
        let _ = SWEEPER.send(Weak::clone(&self.0));
    }
}

/// One thread for the process, which starts with the first sweep. Where the system refuses it, memory is held until
/// entries are evicted.
static SWEEPER: LazyLock<Sender<Weak<Core>>> = LazyLock::new(|| {
    let (sender, due) = mpsc::channel::<Weak<Core>>();
    let sweep_each = move || {
        for core in due {
            let sweep = || core.upgrade().map(|core| core.sweep());
            let _ = panic::catch_unwind(AssertUnwindSafe(sweep));
        }
    };
    let _ = thread::Builder::new().name("larder-sweep".into()).spawn(sweep_each);
    sender
});
