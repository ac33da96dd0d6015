//! One command under way, if anybody watches: its hooks, and what is known of its outcome so far.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use super::attached::{Attached, List};
use super::{Event, Observers, Outcome, Subject};
use crate::error::{Error, ErrorKind, Result};

/// A command that is watched, or one that nobody watches. Its `after` hooks run when it is dropped.
#[derive(Default)]
#[must_use]
pub(crate) struct Watch(Option<Box<Open>>);

struct Open {
    id: u64,
    subject: Subject,
    observers: List,
    started: Instant,
    outcome: Option<Outcome>,
    /// What the store failed with, which may become the caller's error.
    failure: Option<ErrorKind>,
}

impl Watch {
    /// Runs the `before` hooks, if there are any. What a hook tells a cache to do is not watched.
    #[cold]
    pub(crate) fn begin(observers: &Observers, subject: Subject) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let observers = observers.list();
        if observers.is_empty() || Hooking::is_under_way() {
            return Self(None);
        }
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut open = Box::new(Open { id, subject, observers, started: Instant::now(), outcome: None, failure: None });
        open.each(|attached, event| attached.observer.before(event));
        open.started = Instant::now();
        Self(Some(open))
    }

    /// What the command comes to, unless it comes to something else later.
    #[inline]
    pub(crate) fn note(&mut self, outcome: Outcome) {
        if let Some(open) = &mut self.0 {
            open.outcome = Some(outcome);
        }
    }

    /// The same, unless something was noted before.
    pub(crate) fn settle(&mut self, outcome: Outcome) {
        if let Some(open) = &mut self.0 {
            open.outcome.get_or_insert(outcome);
        }
    }

    /// The store has failed; it is not said yet whether the caller will.
    pub(crate) fn note_failure(&mut self, error: &Error) {
        if let Some(open) = &mut self.0 {
            open.failure = Some(error.kind());
        }
    }

    /// The caller gets the store's failure, if there was one.
    pub(crate) fn note_raised(&mut self) {
        if let Some(open) = &mut self.0 {
            open.outcome = open.failure.map(Outcome::Failed);
        }
    }

    /// An error that ends the command.
    pub(crate) fn check<T>(&mut self, answer: Result<T>) -> Result<T> {
        answer.inspect_err(|error| {
            self.note(match error.kind() {
                ErrorKind::NotFound => Outcome::Absent,
                kind => Outcome::Failed(kind),
            });
        })
    }

    /// The whole of a command that can fail.
    pub(crate) async fn over<T>(
        mut self,
        command: impl Future<Output = Result<T>>,
        outcome: impl FnOnce(&T) -> Outcome,
    ) -> Result<T> {
        let answer = self.check(command.await)?;
        self.note(outcome(&answer));
        Ok(answer)
    }
}

impl Open {
    fn each(&self, hook: impl Fn(&Attached, &Event<'_>)) {
        let event = Event::new(self.id, &self.subject);
        for attached in &*self.observers {
            let _hooking = Hooking::begin();
            if caught(|| hook(attached, &event)) {
                attached.n_panics.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        let outcome = self.outcome.unwrap_or_else(|| match thread::panicking() {
            true => Outcome::Panicked,
            false => Outcome::Cancelled,
        });
        self.each(|attached, event| attached.observer.after(event, outcome, took));
        // An observer that was taken off meanwhile ends here, by code of the user's.
        let observers = std::mem::take(&mut self.observers);
        caught(|| drop(observers));
    }
}

/// Did it panic?
fn caught(work: impl FnOnce()) -> bool {
    let Err(payload) = panic::catch_unwind(AssertUnwindSafe(work)) else { return false };
    // What it panicked with may panic when it is dropped, with something that may.
    if let Err(another) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(another);
    }
    true
}

thread_local! {
    static HOOKING: Cell<bool> = const { Cell::new(false) };
}

/// A hook runs on this thread.
struct Hooking {
    /// Another hook, in which this one runs.
    outer: bool,
}

impl Hooking {
    fn begin() -> Self {
        Self { outer: HOOKING.replace(true) }
    }

    fn is_under_way() -> bool {
        HOOKING.get()
    }
}

impl Drop for Hooking {
    fn drop(&mut self) {
        HOOKING.set(self.outer);
    }
}
