//! Alarms in the order they are due. Who moves the time calls [`Timers::fire`].

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use super::Moment;
use crate::sync::{Condvar, Mutex};

#[derive(Default)]
pub(super) struct Timers {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Ordered by when they are due. Those due at once are one entry: the clock is coarse, and a thousand trips that begin
    /// in one tick of it cost no search each.
    due: BTreeMap<Moment, Due>,
    /// How many entries there were.
    n_due: u64,
    /// When whoever sleeps here gets up by itself: an alarm that is due later needs not wake it.
    asleep_until: Option<Moment>,
}

/// Alarms of one moment, in the places that they were given; one that was taken back leaves its own to another.
#[derive(Default)]
struct Due {
    /// Tells this entry from one that stood under the same moment before.
    number: u64,
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl Timers {
    pub(super) fn set(self: &Arc<Self>, at: Moment, waker: Waker) -> Alarm {
        let mut queue = self.queue.lock();
        let Queue { due, n_due, .. } = &mut *queue;
        let due = due.entry(at).or_insert_with(|| {
            *n_due += 1;
            Due { number: *n_due, ..Due::default() }
        });
        let place = due.free.pop().unwrap_or(due.wakers.len());
        match due.wakers.get_mut(place) {
            Some(free) => *free = Some(waker),
            None => due.wakers.push(Some(waker)),
        }
        let number = due.number;
        let is_earlier = queue.asleep_until.is_some_and(|until| at < until);
        drop(queue);
        if is_earlier {
            self.changed.notify_one();
        }
        Alarm { timers: Arc::clone(self), at, number, place }
    }

    /// Wakes all that are due at `now`.
    pub(super) fn fire(&self, now: Moment) {
        let mut due = Vec::new();
        let mut queue = self.queue.lock();
        while let Some(first) = queue.due.first_entry().filter(|first| *first.key() <= now) {
            due.extend(first.remove().wakers);
        }
        drop(queue);
        due.into_iter().flatten().for_each(wake);
    }

    /// Sleeps for what `until` makes of the next alarm's moment, or until the alarms change.
    pub(super) fn sleep(&self, until: impl FnOnce(Option<Moment>) -> Option<Duration>) {
        let mut queue = self.queue.lock();
        let next = queue.due.first_key_value().map(|(&at, _)| at);
        queue.asleep_until = Some(next.unwrap_or(Moment::NEVER));
        let mut queue = match until(next) {
            Some(duration) => self.changed.wait_timeout(queue, duration),
            None => self.changed.wait(queue),
        };
        queue.asleep_until = None;
    }
}

impl Queue {
    /// What an alarm would wake, unless it has.
    fn take(&mut self, alarm: &Alarm) -> Option<Waker> {
        let due = self.due.get_mut(&alarm.at).filter(|due| due.number == alarm.number)?;
        let waker = due.wakers.get_mut(alarm.place)?.take();
        due.free.push(alarm.place);
        if due.free.len() == due.wakers.len() {
            self.due.remove(&alarm.at);
        }
        waker
    }
}

/// Wakes one of several: an executor's waker that panics must not keep the others from theirs.
pub(crate) fn wake(waker: Waker) {
    let _ = panic::catch_unwind(AssertUnwindSafe(|| waker.wake()));
}

/// An alarm that is set; dropping it takes it back.
#[must_use]
pub(crate) struct Alarm {
    timers: Arc<Timers>,
    at: Moment,
    /// Of the entry of that moment, and where in it.
    number: u64,
    place: usize,
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let waker = self.timers.queue.lock().take(self);
        // The waker's own drop may run an executor's code: not under the lock.
        drop(waker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_that_never_comes_holds_no_more_than_were_set_at_once() {
        let timers = Arc::<Timers>::default();
        let set = || timers.set(Moment::from_millis(9), Waker::noop().clone());
        let mut alarms = [set(), set()];
        for number in 0..1_000 {
            alarms[number % 2] = set();
        }
        assert!(timers.queue.lock().due.values().all(|due| due.wakers.len() <= 3));
        drop(alarms);
        assert!(timers.queue.lock().due.is_empty());
    }
}
