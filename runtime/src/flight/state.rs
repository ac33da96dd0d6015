//! Who computes, who waits, and who may start next. Pure: time comes in as a value, wakers go out as a list.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::Caller;
use super::queue::{Mark, Queue, Queued, WaiterId};
use crate::clock::{Alarm, Moment};
use crate::near::Slot;
use crate::timeout::Timeout;

/// How many compute at once after a failure that cannot be shared.
const SCATTERED_LEADERS: usize = 8;
/// A caller waits so many times the flight's `wait`, then computes.
const LONGEST_WAITS: u32 = 6;

/// Invariants, after [`State::regulate`]: where somebody is queued, somebody leads; where a blocking caller is queued, a
/// blocking one leads.
pub(super) struct State {
    wait: Duration,
    leaders: Leaders,
    /// Fewer leaders than this, and the next in the queue starts.
    limit: usize,
    /// A leader failed with an error of its own: from here each computes for itself, so many at a time.
    scattered: bool,
    /// A leader has had a result that some of the waiters did not get.
    has_left_waiters: bool,
    /// When one more may start beside the leaders there are.
    next_extra: Moment,
    queue: Queue,
    /// Those whose wait is over and who have not looked yet.
    called: HashMap<WaiterId, Called, FixedState>,
    wakers: Vec<Waker>,
    alarm: Option<(Moment, Alarm)>,
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
    Lead(Caller),
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
        /// The result is in the store: the next leader finds it there, whatever other leaders do.
        is_stored: bool,
    },
}

impl Reach {
    fn includes(self, id: WaiterId) -> bool {
        match self {
            Self::Everyone => true,
            Self::Until { mark, .. } => id < mark.0,
        }
    }
}

impl State {
    /// With one leader.
    pub(super) fn led(leader: Caller, wait: Duration, now: Moment) -> Self {
        let mut state = Self {
            wait,
            leaders: Leaders::default(),
            limit: 1,
            scattered: false,
            has_left_waiters: false,
            next_extra: Moment::NEVER,
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
        self.next_extra = now.after(self.wait.into());
    }

    /// One more caller: a leader at once if there is nobody it may wait for, and else in the queue. Does it wait?
    pub(super) fn join(&mut self, id: WaiterId, caller: Caller, now: Moment) -> bool {
        if caller == Caller::Blocking && self.leaders.n_blocking == 0 {
            self.start(caller, now);
            return false;
        }
        let until = now.after(Timeout::from(self.wait.saturating_mul(LONGEST_WAITS)));
        self.queue.push(id, Queued { caller, until, waker: None });
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
    /// next; but those of a flight that has left the table look again, as another may be there.
    pub(super) fn land(&mut self, caller: Caller, slot: &Arc<Slot>, reach: Reach, is_in_table: bool, now: Moment) {
        *self.leaders.of(caller) -= 1;
        // From here on as with one leader: what was failed or late before is over.
        (self.limit, self.scattered) = (1, false);
        // A waiter that has a result already keeps it: dropping that here would run a destructor of the user's under our lock.
        for (_, called) in self.called.iter_mut().filter(|(id, _)| reach.includes(**id)) {
            // It was called to lead and has not looked yet, and so need not start.
            if let Called::Lead(caller) = *called {
                *self.leaders.of(caller) -= 1;
                *called = Called::Landed(Arc::clone(slot));
            }
        }
        let next = |queue: &mut Queue| match reach {
            Reach::Everyone => queue.pop(),
            Reach::Until { mark, .. } => queue.pop_before(mark),
        };
        while let Some((id, queued)) = next(&mut self.queue) {
            self.called.insert(id, Called::Landed(Arc::clone(slot)));
            self.wakers.extend(queued.waker);
        }
        while !is_in_table && let Some((id, queued)) = self.queue.pop() {
            self.called.insert(id, Called::Again);
            self.wakers.extend(queued.waker);
        }
        self.has_left_waiters |= !self.queue.is_empty();
        if let Reach::Until { is_stored: true, .. } = reach {
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

    /// Lets start whoever may start by now.
    pub(super) fn regulate(&mut self, now: Moment) {
        while self.queue.first().is_some_and(|first| first.until <= now) {
            self.call_next(now);
        }
        if !self.scattered && now >= self.next_extra {
            self.limit = self.leaders.n() + 1;
        }
        while self.leaders.n() < self.limit && !self.queue.is_empty() {
            self.call_next(now);
        }
        if self.leaders.n_blocking == 0 && self.queue.first_blocking().is_some() {
            self.call_next(now);
        }
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
        self.called.insert(id, Called::Lead(queued.caller));
        self.wakers.extend(queued.waker);
    }

    /// Nobody computes, and nobody waits for a turn.
    pub(super) fn is_idle(&self) -> bool {
        self.leaders.n() == 0
    }

    pub(super) fn take_wakers(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.wakers)
    }

    /// When somebody in the queue may start though nothing else happens.
    fn next_start(&self) -> Option<Moment> {
        let first = self.queue.first()?;
        Some(if self.scattered { first.until } else { first.until.min(self.next_extra) })
    }

    /// Does the alarm ring at another moment than it should?
    pub(super) fn alarm_is_off(&self) -> bool {
        self.alarm.as_ref().map(|&(at, _)| at) != self.next_start()
    }

    /// Sets the alarm to when it should ring. Where it cannot be set, nobody waits.
    pub(super) fn rearm(&mut self, now: Moment, set: impl FnOnce(Moment) -> Option<Alarm>) {
        self.alarm = None;
        let Some(at) = self.next_start() else { return };
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
