//! Whether those who lead can be expected to get on. A blocking leader runs until its permit is dropped. The task of an async
//! one runs only where it is polled, and an executor that is blocked, or has forgotten it, does not do that: so a leader's
//! computation is polled with a waker of ours in between, which remembers since when the task has been due.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use super::ring::Inside;
use crate::clock::{Clock, Moment};
use crate::sync::Mutex;

/// What the async leaders of a flight come to, as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// One of them waits for what it needs, or is being polled.
    Well,
    /// Each of them has been woken, the last one at this moment, and none was polled since.
    Woken(Moment),
}

/// The task of an async leader, as far as it shows. Wakes the executor's own waker.
///
/// It holds that waker only while a clone of its own is out, from a poll to the next wake-up: a future that nothing can wake
/// does not keep its own task.
pub(crate) struct LeaderTask {
    clock: Clock,
    poll: Mutex<LastPoll>,
}

struct LastPoll {
    since: Since,
    /// The executor's. Taken by the wake-up that calls it, and left anew by the poll that follows.
    waker: Option<Waker>,
}

/// What has happened since the last poll began.
#[derive(Clone, Copy)]
enum Since {
    /// It goes on; the task may have been woken meanwhile.
    Polling { is_woken: bool },
    /// It ended.
    Pending,
    /// It ended, and the task has been due from then on.
    Woken(Moment),
}

impl LeaderTask {
    /// One that has been due since it became a leader.
    fn new(clock: Clock) -> Arc<Self> {
        let since = Since::Woken(clock.now());
        Arc::new(Self { clock, poll: Mutex::new(LastPoll { since, waker: None }) })
    }

    fn begin_poll(&self, executor: &Waker) {
        const BEGUN: Since = Since::Polling { is_woken: false };
        let mut poll = self.poll.lock();
        if poll.waker.as_ref().is_some_and(|waker| waker.will_wake(executor)) {
            poll.since = BEGUN;
            return;
        }
        drop(poll);
        // Cloned and dropped outside the lock: it is an executor's code. A wake-up in between wakes whoever polled before, and
        // tells this poll nothing that it does not see by itself.
        let mut waker = Some(executor.clone());
        let mut poll = self.poll.lock();
        std::mem::swap(&mut poll.waker, &mut waker);
        poll.since = BEGUN;
        drop(poll);
        drop(waker);
    }

    fn end_poll(self: &Arc<Self>) {
        /// The leader's own and that in the list of its flight. Where [`tend`] has one more, the store keeps a clone anyway.
        const N_HOLDERS: usize = 2;
        let now = self.clock.now();
        let mut poll = self.poll.lock();
        poll.since = match poll.since {
            Since::Polling { is_woken: true } => Since::Woken(now),
            _ => Since::Pending,
        };
        let waker = if Arc::strong_count(self) <= N_HOLDERS { poll.waker.take() } else { None };
        drop(poll);
        drop(waker);
    }

    /// When it was woken, if it was and has not been polled since.
    fn woken(&self) -> Option<Moment> {
        match self.poll.lock().since {
            Since::Woken(at) => Some(at),
            Since::Polling { .. } | Since::Pending => None,
        }
    }
}

impl Wake for LeaderTask {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let now = self.clock.now();
        let mut poll = self.poll.lock();
        poll.since = match poll.since {
            Since::Polling { .. } => Since::Polling { is_woken: true },
            Since::Pending => Since::Woken(now),
            Since::Woken(at) => Since::Woken(at),
        };
        let waker = poll.waker.take();
        drop(poll);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The tasks of a flight's async leaders. Nearly always it is one, which costs no list.
#[derive(Default)]
pub(super) struct Tasks {
    first: Option<Arc<LeaderTask>>,
    others: Vec<Arc<LeaderTask>>,
}

impl Tasks {
    /// That of one more leader.
    pub(super) fn add(&mut self, clock: Clock) -> Arc<LeaderTask> {
        let task = LeaderTask::new(clock);
        match &self.first {
            None => self.first = Some(Arc::clone(&task)),
            Some(_) => self.others.push(Arc::clone(&task)),
        }
        task
    }

    /// Its leader keeps it until after this: what drops an executor's waker runs under no lock of ours.
    pub(super) fn remove(&mut self, task: &Arc<LeaderTask>) {
        self.first.take_if(|first| Arc::ptr_eq(first, task));
        self.others.retain(|other| !Arc::ptr_eq(other, task));
    }

    /// A leader that is not listed has been called and has not looked yet: it has been due since it started.
    pub(super) fn health(&self) -> Health {
        let mut last = Moment::from_millis(0);
        for task in self.first.iter().chain(&self.others) {
            match task.woken() {
                Some(at) => last = last.max(at),
                None => return Health::Well,
            }
        }
        Health::Woken(last)
    }
}

/// Held while a part of a computation is polled: the calls in it have the flight for a parent, and its task is well.
#[must_use]
pub(crate) struct Polling<'a> {
    // Before the rest: it is the last thing that the part of the computation sees.
    _inside: Option<Inside>,
    task: Option<Polled<'a>>,
    executor: &'a Waker,
}

impl<'a> Polling<'a> {
    /// One that polls by `context` what may belong to a flight.
    pub(crate) fn new(inside: Option<Inside>, task: Option<&'a Arc<LeaderTask>>, context: &'a Context<'_>) -> Self {
        let executor = context.waker();
        Self { _inside: inside, task: task.map(|task| Polled::begin(task, executor)), executor }
    }

    /// To poll it with.
    pub(crate) fn waker(&self) -> &Waker {
        self.task.as_ref().and_then(|polled| polled.waker.as_ref()).unwrap_or(self.executor)
    }
}

/// `future`, polled as a part of what the task's leader does. What it needs of a leader, it holds itself.
pub(crate) async fn tend<F: Future + Unpin>(task: Option<Arc<LeaderTask>>, mut future: F) -> F::Output {
    poll_fn(|context| {
        let polling = Polling::new(None, task.as_ref(), context);
        Pin::new(&mut future).poll(&mut Context::from_waker(polling.waker()))
    })
    .await
}

struct Polled<'a> {
    task: &'a Arc<LeaderTask>,
    /// Goes before the poll ends, so that only those count that the computation has kept.
    waker: Option<Waker>,
}

impl<'a> Polled<'a> {
    fn begin(task: &'a Arc<LeaderTask>, executor: &Waker) -> Self {
        task.begin_poll(executor);
        Self { task, waker: Some(Waker::from(Arc::clone(task))) }
    }
}

impl Drop for Polled<'_> {
    fn drop(&mut self) {
        self.waker = None;
        self.task.end_poll();
    }
}
