//! A breaker's two lines: that of the store, which reads speak for, and that of its writes, which can fail while reads go on.
//! Pure, with time coming in as a value.

use super::state::{Ended, Lately, Pass, State, Threshold, UNANSWERED};
use crate::clock::Moment;
use crate::timeout::Timeout;

/// What a call does to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// What has opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    Store,
    /// Writes alone.
    Writes,
}

/// How a call was let pass, on the line of the store and, for a write, on that of writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Admission {
    access: Access,
    store: Pass,
    writes: Pass,
}

impl Admission {
    /// Is it neither a probe nor a delivery?
    pub(super) fn is_free(self) -> bool {
        self.store == Pass::Freely && self.writes == Pass::Freely
    }

    pub(super) fn is_delivery(self) -> bool {
        self.store == Pass::AsDelivery || self.writes == Pass::AsDelivery
    }
}

#[derive(Debug)]
pub(super) struct Lines {
    pub(super) store: State,
    pub(super) writes: State,
    most: Threshold,
    /// A read was answered since the writes that failed last in a row began to.
    has_read: bool,
    /// How long the store took for its last answer: who is less patient says nothing about it.
    took: Timeout,
    /// Calls that ran out of their time budget, less those that did not.
    n_over_budget: u32,
    /// The store is tried whether it is too slow.
    is_tried: bool,
}

impl Lines {
    pub(super) fn new(most: Threshold) -> Self {
        let closed = State::Closed(Lately::default());
        Self {
            store: closed,
            writes: closed,
            most,
            has_read: false,
            took: Timeout::ZERO,
            n_over_budget: 0,
            is_tried: false,
        }
    }

    /// May a call go? `None`: it may not.
    pub(super) fn ask(&mut self, access: Access, now: Moment) -> Option<Admission> {
        self.admit(access, |line| line.ask(now))
    }

    /// The same for what is owed.
    pub(super) fn ask_to_deliver(&mut self, access: Access, now: Moment) -> Option<Admission> {
        self.admit(access, |line| line.ask_to_deliver(now))
    }

    fn admit(&mut self, access: Access, ask: impl Fn(&mut State) -> Pass) -> Option<Admission> {
        let store = ask(&mut self.store);
        if store == Pass::Not {
            return None;
        }
        let writes = if access == Access::Write { ask(&mut self.writes) } else { Pass::Freely };
        if writes == Pass::Not {
            self.store.take_back(store);
            return None;
        }
        Some(Admission { access, store, writes })
    }

    /// A call that was let pass at `since` has ended.
    pub(super) fn tell(&mut self, by: Admission, ended: Ended, since: Moment, now: Moment) -> Option<Opened> {
        if ended == Ended::Answered {
            self.took = Timeout::from_millis(now.as_millis().saturating_sub(since.as_millis()));
            self.has_read |= by.access == Access::Read;
        }
        self.settle(by, ended != Ended::Answered, |line, pass, most| line.tell(pass, ended, since, now, most))
    }

    /// A call that was let pass at `since` was given up before it has ended.
    pub(super) fn give_up(&mut self, by: Admission, since: Moment, now: Moment) -> Option<Opened> {
        // A store that has just taken long may do so again: to wait for less proves nothing. Less and less of that is believed.
        let patience = UNANSWERED.max(Timeout::from_millis(self.took.as_millis().saturating_mul(2)));
        if now < since.after(patience) {
            self.took = Timeout::from_millis(self.took.as_millis() / 2);
        }
        self.settle(by, true, |line, pass, most| line.give_up(pass, since, patience, now, most))
    }

    fn settle(
        &mut self,
        by: Admission,
        is_failure: bool,
        tell: impl Fn(&mut State, Pass, Threshold) -> bool,
    ) -> Option<Opened> {
        let Admission { access, store, writes } = by;
        // A write speaks for the store only where it is the probe, or what is owed.
        if access == Access::Read || store != Pass::Freely {
            let has_opened = tell(&mut self.store, store, self.most);
            if has_opened {
                return Some(self.opened());
            }
        }
        // A call of an earlier life says nothing about this one.
        let is_of_old = store == Pass::Freely && !matches!(self.store, State::Closed(_));
        if access == Access::Read || is_of_old {
            return None;
        }
        if is_failure && matches!(self.writes, State::Closed(lately) if lately.is_first_failure()) {
            self.has_read = false;
        }
        if !tell(&mut self.writes, writes, self.most) {
            return None;
        }
        if self.has_read || writes != Pass::Freely {
            return Some(Opened::Writes);
        }
        // No read says otherwise: it is the store.
        self.writes = State::Closed(Lately::default());
        if matches!(self.store, State::Closed(_)) {
            self.store = State::Open;
            return Some(self.opened());
        }
        None
    }

    /// The store is given up. How its writes fared lately is forgotten, unless they are given up too.
    fn opened(&mut self) -> Opened {
        if matches!(self.writes, State::Closed(_)) {
            self.writes = State::Closed(Lately::default());
        }
        self.n_over_budget = 0;
        Opened::Store
    }

    /// A call has run out of its time budget by many requests, none of which alone was late. Says whether it is time to try how
    /// long the store takes.
    pub(super) fn over_budget(&mut self) -> bool {
        if self.is_tried || !matches!(self.store, State::Closed(_)) {
            return false;
        }
        self.n_over_budget = self.n_over_budget.saturating_add(1);
        self.is_tried = self.n_over_budget >= self.most.failures;
        self.is_tried
    }

    /// A call has kept to its budget.
    pub(super) fn within_budget(&mut self) {
        self.n_over_budget = self.n_over_budget.saturating_sub(1);
    }

    pub(super) fn has_calls_over_budget(&self) -> bool {
        self.n_over_budget > 0
    }

    /// The store was tried; says whether it is given up by that.
    pub(super) fn tried(&mut self, is_too_slow: bool) -> bool {
        (self.is_tried, self.n_over_budget) = (false, 0);
        let opens = is_too_slow && matches!(self.store, State::Closed(_));
        if opens {
            self.store = State::Open;
            self.opened();
        }
        opens
    }

    /// All was delivered that was owed.
    pub(super) fn delivered(&mut self, now: Moment) {
        self.store.delivered(now);
        self.writes.delivered(now);
    }

    pub(super) fn give_up_deliveries(&mut self) {
        self.store.give_up_deliveries();
        self.writes.give_up_deliveries();
    }

    /// Writes were seen to work again.
    pub(super) fn writes_work(&mut self, is_owed: bool, now: Moment) {
        if self.writes == State::Open {
            self.writes = State::Owing;
            if !is_owed {
                self.writes.delivered(now);
            }
        }
    }

    /// Is what is owed refused too?
    pub(super) fn is_away(&self) -> bool {
        self.store == State::Open || self.writes == State::Open
    }

    pub(super) fn takes_no_writes(&self) -> bool {
        self.store.is_shut() || self.writes.is_shut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Threshold = Threshold { failures: 5, window: Timeout::from_secs(1) };

    /// `r` a read is answered, `R` one fails; `w` a write is answered, `W` one fails, `L` one is late; `p` writes are seen to work.
    /// 10 ms apart.
    fn check(calls: &str, store: bool, writes: bool) {
        let (mut lines, mut now) = (Lines::new(MOST), 0);
        for call in calls.chars() {
            now += 10;
            let at = Moment::from_millis(now);
            let (access, ended) = match call {
                'r' => (Access::Read, Ended::Answered),
                'R' => (Access::Read, Ended::Failed),
                'w' => (Access::Write, Ended::Answered),
                'W' => (Access::Write, Ended::Failed),
                'L' => (Access::Write, Ended::Late),
                _ => {
                    lines.writes_work(false, at);
                    continue;
                }
            };
            if let Some(by) = lines.ask(access, at) {
                lines.tell(by, ended, at, at);
            }
        }
        let is_closed = |line: &State| matches!(line, State::Closed(_));
        assert_eq!((is_closed(&lines.store), is_closed(&lines.writes)), (store, writes), "{calls}: {lines:?}");
    }

    #[test]
    fn reads_go_on_while_writes_fail_and_not_the_other_way_round() {
        check("rWrWrWrW", true, true);
        check("rWrWrWrWrW", true, false);
        check("rLrLrLrLrL", true, false);
        check("rWrWrWrWrWrrrr", true, false);
        check("rWrWrWrWrWp", true, true);
        check("rrrWrWwrWrWrWrW", true, true);
        // No read was answered since writes began to fail: it is the store.
        check("rrrWWWWW", false, true);
        check("WWWWW", false, true);
        check("RwRwRwRwRw", false, true);
        check("rWrWrWrWrWRRRRR", false, false);
    }

    #[test]
    fn a_write_that_is_refused_takes_no_probe_of_the_store() {
        let (mut lines, now) = (Lines::new(MOST), Moment::from_millis(5));
        (lines.store, lines.writes) = (State::HalfOpen, State::Open);
        assert_eq!(lines.ask(Access::Write, now), None);
        assert_eq!(lines.store, State::HalfOpen);
        let probe = lines.ask(Access::Read, now).unwrap();
        assert_eq!(lines.tell(probe, Ended::Answered, now, now), None);
        assert!(matches!(lines.store, State::Closed(_)) && lines.writes == State::Open);
    }

    #[test]
    fn what_is_owed_goes_before_other_writes() {
        let (mut lines, now) = (Lines::new(MOST), Moment::from_millis(5));
        lines.writes = State::Open;
        lines.writes_work(true, now);
        assert!(lines.ask(Access::Write, now).is_none() && lines.ask(Access::Read, now).is_some());
        let delivery = lines.ask_to_deliver(Access::Write, now).unwrap();
        assert_eq!(lines.tell(delivery, Ended::Answered, now, now), None);
        lines.delivered(now);
        assert!(lines.ask(Access::Write, now).is_some());
        lines.writes = State::Owing;
        let delivery = lines.ask_to_deliver(Access::Write, now).unwrap();
        assert_eq!(lines.tell(delivery, Ended::Failed, now, now), Some(Opened::Writes));
    }

    /// One 160 ms away: a call's first request is answered, and for the second too little is left.
    #[test]
    fn a_request_that_waited_for_less_than_the_last_one_took_says_nothing() {
        let (mut lines, mut now) = (Lines::new(MOST), 0);
        let mut go = |lines: &mut Lines, access, ms| {
            let since = Moment::from_millis(now);
            now += ms;
            (lines.ask(access, since).unwrap(), since, Moment::from_millis(now))
        };
        for n_calls in 1..100 {
            let (read, since, at) = go(&mut lines, Access::Read, 160);
            assert_eq!(lines.tell(read, Ended::Answered, since, at), None);
            let (write, since, at) = go(&mut lines, Access::Write, 120);
            assert_eq!(lines.give_up(write, since, at), None, "{n_calls}");
            assert_eq!(lines.over_budget(), n_calls % 5 == 0);
            if n_calls % 5 == 0 {
                assert!(!lines.tried(false));
            }
        }
        (0..5).for_each(|_| _ = lines.over_budget());
        assert!(lines.tried(true) && lines.store == State::Open && !lines.tried(true));
        // A store that was slow once does not keep callers of little patience waiting for ever.
        let mut lines = Lines::new(MOST);
        let (read, since, at) = go(&mut lines, Access::Read, 240);
        lines.tell(read, Ended::Answered, since, at);
        let n_waited = (0..100).take_while(|_| {
            let Some(read) = lines.ask(Access::Read, Moment::from_millis(now)) else { return false };
            let since = Moment::from_millis(now);
            now += 60;
            lines.give_up(read, since, Moment::from_millis(now));
            true
        });
        assert!(n_waited.count() < 10);
    }
}
