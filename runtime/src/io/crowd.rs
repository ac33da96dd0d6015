//! Who waits for one connection, and how its driver lets them come along: commands that are given at about the same time are
//! written together, and answers that come so are read together.
//!
//! A driver that is woken by the first of many commands would write that one, and be woken again for the next. Each such turn
//! costs it, the server and whoever it wakes some system calls, which is more than a command itself; and once callers find
//! their answers one by one they ask one by one, so that it stays like that. Where several wait, the driver therefore lets
//! its runtime go round until nobody has joined for two rounds, half a microsecond each where it has nothing else to do. It
//! never sleeps, and whoever waits alone is never kept.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use crate::sync::{AtomicU64, Ordering};

/// So many looks in a row that see nobody join are enough.
const PATIENCE: usize = 2;
/// While some join at each look, there are no more than these.
const MOST: usize = 16;

/// Those who wait for the answers of one connection.
#[derive(Default)]
pub(crate) struct Crowd {
    n_joined: AtomicU64,
    n_gone: AtomicU64,
}

/// One of them, until it has its answer or goes away.
#[must_use]
pub(crate) struct Waiting<'a>(&'a Crowd);

impl Crowd {
    /// One more waits.
    pub(crate) fn join(&self) -> Waiting<'_> {
        self.n_joined.fetch_add(1, Ordering::Relaxed);
        Waiting(self)
    }

    /// Runs `driver`; before each of its turns, those come along who join now. On a runtime of tokio.
    pub(crate) async fn gather<T>(&self, driver: impl Future<Output = T>) -> T {
        let mut driver = pin!(driver);
        let mut seen = 0;
        loop {
            self.settled(&mut seen).await;
            let mut is_over = false;
            // One turn, and the wait for what wakes the driver again.
            let turn = poll_fn(|context| {
                if std::mem::replace(&mut is_over, true) {
                    return Poll::Ready(None);
                }
                driver.as_mut().poll(context).map(Some)
            });
            if let Some(outcome) = turn.await {
                return outcome;
            }
        }
    }

    /// Ends when nobody joins any more. `seen` is how many had joined at the last look.
    async fn settled(&self, seen: &mut u64) {
        let mut n_idle = 0;
        for _ in 0..MOST {
            let n_joined = self.n_joined.load(Ordering::Relaxed);
            n_idle = if n_joined == *seen { n_idle + 1 } else { 0 };
            *seen = n_joined;
            if n_idle == PATIENCE || self.n_waiting() < 2 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// About: it decides what is sent together, and nothing else.
    fn n_waiting(&self) -> u64 {
        let n_gone = self.n_gone.load(Ordering::Relaxed);
        self.n_joined.load(Ordering::Relaxed).saturating_sub(n_gone)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.n_gone.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::task::{Context, Waker};

    use super::*;

    /// Lets the runtime of a driver go round so often, each time after somebody did something; says how many waited at each
    /// of the driver's turns.
    fn turns(crowd: &Crowd, n_rounds: usize, mut before: impl FnMut(usize)) -> Vec<u64> {
        let turns = RefCell::new(Vec::new());
        let driver = poll_fn(|_| {
            turns.borrow_mut().push(crowd.n_waiting());
            Poll::<()>::Pending
        });
        let mut gathering = pin!(crowd.gather(driver));
        for round in 0..n_rounds {
            before(round);
            assert!(gathering.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        turns.take()
    }

    #[test]
    fn who_waits_alone_is_not_kept() {
        let crowd = Crowd::default();
        let _waiting = crowd.join();
        assert_eq!(turns(&crowd, 3, |_| {}), [1, 1, 1]);
    }

    #[test]
    fn who_joins_two_others_meanwhile_comes_along() {
        let crowd = Crowd::default();
        let _waiting = [crowd.join(), crowd.join()];
        let mut late = None;
        let turns = turns(&crowd, 4, |round| {
            if round == 1 {
                late = Some(crowd.join());
            }
        });
        assert_eq!(turns, [3]);
    }

    #[test]
    fn who_has_gone_keeps_nobody() {
        let crowd = Crowd::default();
        let _waiting = crowd.join();
        drop([crowd.join(), crowd.join()]);
        assert_eq!(turns(&crowd, 1, |_| {}), [1]);
    }

    #[test]
    fn a_crowd_without_end_is_not_kept_for_ever() {
        let crowd = Crowd::default();
        let mut waiting = vec![crowd.join()];
        let turns = turns(&crowd, 2 * (MOST + 1), |_| waiting.push(crowd.join()));
        let rounds = MOST as u64 + 1;
        assert_eq!(turns, [1 + rounds, 1 + 2 * rounds]);
    }

    #[test]
    fn a_driver_that_ends_has_ended() {
        let crowd = Crowd::default();
        let mut gathering = pin!(crowd.gather(std::future::ready(7)));
        assert_eq!(gathering.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(7));
    }
}
