//! Gives back the memory of entries that nobody can be served any more: expired past their grace, or cleared with their
//! generation. Done when the next entry is due, on a thread of its own, since dropping values runs code of the user's.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::fence;
use std::sync::{Arc, Condvar, LazyLock, PoisonError, Weak};
use std::task::{Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use super::Cache;
use super::core::Core;
use crate::clock::{Alarm, Moment};
use crate::near::{Near, NearKey, Slot};
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::timeout::Timeout;

/// Sweeps are at least so far apart.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// And at least so many times as long as the last one took, so that they cost one part in a hundred of a processor.
const PAUSE_PER_WORK: u32 = 100;

/// When the next sweep is due.
pub(super) struct Sweep {
    plan: Mutex<Plan>,
    /// The moment of `plan.next`, or never. Nearly every entry is due after it, and need not take the lock.
    next_ms: AtomicU64,
}

impl Default for Sweep {
    fn default() -> Self {
        Self { plan: Mutex::default(), next_ms: AtomicU64::new(Moment::NEVER.as_millis()) }
    }
}

impl Sweep {
    /// Will there be one by `moment`, one that sees what the caller has stored before it asked?
    fn comes_by(&self, moment: Moment) -> bool {
        // Either this sees that a sweep has begun, or that sweep sees the entry.
        fence(Ordering::SeqCst);
        moment.as_millis() >= self.next_ms.load(Ordering::Relaxed)
    }

    fn set(&self, plan: &mut Plan, next: Option<(Moment, Alarm)>) {
        let moment = next.as_ref().map_or(Moment::NEVER, |&(moment, _)| moment);
        plan.next = next;
        self.next_ms.store(moment.as_millis(), Ordering::Relaxed);
    }

    /// From here on, who stores an entry has to ask for a sweep anew.
    fn begin(&self) {
        self.set(&mut self.plan.lock(), None);
        fence(Ordering::SeqCst);
    }
}

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

    /// Generations were killed: their entries go behind the caller, or sooner if there is something to be stored in their room.
    pub(super) fn sweep_cleared(&self) {
        if let Some(near) = &self.core.near {
            near.cleared();
        }
        self.sweep_after(Moment::from_millis(0));
    }

    /// Sweeps now; how many entries it removed.
    pub(crate) fn sweep(&self) -> usize {
        self.core.sweep()
    }
}

impl Core {
    fn sweep_after(self: &Arc<Self>, moment: Moment) {
        if self.sweep.comes_by(moment) {
            return;
        }
        let mut plan = self.sweep.plan.lock();
        let earliest = plan.earliest.unwrap_or_else(|| self.clock.now().after(SHORTEST_PAUSE.into()));
        let moment = moment.max(earliest);
        if plan.next.as_ref().is_none_or(|&(next, _)| moment < next) {
            let alarm = self.clock.alarm(moment, Waker::from(Arc::new(Due(Arc::downgrade(self)))));
            self.sweep.set(&mut plan, alarm.map(|alarm| (moment, alarm)));
        }
    }

    fn sweep(self: &Arc<Self>) -> usize {
        let Some(near) = &self.near else { return 0 };
        self.sweep.begin();
        let started = Instant::now();
        let (mut n_swept, mut next) = (0, Moment::NEVER);
        // One after the other, so that the keys of a million entries are never in one list.
        for shard in 0..near.n_shards() {
            let (dead, next_of_shard) = near.dead(shard, self.clock.now());
            n_swept += dead.iter().filter(|key| self.remove_dead(near, key)).count();
            next = next.min(next_of_shard);
        }
        let pause = SHORTEST_PAUSE.max(started.elapsed() * PAUSE_PER_WORK);
        self.sweep.plan.lock().earliest = Some(self.clock.now().after(Timeout::from(pause)));
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
        if let Some(sweeper) = &*SWEEPER {
            sweeper.send(Weak::clone(&self.0));
        }
    }
}

/// One thread for the process, which starts with the first sweep. Where the system refuses it, memory is held until
/// entries are evicted.
static SWEEPER: LazyLock<Option<Arc<Sweeper>>> = LazyLock::new(|| {
    let sweeper = Arc::<Sweeper>::default();
    let receiver = Arc::clone(&sweeper);
    let spawned = thread::Builder::new().name("larder-sweep".into()).spawn(move || receiver.sweep_each());
    spawned.is_ok().then_some(sweeper)
});

/// What is due, for its thread. Of std's locks, as std's threads wait here; and not a channel of std's, whose three kinds
/// are compiled wherever one is used, a twentieth of what larder is in a debug build.
#[derive(Default)]
struct Sweeper {
    due: std::sync::Mutex<Vec<Weak<Core>>>,
    changed: Condvar,
}

impl Sweeper {
    fn send(&self, core: Weak<Core>) {
        self.due.lock().unwrap_or_else(PoisonError::into_inner).push(core);
        self.changed.notify_one();
    }

    fn sweep_each(&self) -> ! {
        loop {
            let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            let due = self.changed.wait_while(due, |due| due.is_empty());
            let due = std::mem::take(&mut *due.unwrap_or_else(PoisonError::into_inner));
            for core in due {
                let sweep = || core.upgrade().map(|core| core.sweep());
                let _ = panic::catch_unwind(AssertUnwindSafe(sweep));
            }
        }
    }
}
