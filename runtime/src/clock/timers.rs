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
    /// Ordered by when they are due; the number tells apart those due at once, and lets one be taken back.
    due: BTreeMap<(Moment, u64), Waker>,
    n_set: u64,
    /// When whoever sleeps here gets up by itself: an alarm that is due later needs not wake it.
    asleep_until: Option<Moment>,
}

impl Timers {
    pub(super) fn set(self: &Arc<Self>, at: Moment, waker: Waker) -> Alarm {
        let mut queue = self.queue.lock();
        queue.n_set += 1;
        let id = (at, queue.n_set);
        queue.due.insert(id, waker);
        let is_earlier = queue.asleep_until.is_some_and(|until| at < until);
        drop(queue);
        if is_earlier {
            self.changed.notify_one();
        }
        Alarm { timers: Arc::clone(self), id }
    }

    /// Wakes all that are due at `now`.
    pub(super) fn fire(&self, now: Moment) {
        let due = {
            let mut queue = self.queue.lock();
            let later = queue.due.split_off(&(now, u64::MAX));
            std::mem::replace(&mut queue.due, later)
        };
        due.into_values().for_each(wake);
    }

    /// Sleeps for what `until` makes of the next alarm's moment, or until the alarms change.
    pub(super) fn sleep(&self, until: impl FnOnce(Option<Moment>) -> Option<Duration>) {
        let mut queue = self.queue.lock();
        let next = queue.due.first_key_value().map(|(&(at, _), _)| at);
        queue.asleep_until = Some(next.unwrap_or(Moment::NEVER));
        let mut queue = match until(next) {
            Some(duration) => self.changed.wait_timeout(queue, duration),
            None => self.changed.wait(queue),
        };
        queue.asleep_until = None;
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
    id: (Moment, u64),
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let waker = self.timers.queue.lock().due.remove(&self.id);
        // The waker's own drop may run an executor's code: not under the lock.
        drop(waker);
    }
}
