//! How a store comes back: tasks on the I/O runtime that connect and try, behind the callers, until it works.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Breaker;
use super::trial::{Slowness, Trial};
use crate::adapter::CacheAdapter;
use crate::clock::Moment;
use crate::io;
use crate::report;
use crate::sync::Ordering;
use crate::timeout::Timeout;

impl Breaker {
    const FIRST_PAUSE: Duration = Duration::from_millis(100);
    /// Five requests, each as long as a call would wait for it by default. Together with the longest pause less than two
    /// seconds.
    const LONGEST_TRY: Duration = Duration::from_millis(1_250);
    /// So long after it was reached, a store that fails has failed anew.
    const RELAPSE: Timeout = Timeout::from_secs(10);
    /// So many trials in a row must find a store too slow before that is told: one alone may have met a busy moment.
    const TOO_SLOW: u32 = 2;

    fn pause(&self, n_failed: u64) -> Duration {
        let doublings = u32::try_from(n_failed.saturating_sub(1)).unwrap_or(u32::MAX).min(10);
        let pause = Self::FIRST_PAUSE.saturating_mul(1 << doublings).min(self.limits.pause);
        if n_failed == 0 { Duration::ZERO } else { pause }
    }

    /// How long an attempt may take.
    fn longest_try(&self) -> Timeout {
        Self::LONGEST_TRY.max(self.limits.request.saturating_mul(5)).into()
    }

    /// How often it has opened soon after the store was reached, this time included.
    fn count_relapse(&self, now: Moment) -> u64 {
        let reached = Moment::from_millis(self.reached_ms.load(Ordering::Relaxed));
        let is_relapse = reached != Moment::from_millis(0) && now < reached.after(Self::RELAPSE);
        let n_relapses = if is_relapse { self.n_relapses.load(Ordering::Relaxed) + 1 } else { 0 };
        self.n_relapses.store(n_relapses, Ordering::Relaxed);
        n_relapses
    }

    /// Connects anew until that works: at once where the store has just gone down, later where it does so again and again. One
    /// that `is_late` may be alive and slow: it is not closed before that was tried, and not let in before it is quick enough.
    pub(super) fn supervise(&self, now: Moment, is_late: bool) {
        let recovery = Recovery { own: Weak::clone(&self.own), n_failed: self.count_relapse(now), n_too_slow: 0 };
        io::spawn(recovery.run(is_late));
    }

    /// Has its writes tried until they work.
    pub(super) fn supervise_writes(&self) {
        let own = Weak::clone(&self.own);
        let reached = Reached { own: Weak::clone(&self.own), line: Line::Writes };
        io::spawn(async move {
            let _reached = reached;
            for n_failed in 1.. {
                let Some(breaker) = own.upgrade() else { return };
                let (clock, pause) = (breaker.clock.clone(), breaker.pause(n_failed));
                drop(breaker);
                clock.sleep_until(clock.now().after(pause.into())).await;
                let Some(breaker) = own.upgrade() else { return };
                // Nothing reaches a store that is down but its own probe.
                if !breaker.is_down() && breaker.subject.takes_writes(&breaker.clock, &breaker.limits).await {
                    return;
                }
            }
        });
    }

    /// Calls run out of their budgets: is it the store, or is it that so many ask at once?
    pub(super) fn try_whether_too_slow(&self) {
        let own = Weak::clone(&self.own);
        let tried = Tried(Weak::clone(&self.own));
        io::spawn(async move {
            let _tried = tried;
            let Some(breaker) = own.upgrade() else { return };
            let trial = breaker.subject.try_out(&breaker.clock, &breaker.limits, breaker.longest_try()).await;
            let Trial::TooSlow(slowness) = trial else { return };
            let now = breaker.clock.now();
            if breaker.change(|lines| lines.tried(true)) {
                *breaker.cause.lock() = breaker.too_slow(slowness);
                let n_failed = breaker.count_relapse(now).max(1);
                let recovery = Recovery { own: Weak::clone(&own), n_failed, n_too_slow: 1 };
                drop(breaker);
                io::spawn(recovery.run(true));
            }
        });
    }

    fn too_slow(&self, Slowness { longest, all }: Slowness) -> String {
        let (store, limits) = (self.name(), &self.limits);
        if longest >= limits.request {
            let (took, limit) = (longest.as_millis(), limits.request.as_millis());
            return format!("{store} answers after {took} ms, later than the `request_timeout` of {limit} ms allows");
        }
        let (took, limit) = (all.as_millis(), limits.budget.as_millis());
        format!("{store} takes {took} ms for the requests of a call, more than its `time_budget` of {limit} ms allows")
    }

    /// Tells people that calls cannot use the store, once.
    fn tell_too_slow(&self, slowness: Slowness) {
        let raise = if slowness.longest >= self.limits.request {
            "raise `request_timeout`, and `time_budget` to at least three times what the store takes"
        } else {
            "raise `time_budget`"
        };
        let message = format!("{}: calls go on without it until it is faster; {raise}", self.too_slow(slowness));
        if !self.subject.is_told.swap(true, Ordering::Relaxed) {
            report::warn(&message);
        }
    }
}

/// Brings back a store that was given up.
struct Recovery {
    own: Weak<Breaker>,
    n_failed: u64,
    /// Trials in a row that have found it too slow.
    n_too_slow: u32,
}

impl Recovery {
    async fn run(mut self, mut is_late: bool) {
        let _reached = Reached { own: Weak::clone(&self.own), line: Line::Store };
        let is_tried = is_late;
        loop {
            let Some((clock, pause)) = self.own.upgrade().map(|own| (own.clock.clone(), own.pause(self.n_failed)))
            else {
                return;
            };
            clock.sleep_until(clock.now().after(pause.into())).await;
            let Some(breaker) = self.own.upgrade() else { return };
            if !is_late {
                is_late = breaker.connect_anew().await;
                if !is_late {
                    self.n_failed += 1;
                    continue;
                }
            }
            if !is_tried || self.is_fast(&breaker, &mut is_late).await {
                breaker.reached_ms.store(breaker.clock.now().as_millis(), Ordering::Relaxed);
                return;
            }
            self.n_failed += 1;
        }
    }

    /// One that does not answer is connected anew the next time.
    async fn is_fast(&mut self, breaker: &Arc<Breaker>, answers: &mut bool) -> bool {
        match breaker.subject.try_out(&breaker.clock, &breaker.limits, breaker.longest_try()).await {
            Trial::InTime => return true,
            Trial::TooSlow(slowness) => {
                *breaker.cause.lock() = breaker.too_slow(slowness);
                self.n_too_slow += 1;
                if self.n_too_slow >= Breaker::TOO_SLOW {
                    breaker.tell_too_slow(slowness);
                }
            }
            Trial::Failed => (*answers, self.n_too_slow) = (false, 0),
        }
        false
    }
}

impl Breaker {
    async fn connect_anew(&self) -> bool {
        let adapter = &self.subject.adapter;
        let _ = self.clock.within(self.longest_try(), adapter.close()).await;
        matches!(self.clock.within(self.longest_try(), adapter.connect()).await, Some(Ok(())))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Store,
    Writes,
}

/// Has the next call probe the store, or lets writes in, however the task that brings it back ends: an adapter that panics must
/// not leave its store given up for good.
struct Reached {
    own: Weak<Breaker>,
    line: Line,
}

impl Drop for Reached {
    fn drop(&mut self) {
        if let Some(breaker) = self.own.upgrade() {
            let now = breaker.clock.now();
            breaker.change(|lines| match self.line {
                Line::Store => lines.store.reached(breaker.is_owed()),
                Line::Writes => lines.writes_work(breaker.is_owed(), now),
            });
            breaker.returned.notify_waiters();
        }
    }
}

/// A trial is over, however it ended.
struct Tried(Weak<Breaker>);

impl Drop for Tried {
    fn drop(&mut self) {
        if let Some(breaker) = self.0.upgrade() {
            breaker.change(|lines| _ = lines.tried(false));
        }
    }
}
