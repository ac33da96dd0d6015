//! Stops asking a store that does not answer, and brings it back. While it is open, callers learn so at once and the store
//! is left alone but for one task, which connects to it anew until that works. Then the next call is a probe; unless something
//! is owed to the store (what was cleared while it was down), which then is delivered before anybody else is let in.
//!
//! Writes that fail while reads are answered are given up by themselves, and tried behind the callers. A store that answers, but
//! later than calls can wait, is tried for as long as it takes until a call's requests fit into the call's time budget.

mod lines;
mod recovery;
mod state;
mod trial;

use std::sync::{Arc, Weak};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

pub(crate) use self::lines::Access;
use self::lines::{Admission, Lines, Opened};
pub(crate) use self::state::{Ended, Threshold};
#[cfg(feature = "redis")]
pub(crate) use self::state::{Lately, Pass, State, UNANSWERED};
use super::in_flight::Places;
use super::limits::Limits;
use super::{Layer, Verb, is_late};
use crate::adapter::{AnyAdapter, CacheAdapter, StoreKey};
use crate::clock::{Clock, Moment};
use crate::error::{Error, ErrorKind, Result};
use crate::sync::{AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering};

/// Says whether failures are counted elsewhere for now: those of the nodes of a cluster, where a shard lies on several.
pub(crate) type CountedElsewhere = Arc<dyn Fn() -> bool + Send + Sync>;

/// What a breaker is made for.
pub(crate) struct Subject {
    pub(crate) adapter: AnyAdapter,
    /// A key of the store at which nothing stands, to try it with.
    pub(crate) probe: StoreKey,
    pub(crate) counted_elsewhere: Option<CountedElsewhere>,
    /// That the store is too slow was told. Shared by the parts of one store.
    pub(crate) is_told: Arc<AtomicBool>,
}

impl Subject {
    /// A store that is asked for keys of `namespace`.
    pub(crate) fn new(adapter: AnyAdapter, namespace: &str) -> Self {
        Self { adapter, probe: Self::probe(namespace, 0), counted_elsewhere: None, is_told: Arc::default() }
    }

    /// One of the keys at which nothing stands. It is in the cache's own namespace, as its user may have no right to others.
    pub(crate) fn probe(namespace: &str, number: u32) -> StoreKey {
        StoreKey::new(if namespace.is_empty() { "larder-probe" } else { namespace }, format!("larder-probe:{number}"))
    }
}

/// A breaker around one store.
pub(crate) struct Breaker {
    subject: Subject,
    clock: Clock,
    limits: Limits,
    lines: Mutex<Lines>,
    /// What the lines say, for who only asks.
    is_open: AtomicBool,
    /// What it was last opened by: what callers are told while the store is not asked.
    cause: Mutex<String>,
    /// Whether they say that nothing passes, for who would rather not ask; and whether no write does.
    is_down: AtomicBool,
    is_shut: AtomicBool,
    /// Some calls have run out of their time budget lately.
    has_calls_over_budget: AtomicBool,
    /// When the store last answered, in milliseconds.
    answered_ms: AtomicU64,
    /// How often it has opened again soon after a connection: a store that connects and then fails is tried less and less.
    n_relapses: AtomicU64,
    /// When a store that had been given up was last connected to, in milliseconds; 0 before that.
    reached_ms: AtomicU64,
    /// How many parts of the store something is owed to. While there are any, it is that which probes the store, and goes
    /// before all calls.
    n_owing: AtomicUsize,
    /// Tells who delivers that the store was reached.
    returned: Notify,
    pub(super) places: Places,
    own: Weak<Self>,
}

/// A breaker for what is owed to its store.
pub(super) struct Deliveries(pub(super) Arc<Breaker>);

impl Breaker {
    /// A closed one. When it opens, `adapter` is closed and connected anew by a task on `io`, which ends with the breaker.
    #[cfg(test)]
    pub(crate) fn new(adapter: AnyAdapter, clock: Clock) -> Arc<Self> {
        Self::over(Subject::new(adapter, "test"), clock, Limits::default())
    }

    /// The same with other limits.
    pub(crate) fn over(subject: Subject, clock: Clock, limits: Limits) -> Arc<Self> {
        let most = Threshold { failures: limits.failures, window: limits.window };
        Arc::new_cyclic(|own| Self {
            subject,
            clock,
            limits,
            lines: Mutex::new(Lines::new(most)),
            is_open: AtomicBool::new(false),
            cause: Mutex::default(),
            is_down: AtomicBool::new(false),
            is_shut: AtomicBool::new(false),
            has_calls_over_budget: AtomicBool::new(false),
            answered_ms: AtomicU64::new(0),
            n_relapses: AtomicU64::new(0),
            reached_ms: AtomicU64::new(0),
            n_owing: AtomicUsize::new(0),
            returned: Notify::new(),
            places: Places::new(limits.in_flight),
            own: own.clone(),
        })
    }

    fn name(&self) -> &'static str {
        self.subject.adapter.name()
    }

    /// Is the store given up for now?
    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Is a call of now refused? Then whoever can do without need not ask.
    pub(crate) fn is_down(&self) -> bool {
        self.is_down.load(Ordering::Acquire)
    }

    /// Is a write of now refused?
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

    fn is_owed(&self) -> bool {
        self.n_owing.load(Ordering::SeqCst) > 0
    }

    /// Is what is owed refused too? Then wait for what [`returned`](Self::returned) gave before this was asked.
    pub(crate) fn is_away(&self) -> bool {
        self.lines.lock().is_away()
    }

    /// Ends when the store has been reached after this was called.
    pub(crate) fn returned(&self) -> Notified<'_> {
        self.returned.notified()
    }

    /// All was delivered that was owed when the store came back: callers are let in.
    pub(crate) fn admit(&self) {
        let now = self.clock.now();
        self.change(|lines| lines.delivered(now));
    }

    /// Nobody delivers for now.
    pub(crate) fn give_up_deliveries(&self) {
        self.change(Lines::give_up_deliveries);
    }

    /// A call has run out of its time budget, by many requests of which none alone was late.
    pub(crate) fn over_budget(&self) {
        let is_to_be_tried = self.change(Lines::over_budget);
        self.has_calls_over_budget.store(true, Ordering::Relaxed);
        if is_to_be_tried {
            self.try_whether_too_slow();
        }
    }

    /// A call has kept to its budget.
    pub(crate) fn within_budget(&self) {
        if !self.has_calls_over_budget.load(Ordering::Relaxed) {
            return;
        }
        let has_any = self.change(|lines| {
            lines.within_budget();
            lines.has_calls_over_budget()
        });
        self.has_calls_over_budget.store(has_any, Ordering::Relaxed);
    }

    /// Has a call that began then been late because too many were in flight at once? So it was if others have had to wait for a
    /// place since, and the store has answered meanwhile.
    pub(crate) fn was_crowded(&self, began: Moment) -> bool {
        self.places.are_crowded_since(began) && self.answered_ms.load(Ordering::Relaxed) > began.as_millis()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Lines) -> T) -> T {
        let mut lines = self.lines.lock();
        let answer = change(&mut lines);
        self.is_open.store(lines.store.is_open(), Ordering::Release);
        self.is_down.store(lines.store.is_shut(), Ordering::Release);
        self.is_shut.store(lines.takes_no_writes(), Ordering::Release);
        answer
    }

    fn ask(&self, access: Access) -> Result<Asked<'_>> {
        self.let_in(|lines, now| lines.ask(access, now))
    }

    fn let_in(&self, ask: impl FnOnce(&mut Lines, Moment) -> Option<Admission>) -> Result<Asked<'_>> {
        let now = self.clock.now();
        let admission = self.change(|lines| ask(lines, now));
        let admission = admission.ok_or_else(|| self.refusal())?;
        Ok(Asked { breaker: self, admission, since: now, is_told: false })
    }

    /// What callers are told while the store is not asked.
    pub(crate) fn refusal(&self) -> Error {
        let (store, cause) = (self.name(), self.cause.lock().clone());
        let what = if self.is_open() { "is not asked while it is down" } else { "is not written to while that fails" };
        Error::unavailable(format!("{store} {what}"), cause)
    }

    /// It has opened just now. `is_late`: as the store did not answer in time.
    fn opened(&self, opened: Opened, cause: String, is_late: bool, now: Moment) {
        *self.cause.lock() = cause;
        match opened {
            Opened::Store => self.supervise(now, is_late),
            Opened::Writes => self.supervise_writes(),
        }
    }

    /// Are failures of the store's counted elsewhere?
    fn counts_elsewhere(&self) -> bool {
        self.subject.counted_elsewhere.as_ref().is_some_and(|is_so| is_so())
    }
}

/// A call that was let pass. Dropped before it is told, it was given up.
struct Asked<'a> {
    breaker: &'a Breaker,
    admission: Admission,
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
        if self.is_free() && failure.is_some() && self.breaker.counts_elsewhere() {
            return;
        }
        let now = self.breaker.clock.now();
        if failure.is_none() {
            self.breaker.answered_ms.store(now.as_millis(), Ordering::Relaxed);
        }
        let ended = match failure {
            None => Ended::Answered,
            Some(error) if is_late(error) => Ended::Late,
            Some(_) => Ended::Failed,
        };
        let opened = self.breaker.change(|lines| lines.tell(self.admission, ended, self.since, now));
        if let Some(opened) = opened {
            let cause = failure.map(ToString::to_string).unwrap_or_default();
            // What is owed has time enough also for a store that calls have none for.
            let is_late = ended == Ended::Late && !self.admission.is_delivery();
            self.breaker.opened(opened, cause, is_late, now);
        }
    }

    /// Is it neither a probe nor a delivery?
    fn is_free(&self) -> bool {
        self.admission.is_free()
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.is_told || self.is_free() && self.breaker.counts_elsewhere() {
            return;
        }
        // Before the change: it is an adapter's own code.
        let (store, now) = (self.breaker.name(), self.breaker.clock.now());
        if let Some(opened) = self.breaker.change(|lines| lines.give_up(self.admission, self.since, now)) {
            let is_late = !self.admission.is_delivery();
            self.breaker.opened(opened, format!("{store} did not answer while somebody waited"), is_late, now);
        }
    }
}

impl Layer for Breaker {
    async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let asked = self.ask(Access::Read)?;
        asked.told(call.await)
    }

    async fn around_write<T: Send>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        // A sweep may take its time, and everybody waits for a probe. Nor is one that fails a verdict on the store: it may lack the
        // rights that only a walk needs, and is made again until it succeeds.
        if verb == Verb::Sweep {
            return if self.is_open() { Err(self.refusal()) } else { call.await };
        }
        let asked = self.ask(Access::Write)?;
        asked.told(call.await)
    }
}

impl Layer for Deliveries {
    async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let asked = self.0.let_in(|lines, now| lines.ask_to_deliver(Access::Read, now))?;
        asked.told(call.await)
    }

    async fn around_write<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let asked = self.0.let_in(|lines, now| lines.ask_to_deliver(Access::Write, now))?;
        asked.told(call.await)
    }
}
