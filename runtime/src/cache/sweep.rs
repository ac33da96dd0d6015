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
use crate::near::{Near, NearKey, Slot};
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
        let (dead, next) = near.dead(self.clock.now());
        let n_swept = dead.iter().filter(|key| self.remove_dead(near, key)).count();
        let pause = SHORTEST_PAUSE.max(started.elapsed() * PAUSE_PER_WORK);
        self.sweep.0.lock().earliest = Some(self.clock.now().after(Timeout::from(pause)));
        self.sweep_after(next);
        n_swept
    }

    /// Removes what stands under `key` if it is still dead.
    fn remove_dead(&self, near: &Near, key: &NearKey) -> bool {
        let key = key.by_ref();
        let berth = self.flights.berth(key);
        let is_kept = |slot: &Arc<Slot>| slot.is_kept(self.clock.now());
        let found = near.get(key);
        let removed = if found.as_ref().is_some_and(is_kept) { None } else { near.remove(key) };
        drop(berth);
        let was_there = removed.is_some();
        // A destructor that panics takes nothing else with it.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| drop((found, removed))));
        was_there
    }
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
