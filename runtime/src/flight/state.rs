//! Who computes, who waits, and who may start next. Pure: time comes in as a value, wakers go out as a list.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::Caller;
use super::health::Health;
use super::queue::{Mark, Queue, Queued, WaiterId};
use crate::clock::{Alarm, Moment};
use crate::near::Slot;

/// How many compute at once after a failure that cannot be shared.
const SCATTERED_LEADERS: usize = 8;

/// Invariants, after [`State::regulate`]: where somebody is queued, somebody leads; where a blocking caller is queued, a
/// blocking one leads.
pub(super) struct State {
    pace: Pace,
    leaders: Leaders,
    /// Fewer leaders than this, and the next in the queue starts.
    limit: usize,
    /// A leader failed with an error of its own: from here each computes for itself, so many at a time.
    scattered: bool,
    /// A leader has had a result that some of the waiters did not get.
    has_left_waiters: bool,
    /// When a leader has started last.
    last_start: Moment,
    /// How many have started.
    n_starts: u32,
    queue: Queue,
    /// Those whose wait is over and who have not looked yet.
    called: HashMap<WaiterId, Called, FixedState>,
    wakers: Vec<Waker>,
    alarm: Option<(Moment, Alarm)>,
}

/// After so long without a start, one more may start beside the leaders there are.
#[derive(Clone, Copy)]
struct Pace {
    /// While one of them is well: it may be at an expensive computation, or in a ring that runs through a spawned task.
    beside_well: Duration,
    /// While none is; and for so long a task may be due before its leader is not well.
    beside_unwell: Duration,
}

impl Pace {
    const USUAL: Self = Self { beside_well: Duration::from_secs(60), beside_unwell: Duration::from_secs(5) };

    /// With a `wait` of its own, the function says for itself how long a computation may take.
    fn of(wait: Option<Duration>) -> Self {
        wait.map_or(Self::USUAL, |wait| Self { beside_well: wait, beside_unwell: wait })
    }
}

#[derive(Default)]
struct Leaders {
    n_blocking: usize,
    n_async: usize,
}

impl Leaders {
    fn of(&mut self, caller: Caller) -> &mut usize {
        match caller {
            Caller::Blocking => &mut self.n_blocking,
            Caller::Async => &mut self.n_async,
        }
    }

    fn n(&self) -> usize {
        self.n_blocking + self.n_async
    }
}

/// How a wait ended.
pub(super) enum Called {
    /// It is a leader now, of its kind.
    Lead { caller: Caller, knows_epochs: bool },
    /// Here is the result.
    Landed(Arc<Slot>),
    /// Its flight has left the table, with a result that may be older than this call: it is to look again.
    Again,
}

/// Which waiters get a result.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach {
    /// All of them: what was cleared since, if anything was, was cleared in this process, which ended the flight there and
    /// then; or the store has failed, and knows no better.
    Everyone,
    /// Those who had come by the mark: the others may have come after a clear of another process, and look again.
    Until {
        mark: Mark,
        /// The same for those who do not know the epochs: what has verified the permit has not looked at them.
        start: Mark,
        /// The result is in the store: the next leader finds it there, whatever other leaders do.
        is_stored: bool,
    },
}

impl Reach {
    fn includes(self, id: WaiterId, knows_epochs: bool) -> bool {
        match self {
            Self::Everyone => true,
            Self::Until { mark, start, .. } => id < if knows_epochs { mark.0 } else { start.0 },
        }
    }
}

impl State {
    /// With one leader.
    pub(super) fn led(leader: Caller, wait: Option<Duration>, now: Moment) -> Self {
        let mut state = Self {
            pace: Pace::of(wait),
            leaders: Leaders::default(),
            limit: 1,
            scattered: false,
            has_left_waiters: false,
            last_start: now,
            n_starts: 0,
            queue: Queue::default(),
            called: HashMap::default(),
            wakers: Vec::new(),
            alarm: None,
        };
        state.start(leader, now);
        state
    }

    fn start(&mut self, caller: Caller, now: Moment) {
        *self.leaders.of(caller) += 1;
        self.last_start = now;
        self.n_starts = self.n_starts.wrapping_add(1);
    }

    /// The number of the leader that has started last.
    pub(super) fn last(&self) -> u32 {
        self.n_starts
    }

    /// Does nobody wait, and has no leader started after this one?
    pub(super) fn ends_with(&self, number: u32) -> bool {
        self.queue.is_empty() && self.n_starts == number
    }

    /// One more caller: a leader at once if there is nobody it may wait for, and else in the queue. Does it wait?
    pub(super) fn join(&mut self, id: WaiterId, caller: Caller, knows_epochs: bool, now: Moment) -> bool {
        if caller == Caller::Blocking && self.leaders.n_blocking == 0 {
            self.start(caller, now);
            return false;
        }
        self.queue.push(id, Queued { caller, knows_epochs, waker: None });
        true
    }

    /// A leader is through without a result to share: cancelled, panicked, or failed by itself.
    pub(super) fn step_down(&mut self, caller: Caller, failed: bool) {
        *self.leaders.of(caller) -= 1;
        if failed {
            self.scattered = true;
            self.limit = SCATTERED_LEADERS;
        }
    }

    /// A leader is through with a result, for as many of the waiters as it `reach`es. The others stay, and one of them leads
    /// next; but those of a flight that has left the table look again, as another may be there. `number`: the leader's.
    pub(super) fn land(
        &mut self,
        (caller, number): (Caller, u32),
        slot: &Arc<Slot>,
        reach: Reach,
        is_in_table: bool,
        now: Moment,
    ) {
        *self.leaders.of(caller) -= 1;
        // From here on as with one leader: what was failed or late before is over.
        (self.limit, self.scattered) = (1, false);
        // A waiter that has a result already keeps it: dropping that here would run a destructor of the user's under our lock.
        for (&id, called) in &mut self.called {
            // It was called to lead and has not looked yet, and so need not start.
            if let Called::Lead { caller, knows_epochs } = *called
                && reach.includes(id, knows_epochs)
            {
                *self.leaders.of(caller) -= 1;
                *called = Called::Landed(Arc::clone(slot));
            }
        }
        for (id, queued) in self.queue.take(|id, queued| reach.includes(id, queued.knows_epochs)) {
            self.called.insert(id, Called::Landed(Arc::clone(slot)));
            self.wakers.extend(queued.waker);
        }
        while !is_in_table && let Some((id, queued)) = self.queue.pop() {
            self.called.insert(id, Called::Again);
            self.wakers.extend(queued.waker);
        }
        self.has_left_waiters |= !self.queue.is_empty();
        // Whoever computes still, and has begun before this one, may hang.
        if matches!(reach, Reach::Until { is_stored: true, .. }) || self.n_starts == number {
            self.call_next(now);
        }
    }

    /// Has a leader been through before, with a result that not all waiters got?
    pub(super) fn has_left_waiters(&self) -> bool {
        self.has_left_waiters
    }

    /// One leader computes, and nobody waits.
    pub(super) fn is_alone(&self) -> bool {
        self.leaders.n() == 1 && self.queue.is_empty()
    }

    /// Has the wait of `id` ended? If not, `waker` is called when it has, and what was to be called before comes back in
    /// its place, to be dropped outside the lock.
    pub(super) fn look(&mut self, id: WaiterId, waker: &mut Option<Waker>) -> Option<Called> {
        if let Some(queued) = self.queue.get_mut(id) {
            std::mem::swap(&mut queued.waker, waker);
            return None;
        }
        self.called.remove(&id)
    }

    /// The waiter goes away: what it was called for, or the waker that was to call it, comes back.
    pub(super) fn leave(&mut self, id: WaiterId) -> (Option<Called>, Option<Waker>) {
        let waker = self.queue.remove(id).and_then(|queued| queued.waker);
        (self.called.remove(&id), waker)
    }

    /// Lets start whoever may start by now, where the async leaders are in this health.
    pub(super) fn regulate(&mut self, now: Moment, health: Health) {
        while self.leaders.n() < self.limit && !self.queue.is_empty() {
            self.call_next(now);
        }
        if self.leaders.n_blocking == 0 && self.queue.first_blocking().is_some() {
            self.call_next(now);
        }
        // After whoever follows a leader that has gone: that is a start, too.
        if !self.queue.is_empty() && now >= self.next_extra(health) {
            self.limit = self.limit.max(self.leaders.n() + 1);
            self.call_next(now);
        }
        if self.queue.is_empty() {
            // Nobody has followed those who have gone, and nobody who comes later does.
            let least = if self.scattered { SCATTERED_LEADERS } else { 1 };
            self.limit = self.limit.min(self.leaders.n().max(least));
        }
    }

    /// When one more may start beside the leaders there are.
    fn next_extra(&self, health: Health) -> Moment {
        let beside_unwell = match health {
            Health::Woken(since) if self.leaders.n_blocking == 0 => self.unwell_after(since),
            _ => Moment::NEVER,
        };
        self.last_start.after(self.pace.beside_well.into()).min(beside_unwell)
    }

    /// When leaders whose tasks are due since then are not well.
    fn unwell_after(&self, since: Moment) -> Moment {
        since.max(self.last_start).after(self.pace.beside_unwell.into())
    }

    /// Makes a leader of the first in the queue, or of the first blocking one where no blocking one leads.
    fn call_next(&mut self, now: Moment) {
        let blocking = if self.leaders.n_blocking == 0 { self.queue.first_blocking() } else { None };
        let next = match blocking {
            Some(id) => self.queue.remove(id).map(|queued| (id, queued)),
            None => self.queue.pop(),
        };
        let Some((id, queued)) = next else { return };
        self.start(queued.caller, now);
        self.called.insert(id, Called::Lead { caller: queued.caller, knows_epochs: queued.knows_epochs });
        self.wakers.extend(queued.waker);
    }

    /// Nobody computes, and nobody waits for a turn.
    pub(super) fn is_idle(&self) -> bool {
        self.leaders.n() == 0
    }

    pub(super) fn take_wakers(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.wakers)
    }

    /// When somebody in the queue may start, at the earliest, though nothing else happens.
    fn next_look(&self, now: Moment, health: Health) -> Option<Moment> {
        if self.queue.is_empty() {
            return None;
        }
        Some(match health {
            // Their tasks may be due from now on.
            Health::Well => self.next_extra(Health::Woken(now)),
            Health::Woken(_) => self.next_extra(health),
        })
    }

    /// Does the alarm ring too late, or for nobody? One that rings too early is set anew then, so that not each who joins
    /// sets it.
    pub(super) fn alarm_is_off(&self, now: Moment, health: Health) -> bool {
        let set = self.alarm.as_ref().map(|&(at, _)| at);
        match (set, self.next_look(now, health)) {
            (Some(set), Some(next)) => set > next,
            (None, None) => false,
            _ => true,
        }
    }

    /// Sets the alarm to when it should ring. Where it cannot be set, nobody waits.
    pub(super) fn rearm(&mut self, now: Moment, health: Health, set: impl FnOnce(Moment) -> Option<Alarm>) {
        self.alarm = None;
        let Some(at) = self.next_look(now, health) else { return };
        self.alarm = set(at).map(|alarm| (at, alarm));
        if self.alarm.is_none() {
            while !self.queue.is_empty() {
                self.call_next(now);
            }
        }
    }

    pub(super) fn alarm_went_off(&mut self) {
        self.alarm = None;
    }
}
