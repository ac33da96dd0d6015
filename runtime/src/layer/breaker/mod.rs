//! Stops asking a store that does not answer, and brings it back. While it is open, callers learn so at once and the store
//! is left alone but for one task, which connects to it anew until that works. Then the next call is a probe; unless something
//! is owed to the store (what was cleared while it was down), which then is delivered before anybody else is let in.

mod state;

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use self::state::{Lately, Pass, State};
use super::{Layer, Verb};
use crate::adapter::{AnyAdapter, CacheAdapter};
use crate::clock::{Clock, Moment};
use crate::error::{Error, ErrorKind, Result};
use crate::io;
use crate::sync::{AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering};
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
    /// How many parts of the store something is owed to. While there are any, it is that which probes the store, and goes
    /// before all calls.
    n_owing: AtomicUsize,
    /// Tells who delivers that the store was reached.
    returned: Notify,
    own: Weak<Self>,
}

/// A breaker for what is owed to its store.
pub(super) struct Deliveries(pub(super) Arc<Breaker>);

impl Breaker {
    const FIRST_PAUSE: Duration = Duration::from_millis(100);
    /// Together with [`LONGEST_TRY`](Self::LONGEST_TRY) less than two seconds: so long, at most, after a store is back it is
    /// found to be.
    const LONGEST_PAUSE: Duration = Duration::from_millis(500);
    /// Five trips, each as long as a call would wait for it.
    const LONGEST_TRY: Timeout = Timeout::from_millis(1_250);
    /// So long after it was reached, a store that fails has failed anew.
    const RELAPSE: Timeout = Timeout::from_secs(10);

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
            n_owing: AtomicUsize::new(0),
            returned: Notify::new(),
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

    /// Something is owed to a part of the store, which is to be delivered before anybody else is let in again; or no more.
    pub(crate) fn owe(&self, is_owed: bool) {
        if is_owed {
            self.n_owing.fetch_add(1, Ordering::SeqCst);
        } else if self.n_owing.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.admit();
        }
    }

    /// Is what is owed refused too? Then wait for what [`returned`](Self::returned) gave before this was asked.
    pub(crate) fn is_away(&self) -> bool {
        *self.state.lock() == State::Open
    }

    /// Ends when the store has been reached after this was called.
    pub(crate) fn returned(&self) -> Notified<'_> {
        self.returned.notified()
    }

    /// All was delivered that was owed when the store came back: callers are let in.
    pub(crate) fn admit(&self) {
        let now = self.clock.now();
        self.change(|state| state.delivered(now));
    }

    /// Nobody delivers for now.
    pub(crate) fn give_up_deliveries(&self) {
        self.change(State::give_up_deliveries);
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        let answer = change(&mut state);
        self.is_open.store(state.is_open(), Ordering::Release);
        self.is_shut.store(state.is_shut(), Ordering::Release);
        answer
    }

    fn let_in(&self, ask: impl FnOnce(&mut State, Moment) -> Pass) -> Result<Asked<'_>> {
        let now = self.clock.now();
        let pass = self.change(|state| ask(state, now));
        if pass == Pass::Not {
            return Err(self.refusal());
        }
        Ok(Asked { breaker: self, pass, since: now, is_told: false })
    }

    /// What callers are told while the store is not asked.
    pub(crate) fn refusal(&self) -> Error {
        let store = self.adapter.name();
        Error::unavailable(format!("{store} is not asked while it is down"), self.cause.lock().clone())
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

    /// It has opened just now.
    fn opened(&self, cause: String, now: Moment) {
        *self.cause.lock() = cause;
        self.supervise(now);
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
            breaker.change(|state| state.reached(breaker.n_owing.load(Ordering::SeqCst) > 0));
            breaker.returned.notify_waiters();
        }
    }
}

/// A call that was let pass. Dropped before it is told, it was given up.
struct Asked<'a> {
    breaker: &'a Breaker,
    pass: Pass,
    since: Moment,
    is_told: bool,
}

impl Asked<'_> {
    /// It has this answer.
    fn told<T>(self, answer: Result<T>) -> Result<T> {
        // Every other error is an answer.
        self.tell(answer.as_ref().err().filter(|error| error.kind() == ErrorKind::Unavailable));
        answer
    }

    fn tell(mut self, failure: Option<&Error>) {
        self.is_told = true;
        let now = self.breaker.clock.now();
        if self.breaker.change(|state| state.tell(self.pass, failure.is_some(), now)) {
            self.breaker.opened(failure.map(ToString::to_string).unwrap_or_default(), now);
        }
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.is_told {
            return;
        }
        // Before the change: it is an adapter's own code.
        let (store, now) = (self.breaker.adapter.name(), self.breaker.clock.now());
        if self.breaker.change(|state| state.give_up(self.pass, self.since, now)) {
            self.breaker.opened(format!("{store} did not answer while somebody waited"), now);
        }
    }
}

impl Layer for Breaker {
    async fn around<T: Send>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        // A sweep may take its time, and everybody waits for a probe. Nor is one that fails a verdict on the store: it may lack the
        // rights that only a walk needs, and is made again until it succeeds.
        if verb == Verb::Sweep {
            return if self.is_open() { Err(self.refusal()) } else { call.await };
        }
        let asked = self.let_in(State::ask)?;
        asked.told(call.await)
    }
}

impl Layer for Deliveries {
    async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let asked = self.0.let_in(State::ask_to_deliver)?;
        asked.told(call.await)
    }
}
