//! Requests on their way to a thread: bounded, and taken in batches, since many that wait together cost SQLite little more
//! than one.

use std::collections::VecDeque;
use std::hint;
use std::time::{Duration, Instant};

use crate::sync::{Condvar, Mutex, MutexGuard};

/// Requests that may wait; past them a store is down for whoever comes.
const CAPACITY: usize = 10_000;
/// Requests that are taken at once. More would make the first of them wait long for its answer.
const BATCH: usize = 256;
/// So many that wait are work for one more thread. Fewer are left to the one that is at work and will take them together:
/// to wake a thread costs more than to read an entry.
const CROWD: usize = 64;
/// Unless that thread has been at its work for so long.
const PATIENCE: Duration = Duration::from_millis(1);
/// How often a thread looks again, and how long it pauses in between: a few microseconds in all.
const LOOKS: usize = 24;
const PAUSES: usize = 8;

/// Any number of threads put into it; some take out of it.
pub(super) struct Queue<T> {
    n_takers: usize,
    state: Mutex<State<T>>,
    filled: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    n_sleepers: usize,
    /// Sleepers that were woken and are not up yet.
    n_called: usize,
    /// When a thread last came for something.
    taken: Instant,
    /// The last batch was of one: its caller is back within microseconds, if it is one that goes on.
    is_lone: bool,
    is_closed: bool,
}

impl<T> State<T> {
    /// Is one more thread to be woken for what waits?
    fn calls(&self, n_takers: usize) -> bool {
        let n_idle = self.n_sleepers.saturating_sub(self.n_called);
        n_idle > 0 && (n_idle >= n_takers || self.waiting.len() >= CROWD || self.taken.elapsed() > PATIENCE)
    }
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
    /// One out of which so many threads take.
    pub(super) fn new(n_takers: usize) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            n_sleepers: 0,
            n_called: 0,
            taken: Instant::now(),
            is_lone: false,
            is_closed: false,
        };
        Self { n_takers, state: Mutex::new(state), filled: Condvar::default() }
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
        let calls = state.calls(self.n_takers);
        state.n_called += usize::from(calls);
        drop(state);
        if calls {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Takes what waits, and waits `for` something if nothing does. What was put in before the queue was closed is still
    /// taken.
    pub(super) fn take(&self, wait: Duration) -> Taken<T> {
        let mut state = self.linger();
        if state.waiting.is_empty() && !state.is_closed {
            state.n_sleepers += 1;
            state = self.filled.wait_timeout(state, wait);
            state.n_sleepers -= 1;
            // Whoever is up may have been called; if another was, it finds nothing to do and comes back.
            state.n_called = state.n_called.saturating_sub(1);
        }
        state.taken = Instant::now();
        if state.waiting.is_empty() {
            return if state.is_closed { Taken::Closed } else { Taken::Idle };
        }
        let n_taken = state.waiting.len().min(BATCH);
        state.is_lone = n_taken == 1;
        Taken::Batch(state.waiting.drain(..n_taken).collect())
    }

    /// Looks again for a moment before it goes to sleep: to sleep and be woken costs more.
    fn linger(&self) -> MutexGuard<'_, State<T>> {
        let mut state = self.state.lock();
        for _ in 0..LOOKS {
            if !state.is_lone || state.is_closed || !state.waiting.is_empty() {
                break;
            }
            drop(state);
            (0..PAUSES).for_each(|_| hint::spin_loop());
            state = self.state.lock();
        }
        state
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
