//! When a breaker opens and closes: pure, with time coming in as a value.

use crate::clock::Moment;
use crate::timeout::Timeout;

/// When it is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threshold {
    /// So many failures in a row open it; and four times as many calls within the window, half of them failed.
    pub(crate) failures: u32,
    pub(crate) window: Timeout,
}

/// Who gives up a call sooner says nothing about the store.
pub(crate) const UNANSWERED: Timeout = Timeout::from_millis(50);
/// A probe that is not back by then is in a future that nobody polls: another may go.
const LONGEST_PROBE: Timeout = Timeout::from_secs(2);

/// What may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Everything; and how it went lately.
    Closed(Lately),
    /// Nothing, until the store has been reached again.
    Open,
    /// The next call, as a probe.
    HalfOpen,
    /// Nothing, until the probe that has gone at this moment is back.
    Probing(Moment),
    /// What is owed to the store, and nothing else until that is delivered.
    Owing,
}

/// The calls of the current window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lately {
    n_in_a_row: u32,
    /// When the store last answered, or its silence was last counted.
    heard: Option<Moment>,
    since: Option<Moment>,
    n_calls: u32,
    n_failed: u32,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Answered,
    Failed,
    /// There was no answer within its timeout.
    Late,
}

/// How a call may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    Freely,
    AsProbe,
    /// Of something that is owed, before anybody else.
    AsDelivery,
    Not,
}

impl State {
    /// Closed again, by an answer of just now.
    fn answered(now: Moment) -> Self {
        Self::Closed(Lately { heard: Some(now), ..Lately::default() })
    }

    pub(crate) fn ask(&mut self, now: Moment) -> Pass {
        match self {
            Self::Closed(_) => Pass::Freely,
            Self::Open | Self::Owing => Pass::Not,
            Self::Probing(since) if now < since.after(LONGEST_PROBE) => Pass::Not,
            Self::HalfOpen | Self::Probing(_) => {
                *self = Self::Probing(now);
                Pass::AsProbe
            }
        }
    }

    /// The same for what is owed.
    pub(super) fn ask_to_deliver(&mut self, now: Moment) -> Pass {
        if *self == Self::Owing { Pass::AsDelivery } else { self.ask(now) }
    }

    /// A call that went by `pass` at `since` has ended; says whether the breaker has opened by that. Where the store has answered
    /// others since the call began, that it was late is no fault of the store's: too much was asked of it at once.
    pub(crate) fn tell(&mut self, pass: Pass, ended: Ended, since: Moment, now: Moment, most: Threshold) -> bool {
        let failed = ended != Ended::Answered;
        let opens = match (&mut *self, pass) {
            (Self::Closed(Lately { heard: Some(heard), .. }), Pass::Freely)
                if ended == Ended::Late && *heard > since =>
            {
                false
            }
            (Self::Closed(lately), Pass::Freely) => lately.count(failed, now, most),
            (Self::Probing(_), Pass::AsProbe) if !failed => {
                *self = Self::answered(now);
                false
            }
            (Self::Probing(_), Pass::AsProbe) => true,
            (Self::Owing, Pass::AsDelivery) => failed,
            // A call of an earlier life says nothing about this one.
            _ => false,
        };
        if opens {
            *self = Self::Open;
        }
        opens
    }

    /// A call that began at `since` was given up before its answer. It has failed if the store had time to answer, `patience`,
    /// and answered nobody in it. Each silence counts once: a thousand that are given up together, by a runtime that had no time
    /// for them, say no more than one. A probe has no others beside it, and of deliveries each counts. Says whether the breaker
    /// has opened by that.
    pub(crate) fn give_up(
        &mut self,
        pass: Pass,
        since: Moment,
        patience: Timeout,
        now: Moment,
        most: Threshold,
    ) -> bool {
        let silent_since = match self {
            Self::Closed(Lately { heard: Some(heard), .. }) => since.max(*heard),
            _ => since,
        };
        if now >= silent_since.after(patience) {
            if let (Self::Closed(lately), Pass::Freely) = (&mut *self, pass) {
                lately.heard = Some(now);
            }
            return self.tell(pass, Ended::Failed, since, now, most);
        }
        self.take_back(pass);
        false
    }

    /// A call that was let pass was not made: if it was to be the probe, another is.
    pub(super) fn take_back(&mut self, pass: Pass) {
        if matches!((&self, pass), (Self::Probing(_), Pass::AsProbe)) {
            *self = Self::HalfOpen;
        }
    }

    /// The store has been reached again, and something is owed to it or nothing is.
    pub(super) fn reached(&mut self, is_owed: bool) {
        if *self == Self::Open {
            *self = if is_owed { Self::Owing } else { Self::HalfOpen };
        }
    }

    /// The store was seen to answer, and nothing is owed to it: everything passes.
    #[cfg(feature = "redis")]
    pub(crate) fn answers(&mut self, now: Moment) {
        self.reached(true);
        self.delivered(now);
    }

    /// What was owed is delivered, which the store has answered as it would a probe.
    pub(super) fn delivered(&mut self, now: Moment) {
        if *self == Self::Owing {
            *self = Self::answered(now);
        }
    }

    /// Nobody delivers any more: the next call is a probe.
    pub(super) fn give_up_deliveries(&mut self) {
        if *self == Self::Owing {
            *self = Self::HalfOpen;
        }
    }

    /// May nothing of a caller's pass, whenever it asks? Not so while a probe is under way: if it does not come back, another
    /// goes.
    pub(crate) fn is_shut(&self) -> bool {
        matches!(self, Self::Open | Self::Owing)
    }

    pub(super) fn is_open(&self) -> bool {
        !matches!(self, Self::Closed(_))
    }
}

impl Lately {
    /// Would a failure be the first of a row?
    pub(super) fn is_first_failure(&self) -> bool {
        self.n_in_a_row == 0
    }

    /// Says whether that is too much.
    fn count(&mut self, failed: bool, now: Moment, most: Threshold) -> bool {
        if self.since.is_none_or(|since| now >= since.after(most.window)) {
            *self = Self { since: Some(now), n_calls: 0, n_failed: 0, ..*self };
        }
        if !failed {
            self.heard = Some(now);
        }
        self.n_calls = self.n_calls.saturating_add(1);
        self.n_failed = self.n_failed.saturating_add(u32::from(failed));
        self.n_in_a_row = if failed { self.n_in_a_row.saturating_add(1) } else { 0 };
        let enough = most.failures.saturating_mul(4);
        self.n_in_a_row >= most.failures || self.n_calls >= enough && self.n_failed >= self.n_calls.div_ceil(2)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ended, Lately, Pass, State, Threshold, UNANSWERED};
    use crate::clock::Moment;
    use crate::timeout::Timeout;

    const MOST: Threshold = Threshold { failures: 5, window: Timeout::from_secs(1) };

    impl State {
        fn told(&mut self, pass: Pass, failed: bool, now: Moment) -> bool {
            self.tell(pass, if failed { Ended::Failed } else { Ended::Answered }, now, now, MOST)
        }

        fn given_up(&mut self, pass: Pass, since: Moment, now: Moment) -> bool {
            self.give_up(pass, since, UNANSWERED, now, MOST)
        }
    }

    /// `+` a success, `-` a failure, 10 ms apart; `|` a second later; `r` the store is reached; `o` so it is, and
    /// something is owed to it; `d` that is delivered; `g` a probe is given up.
    fn check(calls: &str, n_let_pass: usize, is_open: bool) {
        let (mut state, mut now, mut n_passed, mut n_opened) = (State::Closed(Lately::default()), 0, 0, 0);
        for call in calls.chars() {
            now += 10;
            match call {
                '|' => now += 1000,
                'r' => state.reached(false),
                'o' => state.reached(true),
                'd' => state.delivered(Moment::from_millis(now)),
                _ => {
                    let moment = Moment::from_millis(now);
                    let pass = state.ask(moment);
                    n_passed += usize::from(pass != Pass::Not);
                    n_opened += usize::from(match call {
                        'g' => state.given_up(pass, moment, moment),
                        _ => state.told(pass, call == '-', moment),
                    });
                }
            }
        }
        assert_eq!((n_passed, state.is_open()), (n_let_pass, is_open), "{calls}: opened {n_opened} times, {state:?}");
    }

    #[test]
    fn it_opens_after_five_in_a_row_or_half_of_twenty_in_a_second() {
        check("++++", 4, false);
        check("----", 4, false);
        check("----+----", 9, false);
        check("-----", 5, true);
        check("-----+-+", 5, true);
        check("--|--|-", 5, true);
        check(&"-+".repeat(9), 18, false);
        check(&"-+".repeat(10), 20, true);
        check(&"+-".repeat(10), 20, true);
        check(&"++-".repeat(30), 90, false);
        check(&format!("{}|{}", "-+".repeat(9), "-+".repeat(9)), 36, false);
        check(&format!("{}|{}", "-+".repeat(9), "-+".repeat(10)), 38, true);
    }

    #[test]
    fn the_answer_to_a_probe_is_heard_and_a_call_of_an_earlier_life_hides_no_silence() {
        let at = Moment::from_millis;
        let mut state = State::HalfOpen;
        let (lost, probe) = (state.ask(at(0)), state.ask(at(2_000)));
        assert_eq!((lost, probe), (Pass::AsProbe, Pass::AsProbe));
        assert!(!state.told(probe, false, at(2_001)));
        let closed = state;
        // Asked before the outage, and given up when the probe has just been answered.
        assert!(!state.given_up(Pass::Freely, at(0), at(2_010)));
        assert_eq!(state, closed);
        // The probe that nobody polled.
        assert!(!state.given_up(lost, at(0), at(2_500)));
        assert_eq!(state, closed);
    }

    #[test]
    fn each_silence_counts_once_and_one_in_which_others_were_answered_does_not() {
        let at = Moment::from_millis;
        let mut state = State::Closed(Lately::default());
        for began in [100, 200, 300, 400] {
            assert!((0..100).all(|_| !state.given_up(Pass::Freely, at(began), at(began + 50))), "{began}");
        }
        assert!(state.given_up(Pass::Freely, at(500), at(550)) && state == State::Open);

        let mut state = State::Closed(Lately::default());
        for began in (0..10_000).step_by(100) {
            assert!(!state.told(Pass::Freely, false, at(began + 1)));
            assert!(!state.given_up(Pass::Freely, at(began), at(began + 50)));
        }
        assert!(
            (0..5).all(|_| !state.given_up(Pass::Freely, at(20_000), at(20_049))),
            "they had no time to be answered"
        );
    }

    #[test]
    fn one_probe_closes_it_or_opens_it_again() {
        check("-----r+", 6, false);
        check("-----r+----", 10, false);
        check("-----r-", 6, true);
        check("-----r-++", 6, true);
        check("-----r-r+++", 9, false);
        check("-----rr+", 6, false);
        check("-----rg+", 7, false);
        check("-----rg-", 7, true);
        check("r-----", 5, true);
    }

    #[test]
    fn while_the_probe_is_out_nothing_passes_and_late_answers_count_for_nothing() {
        let mut state = State::HalfOpen;
        let now = Moment::from_millis(5);
        assert_eq!([(); 3].map(|()| state.ask(now)), [Pass::AsProbe, Pass::Not, Pass::Not]);
        assert!(!state.told(Pass::Freely, true, now) && !state.told(Pass::Freely, false, now) && state.is_open());
        assert!(!state.given_up(Pass::Freely, now, now));
        assert_eq!(state, State::Probing(now));
        assert!(state.told(Pass::AsProbe, true, now));
        assert_eq!((state, state.is_open()), (State::Open, true));
    }

    #[test]
    fn nobody_passes_before_what_is_owed_is_delivered() {
        check("-----o++-d++", 7, false);
        check("-----o++", 5, true);
        check("-----d+", 5, true);
        check("-----rod+", 6, false);
        let now = Moment::from_millis(5);
        let mut state = State::Owing;
        assert_eq!((state.ask_to_deliver(now), state.ask(now)), (Pass::AsDelivery, Pass::Not));
        assert!(!state.told(Pass::AsDelivery, false, now) && state == State::Owing && state.is_shut());
        assert!(state.told(Pass::AsDelivery, true, now) && state == State::Open);
        // It was down in between: what was sent before says nothing.
        state.reached(false);
        assert!(!state.told(Pass::AsDelivery, true, now) && state == State::HalfOpen);
        assert_eq!((state.ask_to_deliver(now), state.ask(now)), (Pass::AsProbe, Pass::Not));
        state = State::Owing;
        state.give_up_deliveries();
        assert_eq!(state.ask(now), Pass::AsProbe);
    }

    #[test]
    fn a_probe_that_never_comes_back_makes_way_for_another() {
        let mut state = State::HalfOpen;
        let asked = [0, 1_999, 2_000, 2_001].map(|ms| state.ask(Moment::from_millis(ms)));
        assert_eq!(asked, [Pass::AsProbe, Pass::Not, Pass::AsProbe, Pass::Not]);
        // Whichever comes back tells.
        assert!(!state.told(Pass::AsProbe, false, Moment::from_millis(2_002)) && !state.is_open());
    }

    #[test]
    fn who_is_late_while_others_are_answered_says_nothing() {
        let at = Moment::from_millis;
        let late = |state: &mut State, since, now| state.tell(Pass::Freely, Ended::Late, at(since), at(now), MOST);
        let mut state = State::Closed(Lately::default());
        for began in (0..10_000).step_by(10) {
            assert!(!state.told(Pass::Freely, false, at(began + 240)));
            assert!(!late(&mut state, began, began + 250));
        }
        // The answer came before these began: nothing has been heard since.
        let opened = (0..5).map(|_| late(&mut state, 20_000, 20_250)).collect::<Vec<_>>();
        assert_eq!(opened, [false, false, false, false, true]);
    }
}
