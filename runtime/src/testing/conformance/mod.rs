//! What every adapter must do, as checks that run on any: one list, so that a rule that is added holds for all of them.

mod connections;
mod counters;
mod crowds;
mod epochs;
mod expect;
mod face;
mod full;
mod heads;
mod keys;
mod permits;
mod reads;
mod releases;
mod removals;
mod store;
mod sweeps;
mod timeouts;
mod touches;
mod values;
mod writes;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use self::expect::{Outcome, Why};
use self::face::Face;
use self::store::{Store, Time};
use super::ManualClock;
use crate::adapter::{AnyAdapter, CacheAdapter};
use crate::clock::Clock;
use crate::park;
use crate::timeout::Timeout;

/// An adapter that is to be checked, and how.
///
/// Each check works in a namespace of its own, so a store that others use, too, may be checked.
///
/// # Examples
/// ```
/// use larder::testing::{ManualClock, MemoryAdapter, conformance};
///
/// let clock = ManualClock::new();
/// let adapter = MemoryAdapter::new().with_clock(clock.clock());
/// conformance::run_blocking(&conformance::Subject::new("memory", adapter).with_clock(&clock).with_flush());
/// ```
#[derive(Clone)]
pub struct Subject {
    name: String,
    adapter: AnyAdapter,
    peer: Option<AnyAdapter>,
    time: Time,
    may_flush: bool,
    fill_up: Option<FillUp>,
}

/// Makes the store full for everything, or has room in it again.
type FillUp = Arc<dyn Fn(bool) + Send + Sync>;

impl Subject {
    /// An adapter under a name for reports. Where a check must wait for a timeout, it sleeps: 20 s in all, longer where
    /// timeouts have whole seconds.
    pub fn new(name: impl Into<String>, adapter: impl CacheAdapter) -> Self {
        let time = Time::of(adapter.capability().timeout_step);
        Self { name: name.into(), adapter: AnyAdapter::new(adapter), peer: None, time, may_flush: false, fill_up: None }
    }

    /// The store's time is this clock's: checks move it, and none sleeps.
    pub fn with_clock(self, clock: &ManualClock) -> Self {
        let clock = clock.clone();
        self.with_time(move |duration| clock.advance(duration))
    }

    /// The store's time is moved by `pass`: checks call it, and none sleeps.
    pub fn with_time(mut self, pass: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.time.pass = Some(Arc::new(pass));
        self
    }

    /// A second adapter to the same store, as another process has one: what must be seen by others is looked at there.
    pub fn with_peer(mut self, peer: impl CacheAdapter) -> Self {
        self.peer = Some(AnyAdapter::new(peer));
        self
    }

    /// The store is nobody else's, not even another test's: `flush` is checked too.
    pub fn with_flush(self) -> Self {
        Self { may_flush: true, ..self }
    }

    /// `fill_up(true)` makes the store full for everything, removals and epochs included, and `fill_up(false)` has room in it again:
    /// what is told then is checked too. Meanwhile no other check runs.
    pub fn with_full(self, fill_up: impl Fn(bool) + Send + Sync + 'static) -> Self {
        Self { fill_up: Some(Arc::new(fill_up)), ..self }
    }

    fn store(&self, check: &Check, face: Face) -> Store {
        let peer = self.peer.as_ref().unwrap_or(&self.adapter);
        let mut store = Store::new(self.adapter.clone(), peer.clone(), check.name, face, self.time.clone());
        store.fill_up.clone_from(&self.fill_up);
        store
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({}, {:?})", self.name, self.adapter)
    }
}

/// A check that did not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its name, which is its promise.
    pub check: &'static str,
    /// What was seen in its stead, and where.
    pub why: String,
}

/// Runs all checks, each as tasks of the runtime that this is awaited in.
///
/// # Panics
/// With the list of all checks that fail; or outside of a tokio runtime.
pub async fn run(subject: &Subject) {
    report(subject, "tasks", &failures(subject).await);
}

/// Runs all checks, each on threads that have no runtime.
///
/// # Panics
/// With the list of all checks that fail.
pub fn run_blocking(subject: &Subject) {
    report(subject, "threads", &park::block_on(failures_on(subject, Face::Threads)));
}

/// Runs all checks, as [`run`] does, and hands out those that fail.
///
/// # Panics
/// Outside of a tokio runtime.
pub async fn failures(subject: &Subject) -> Vec<Failure> {
    failures_on(subject, Face::Tasks).await
}

async fn failures_on(subject: &Subject, face: Face) -> Vec<Failure> {
    let mut failures = Vec::new();
    let start = |check: &'static Check| {
        let outcome = face.spawn((check.run)(subject.store(check, face)));
        async move {
            let outcome = Clock::default().within(LONGEST, outcome).await;
            let why = outcome.unwrap_or_else(|| Err(Why::new("it has not ended in a minute"))).err()?.to_string();
            Some(Failure { check: check.name, why })
        }
    };
    let chosen = |kind| every_check().filter(move |check| check.kind == kind);
    for check in chosen(Kind::Ordinary) {
        failures.extend(start(check).await);
    }
    // Those that sleep do so together; where time is moved by hand, each moves it for itself.
    let mut asleep = Vec::new();
    for check in chosen(Kind::Waits) {
        asleep.push(start(check));
        if subject.time.pass.is_some() {
            failures.extend(asleep.remove(0).await);
        }
    }
    for check in asleep {
        failures.extend(check.await);
    }
    for check in chosen(Kind::Fills).filter(|_| subject.fill_up.is_some()) {
        failures.extend(start(check).await);
    }
    for check in chosen(Kind::Flushes).filter(|_| subject.may_flush) {
        failures.extend(start(check).await);
    }
    failures
}

fn report(subject: &Subject, face: &str, failures: &[Failure]) {
    let lines: Vec<_> = failures.iter().map(|Failure { check, why }| format!("  {check}: {why}")).collect();
    let (name, n_failed, n_checks) = (&subject.name, failures.len(), every_check().count());
    assert!(failures.is_empty(), "{name}, on {face}: {n_failed} of {n_checks} checks fail:\n{}", lines.join("\n"));
}

/// The names of all checks.
pub fn names() -> impl Iterator<Item = &'static str> {
    every_check().map(|check| check.name)
}

/// A check that takes longer hangs.
const LONGEST: Timeout = Timeout::from_secs(60);

/// One promise.
struct Check {
    name: &'static str,
    kind: Kind,
    run: fn(Store) -> Pin<Box<dyn Future<Output = Outcome> + Send>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ordinary,
    /// It lets time pass.
    Waits,
    /// It makes the store full.
    Fills,
    /// It wipes the store.
    Flushes,
}

/// The list of a file's checks.
macro_rules! checks {
    ($($kind:ident: $($name:ident)*;)*) => {
        pub(super) const CHECKS: &[super::Check] = &[$($(super::Check {
            name: stringify!($name),
            kind: super::Kind::$kind,
            run: |store| Box::pin($name(store)),
        },)*)*];
    };
}
use checks;

fn every_check() -> impl Iterator<Item = &'static Check> {
    let files = [
        reads::CHECKS,
        writes::CHECKS,
        removals::CHECKS,
        heads::CHECKS,
        touches::CHECKS,
        counters::CHECKS,
        permits::CHECKS,
        releases::CHECKS,
        epochs::CHECKS,
        full::CHECKS,
        sweeps::CHECKS,
        timeouts::CHECKS,
        keys::CHECKS,
        values::CHECKS,
        connections::CHECKS,
        crowds::CHECKS,
    ];
    files.into_iter().flatten()
}
