//! A layer around a real store that counts what the store has answered, holds requests or their answers back, and fails them.
//!
//! A layer is not told which verb it stands around; the type of the answer says enough.

use std::any::type_name;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use larder::layer::{Layer, Verb};
use larder::{Error, ErrorKind, Result};
use tokio::sync::Semaphore;

use crate::moody::When;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asked {
    /// What stands under a key.
    Entry,
    /// The right to fill a key, and a second look.
    Lease,
    /// To store a result, or to give a lease back: what verifies a lease.
    Verdict,
    Removal,
    /// Epochs, to be read or bumped.
    Epochs,
    Other,
}

impl Asked {
    fn by_answer<T>(verb: Verb) -> Self {
        let answer = type_name::<T>();
        match verb {
            Verb::Ordinary if answer.contains("Permitted") => Self::Lease,
            Verb::Ordinary if answer.contains("Fetched") => Self::Entry,
            Verb::Ordinary if answer.contains("Head") => Self::Removal,
            Verb::Ordinary if answer.ends_with("u64") || answer.ends_with("u64>") => Self::Epochs,
            Verb::Ordinary if answer == "bool" => Self::Verdict,
            _ => Self::Other,
        }
    }
}

#[derive(Default)]
pub(crate) struct Relay(Mutex<State>);

#[derive(Default)]
struct State {
    held: HashMap<(When, Asked), Arc<Semaphore>>,
    failing: HashMap<Asked, ErrorKind>,
    n_sent: HashMap<Asked, usize>,
    n_answered: HashMap<Asked, usize>,
}

impl Relay {
    /// Holds such requests back before they are sent, or after the store has answered, until the semaphore lets them pass;
    /// closed, it lets pass all.
    pub(crate) fn hold(&self, when: When, asked: Asked) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.0.lock().unwrap().held.insert((when, asked), Arc::clone(&gate));
        gate
    }

    /// Fails such requests from now on; the store is not asked.
    pub(crate) fn fail(&self, asked: Asked, kind: ErrorKind) {
        self.0.lock().unwrap().failing.insert(asked, kind);
    }

    pub(crate) fn fail_nothing(&self) {
        self.0.lock().unwrap().failing.clear();
    }

    /// How many the store has answered, those among them whose answer is held back.
    pub(crate) fn n_answered(&self, asked: Asked) -> usize {
        self.0.lock().unwrap().n_answered.get(&asked).copied().unwrap_or(0)
    }

    /// How many were to be sent, those among them that are held back.
    pub(crate) fn n_sent(&self, asked: Asked) -> usize {
        self.0.lock().unwrap().n_sent.get(&asked).copied().unwrap_or(0)
    }

    fn gate(&self, when: When, asked: Asked) -> Option<Arc<Semaphore>> {
        self.0.lock().unwrap().held.get(&(when, asked)).cloned()
    }
}

impl Layer for Relay {
    async fn around<T: Send>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let asked = Asked::by_answer::<T>(verb);
        *self.0.lock().unwrap().n_sent.entry(asked).or_default() += 1;
        pass(self.gate(When::Before, asked)).await;
        if let Some(kind) = self.0.lock().unwrap().failing.get(&asked) {
            return Err(Error::with_kind(*kind, "the test fails it"));
        }
        let answer = call.await;
        *self.0.lock().unwrap().n_answered.entry(asked).or_default() += 1;
        pass(self.gate(When::After, asked)).await;
        answer
    }
}

async fn pass(gate: Option<Arc<Semaphore>>) {
    if let Some(gate) = gate {
        let _ = gate.acquire().await.map(|permit| permit.forget());
    }
}

/// Lets tasks and threads go on until it is so, and no longer than twenty seconds: then `what` is wrong.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
