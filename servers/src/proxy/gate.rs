//! Who may pass, and when: the behaviour of the moment, and those who wait for it to let them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Behaviour, locked};

/// Between two bytes that drip.
const DRIP: Duration = Duration::from_secs(1);

/// How much of a reply may go on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    All,
    Byte,
    /// Nor may anything that follows, in either direction.
    Nothing,
    /// Nor may any other reply.
    NoReply,
}

/// What becomes of a whole reply that may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Now,
    /// After the next.
    Next,
    Never,
}

/// What all connections of a proxy ask before they pass something on.
#[derive(Debug)]
pub(super) struct Gate {
    behaviour: Mutex<Behaviour>,
    switched: Condvar,
    /// Of replies that might have been misplaced.
    n_replies: AtomicU64,
    pub(super) n_misplaced: AtomicU64,
}

impl Gate {
    pub(super) fn new(behaviour: Behaviour) -> Self {
        let (n_replies, n_misplaced) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { behaviour: Mutex::new(behaviour), switched: Condvar::new(), n_replies, n_misplaced }
    }

    pub(super) fn behaviour(&self) -> Behaviour {
        *locked(&self.behaviour)
    }

    pub(super) fn switch(&self, behaviour: Behaviour) {
        *locked(&self.behaviour) = behaviour;
        self.switched.notify_all();
    }

    /// Whose turn it is: one of so many is not in its own.
    pub(super) fn turn(&self) -> Turn {
        let (turn, every) = match self.behaviour() {
            Behaviour::Swap(every) => (Turn::Next, every),
            Behaviour::Shift(every) => (Turn::Never, every),
            _ => return Turn::Now,
        };
        let number = self.n_replies.fetch_add(1, Ordering::Relaxed) + 1;
        if number.is_multiple_of(every.max(1)) { turn } else { Turn::Now }
    }

    /// Waits until something may be done with a reply that `arrived` when the last byte had been `sent`, and says what.
    pub(super) fn wait(&self, arrived: Instant, sent: Instant) -> Allowance {
        let mut behaviour = locked(&self.behaviour);
        loop {
            let (allowance, due) = verdict(*behaviour, arrived, sent);
            let wait = due.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                return allowance;
            }
            let woken = self.switched.wait_timeout(behaviour, wait);
            behaviour = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn verdict(behaviour: Behaviour, arrived: Instant, sent: Instant) -> (Allowance, Instant) {
    match behaviour {
        Behaviour::Pass | Behaviour::Swap(_) | Behaviour::Shift(_) => (Allowance::All, arrived),
        Behaviour::Delay(delay) => (Allowance::All, arrived + delay),
        Behaviour::Drip => (Allowance::Byte, sent + DRIP),
        Behaviour::BlackHole | Behaviour::Cut => (Allowance::Nothing, arrived),
        Behaviour::Mute => (Allowance::NoReply, arrived),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_due_by_what_holds_now() {
        let sent = Instant::now();
        let arrived = sent + Duration::from_millis(300);
        let delay = Duration::from_secs(5);
        for (behaviour, allowance, due) in [
            (Behaviour::Pass, Allowance::All, arrived),
            (Behaviour::Delay(delay), Allowance::All, arrived + delay),
            (Behaviour::Drip, Allowance::Byte, sent + DRIP),
            (Behaviour::BlackHole, Allowance::Nothing, arrived),
            (Behaviour::Cut, Allowance::Nothing, arrived),
            (Behaviour::Mute, Allowance::NoReply, arrived),
            (Behaviour::Swap(7), Allowance::All, arrived),
        ] {
            assert_eq!(verdict(behaviour, arrived, sent), (allowance, due), "{behaviour:?}");
        }
    }

    #[test]
    fn one_reply_of_so_many_is_out_of_turn() {
        for (behaviour, turn) in [(Behaviour::Swap(3), Turn::Next), (Behaviour::Shift(3), Turn::Never)] {
            let gate = Gate::new(behaviour);
            assert_eq!([(); 6].map(|()| gate.turn()), [Turn::Now, Turn::Now, turn, Turn::Now, Turn::Now, turn]);
        }
        assert_eq!(Gate::new(Behaviour::Pass).turn(), Turn::Now);
    }

    #[test]
    fn a_switch_wakes_who_waits() {
        let gate = Gate::new(Behaviour::Delay(Duration::from_secs(1000)));
        let now = Instant::now();
        let allowance = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| gate.wait(now, now));
            gate.switch(Behaviour::Pass);
            waiting.join().unwrap()
        });
        assert_eq!(allowance, Allowance::All);
    }
}
