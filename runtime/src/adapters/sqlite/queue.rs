//! Requests on their way to a thread: bounded, and taken in batches, since many that wait together cost SQLite little more
//! than one.

use std::collections::VecDeque;
use std::hint;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::sync::{Condvar, Mutex, MutexGuard};

/// Requests that may wait; past them a store is down for whoever comes.
const CAPACITY: usize = 10_000;
/// Requests that are taken at once. More would make the first of them wait long for its answer.
const BATCH: usize = 256;
/// So many that wait are work for one more thread. Fewer are left to the one that is at work and will take them together:
/// to wake a thread costs more than to read an entry.
const CROWD: usize = 64;
/// Unless that thread has been at its work for so long. Nothing may happen in the queue by then: so one that sleeps is woken to
/// watch until that moment, which costs little as it is at most once in that time.
const PATIENCE: Duration = Duration::from_millis(1);
/// How often a thread looks again, and how long it pauses in between: a few microseconds in all.
const LOOKS: usize = 24;
const PAUSES: usize = 8;

/// Any number of threads put into it; some take out of it.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    n_sleepers: usize,
    /// Sleepers that were woken and are not up yet.
    n_called: usize,
    /// One of those sees, or will soon, that what waits is taken in time.
    is_watched: bool,
    /// Threads that look again before they sleep.
    n_lingering: usize,
    /// Threads that do what they took, and since when. Few: each is looked for by going through them.
    at_work: Vec<(ThreadId, Instant)>,
    /// The last batch was of one: its caller is back within microseconds, if it is one that goes on.
    is_lone: bool,
    is_closed: bool,
}

impl<T> State<T> {
    /// Is one more thread to be woken, to take what waits or to watch whether another does? If so it counts as called.
    fn calls(&mut self) -> bool {
        let is_seen_to = self.n_lingering > 0 || self.is_watched && self.leaves_for().is_some();
        if self.n_sleepers <= self.n_called || is_seen_to && self.waiting.len() < CROWD {
            return false;
        }
        self.n_called += 1;
        self.is_watched = true;
        true
    }

    /// For how long what waits may be left to a thread that has gone to work just now. `None`: it is to be taken.
    fn leaves_for(&self) -> Option<Duration> {
        if self.is_closed || self.waiting.len() >= CROWD {
            return None;
        }
        let rests = self.at_work.iter().filter_map(|(_, since)| PATIENCE.checked_sub(since.elapsed()));
        rests.filter(|rest| !rest.is_zero()).min()
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
            is_watched: false,
            n_lingering: 0,
            at_work: Vec::with_capacity(n_takers),
            is_lone: false,
            is_closed: false,
        };
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
        let calls = state.calls();
        drop(state);
        if calls {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Takes what waits, and waits `for` something if nothing does. What was put in before the queue was closed is still
    /// taken.
    pub(super) fn take(&self, wait: Duration) -> Taken<T> {
        let worker = thread::current().id();
        let mut state = self.linger(worker);
        if state.waiting.is_empty() && !state.is_closed {
            state = self.sleep(state, wait);
            if let Some(rest) = state.leaves_for() {
                state = self.sleep(state, rest);
            }
            state.is_watched = false;
        }
        if state.waiting.is_empty() {
            return if state.is_closed { Taken::Closed } else { Taken::Idle };
        }
        let n_taken = state.waiting.len().min(BATCH);
        state.is_lone = n_taken == 1;
        state.at_work.push((worker, Instant::now()));
        let batch = state.waiting.drain(..n_taken).collect();
        // For what is left: there may be no push that would call another.
        let calls = !state.waiting.is_empty() && state.calls();
        drop(state);
        if calls {
            self.filled.notify_one();
        }
        Taken::Batch(batch)
    }

    fn sleep<'q>(&'q self, mut state: MutexGuard<'q, State<T>>, wait: Duration) -> MutexGuard<'q, State<T>> {
        state.n_sleepers += 1;
        state = self.filled.wait_timeout(state, wait);
        state.n_sleepers -= 1;
        // Whoever is up may have been called; if another was, it finds nothing to do and comes back.
        state.n_called = state.n_called.saturating_sub(1);
        state
    }

    /// Looks again for a moment before it goes to sleep: to sleep and be woken costs more.
    fn linger(&self, worker: ThreadId) -> MutexGuard<'_, State<T>> {
        let mut state = self.state.lock();
        state.at_work.retain(|(at_work, _)| *at_work != worker);
        for _ in 0..LOOKS {
            if !state.is_lone || state.is_closed || !state.waiting.is_empty() {
                break;
            }
            state.n_lingering += 1;
            drop(state);
            (0..PAUSES).for_each(|_| hint::spin_loop());
            state = self.state.lock();
            state.n_lingering -= 1;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn batch<T>(taken: Taken<T>) -> Vec<T> {
        match taken {
            Taken::Batch(batch) => batch,
            _ => panic!("nothing was taken"),
        }
    }

    /// A queue with two takers, one at work since just now and one asleep, which says what it takes.
    fn one_at_work() -> (Arc<Queue<u32>>, mpsc::Receiver<Vec<u32>>) {
        let queue = Arc::new(Queue::new(2));
        let (told, hears) = mpsc::channel();
        let other = Arc::clone(&queue);
        thread::spawn(move || {
            while let Taken::Batch(batch) = other.take(LONG) {
                let _ = told.send(batch);
            }
        });
        while queue.state.lock().n_sleepers == 0 {
            thread::yield_now();
        }
        let mut state = queue.state.lock();
        state.waiting.push_back(0);
        drop(state);
        assert_eq!(batch(queue.take(LONG)), [0]);
        (queue, hears)
    }

    /// However soon it comes after that thread has gone to work, and though nothing comes after it.
    #[test]
    fn what_comes_while_a_thread_is_at_work_for_long_is_taken_by_another() {
        for _ in 0..100 {
            let (queue, hears) = one_at_work();
            queue.push(1).unwrap();
            assert_eq!(hears.recv().unwrap(), [1]);
            queue.close();
        }
    }

    /// More may wait than one thread takes at once.
    #[test]
    fn what_a_batch_has_no_room_for_is_taken_by_another() {
        let (queue, hears) = one_at_work();
        let mut state = queue.state.lock();
        state.waiting.extend(0..BATCH as u32 + 1);
        drop(state);
        assert_eq!(batch(queue.take(LONG)).len(), BATCH);
        assert_eq!(hears.recv().unwrap(), [BATCH as u32]);
        queue.close();
    }
}
