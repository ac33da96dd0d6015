//! Stops asking a store that does not answer, and brings it back. While it is open, callers learn so at once and the store
//! is left alone but for one task, which connects to it anew until that works.

mod state;

use std::sync::{Arc, Weak};
use std::time::Duration;

use self::state::{Lately, Pass, State};
use super::{Layer, Verb};
use crate::adapter::{AnyAdapter, CacheAdapter};
use crate::clock::{Clock, Moment};
use crate::error::{Error, ErrorKind, Result};
use crate::io;
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering};
use crate::timeout::Timeout;

/// A breaker around one store.
pub(crate) struct Breaker {
    adapter: AnyAdapter,
    clock: Clock,
    state: Mutex<State>,
    /// What the state says, for who only asks.
    is_open: AtomicBool,
    /// What it was last opened by: what callers are told while the store is not asked.
    cause: Mutex<String>,
    /// Whether it says that nothing passes, for who would rather not ask.
    is_shut: AtomicBool,
    /// How often it has opened again soon after a connection: a store that connects and then fails is tried less and less.
    n_relapses: AtomicU64,
    /// When a store that had been given up was last connected to, in milliseconds; 0 before that.
    reached_ms: AtomicU64,
    own: Weak<Self>,
}

impl Breaker {
    const FIRST_PAUSE: Duration = Duration::from_millis(100);
    const LONGEST_PAUSE: Duration = Duration::from_secs(1);
    const LONGEST_TRY: Timeout = Timeout::from_secs(2);
    /// So long after it was reached, a store that fails has failed anew.
    const RELAPSE: Timeout = Timeout::from_secs(10);
    /// Who gives up a call sooner says nothing about the store.
    const UNANSWERED: Timeout = Timeout::from_millis(50);

    /// A closed one. When it opens, `adapter` is closed and connected anew by a task on `io`, which ends with the breaker.
    pub(crate) fn new(adapter: AnyAdapter, clock: Clock) -> Arc<Self> {
        Arc::new_cyclic(|own| Self {
            adapter,
            clock,
            state: Mutex::new(State::Closed(Lately::default())),
            is_open: AtomicBool::new(false),
            cause: Mutex::default(),
            is_shut: AtomicBool::new(false),
            n_relapses: AtomicU64::new(0),
            reached_ms: AtomicU64::new(0),
            own: own.clone(),
        })
    }

    /// Is the store given up for now?
    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Is a call of now refused? Then whoever can do without need not ask.
    pub(crate) fn is_shut(&self) -> bool {
        self.is_shut.load(Ordering::Acquire)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        let answer = change(&mut state);
        self.is_open.store(state.is_open(), Ordering::Release);
        self.is_shut.store(state.is_shut(), Ordering::Release);
        answer
    }

    fn ask(&self, verb: Verb) -> Result<Asked<'_>> {
        // A sweep may take its time, and everybody waits for a probe.
        let now = self.clock.now();
        let pass = if verb == Verb::Sweep && self.is_open() { Pass::Not } else { self.change(|state| state.ask(now)) };
        if pass == Pass::Not {
            let store = self.adapter.name();
            return Err(Error::unavailable(
                format!("{store} is not asked while it is down"),
                self.cause.lock().clone(),
            ));
        }
        Ok(Asked { breaker: self, pass, since: now, is_told: false })
    }

    fn pause(n_failed: u64) -> Duration {
        let doublings = u32::try_from(n_failed.saturating_sub(1)).unwrap_or(u32::MAX).min(10);
        let pause = Self::FIRST_PAUSE.saturating_mul(1 << doublings).min(Self::LONGEST_PAUSE);
        if n_failed == 0 { Duration::ZERO } else { pause }
    }

    /// How often it has opened soon after the store was reached, this time included.
    fn count_relapse(&self, now: Moment) -> u64 {
        let reached = Moment::from_millis(self.reached_ms.load(Ordering::Relaxed));
        let is_relapse = reached != Moment::from_millis(0) && now < reached.after(Self::RELAPSE);
        let n_relapses = if is_relapse { self.n_relapses.load(Ordering::Relaxed) + 1 } else { 0 };
        self.n_relapses.store(n_relapses, Ordering::Relaxed);
        n_relapses
    }

    /// Connects anew until that works: at once where the store has just gone down, later where it does so again and again.
    fn supervise(&self, now: Moment) {
        let (own, adapter, clock) = (Weak::clone(&self.own), self.adapter.clone(), self.clock.clone());
        let mut n_failed = self.count_relapse(now);
        let reached = Reached(Weak::clone(&self.own));
        io::spawn(async move {
            let _reached = reached;
            loop {
                clock.sleep_until(clock.now().after(Self::pause(n_failed).into())).await;
                if own.strong_count() == 0 {
                    return;
                }
                let _ = clock.within(Self::LONGEST_TRY, adapter.close()).await;
                if let Some(Ok(())) = clock.within(Self::LONGEST_TRY, adapter.connect()).await {
                    if let Some(breaker) = own.upgrade() {
                        breaker.reached_ms.store(clock.now().as_millis(), Ordering::Relaxed);
                    }
                    return;
                }
                n_failed += 1;
            }
        });
    }
}

/// Has the next call probe the store, however the task that brings it back ends: an adapter that panics must not leave its
/// store given up for good.
struct Reached(Weak<Breaker>);

impl Drop for Reached {
    fn drop(&mut self) {
        if let Some(breaker) = self.0.upgrade() {
            breaker.change(State::reached);
        }
    }
}

/// A call that was let pass. Dropped before it is told, it has failed if the store had time to answer, and else counts as
/// nothing.
struct Asked<'a> {
    breaker: &'a Breaker,
    pass: Pass,
    since: Moment,
    is_told: bool,
}

impl Asked<'_> {
    fn tell(mut self, failure: Option<&Error>) {
        self.is_told = true;
        self.note(failure.map(ToString::to_string), self.breaker.clock.now());
    }

    fn note(&self, failure: Option<String>, now: Moment) {
        if self.breaker.change(|state| state.tell(self.pass, failure.is_some(), now)) {
            *self.breaker.cause.lock() = failure.unwrap_or_default();
            self.breaker.supervise(now);
        }
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.is_told {
            return;
        }
        let now = self.breaker.clock.now();
        if now >= self.since.after(Breaker::UNANSWERED) {
            let store = self.breaker.adapter.name();
            self.note(Some(format!("{store} did not answer while somebody waited")), now);
        } else {
            self.breaker.change(|state| state.give_up(self.pass));
        }
    }
}

impl Layer for Breaker {
    async fn around<T: Send>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let asked = self.ask(verb)?;
        let answer = call.await;
        // Every other error is an answer.
        asked.tell(answer.as_ref().err().filter(|error| error.kind() == ErrorKind::Unavailable));
        answer
    }
}
