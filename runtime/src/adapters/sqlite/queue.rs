//! Requests on their way to a thread: bounded, and taken in batches, since many that wait together cost SQLite little more
//! than one.

use std::collections::VecDeque;
use std::time::Duration;

use crate::sync::{Condvar, Mutex};

/// Requests that may wait; past them a store is down for whoever comes.
const CAPACITY: usize = 10_000;
/// Requests that are taken at once. More would make the first of them wait long for its answer.
const BATCH: usize = 256;

/// Any number of threads put into it and take out of it.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    n_sleepers: usize,
    is_closed: bool,
}

/// Why a request was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejected {
    Full,
    Closed,
}

/// What there is to do.
pub(super) enum Taken<T> {
    Batch(Vec<T>),
    /// Nothing, for as long as was said.
    Idle,
    /// Nothing, ever again.
    Closed,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        let state = State { waiting: VecDeque::new(), n_sleepers: 0, is_closed: false };
        Self { state: Mutex::new(state), filled: Condvar::default() }
    }

    /// Puts in what waits to be done, or hands it back.
    pub(super) fn push(&self, item: T) -> Result<(), (Rejected, T)> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err((Rejected::Closed, item));
        }
        if state.waiting.len() >= CAPACITY {
            return Err((Rejected::Full, item));
        }
        state.waiting.push_back(item);
        let is_awaited = state.n_sleepers > 0;
        drop(state);
        if is_awaited {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Takes what waits, and waits `for` something if nothing does. What was put in before the queue was closed is still
    /// taken.
    pub(super) fn take(&self, wait: Duration) -> Taken<T> {
        let mut state = self.state.lock();
        if state.waiting.is_empty() && !state.is_closed {
            state.n_sleepers += 1;
            state = self.filled.wait_timeout(state, wait);
            state.n_sleepers -= 1;
        }
        if state.waiting.is_empty() {
            return if state.is_closed { Taken::Closed } else { Taken::Idle };
        }
        let n_taken = state.waiting.len().min(BATCH);
        Taken::Batch(state.waiting.drain(..n_taken).collect())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().is_closed
    }

    /// Takes nothing in any more.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        let n_sleepers = state.n_sleepers;
        drop(state);
        for _ in 0..n_sleepers {
            self.filled.notify_one();
        }
    }

    /// Drops what nobody will take any more, so that whoever waits for it hears of it.
    pub(super) fn abandon(&self) {
        self.close();
        let waiting = std::mem::take(&mut self.state.lock().waiting);
        drop(waiting);
    }
}
