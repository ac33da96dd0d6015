//! Who may pass, and when: the behaviour of the moment, and those who wait for it to let them.

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
    Nothing,
}

/// What all connections of a proxy ask before they pass something on.
#[derive(Debug)]
pub(super) struct Gate {
    behaviour: Mutex<Behaviour>,
    switched: Condvar,
}

impl Gate {
    pub(super) fn new(behaviour: Behaviour) -> Self {
        Self { behaviour: Mutex::new(behaviour), switched: Condvar::new() }
    }

    pub(super) fn behaviour(&self) -> Behaviour {
        *locked(&self.behaviour)
    }

    pub(super) fn switch(&self, behaviour: Behaviour) {
        *locked(&self.behaviour) = behaviour;
        self.switched.notify_all();
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
        Behaviour::Pass => (Allowance::All, arrived),
        Behaviour::Delay(delay) => (Allowance::All, arrived + delay),
        Behaviour::Drip => (Allowance::Byte, sent + DRIP),
        Behaviour::BlackHole | Behaviour::Cut => (Allowance::Nothing, arrived),
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
        ] {
            assert_eq!(verdict(behaviour, arrived, sent), (allowance, due), "{behaviour:?}");
        }
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
