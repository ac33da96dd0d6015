//! A limit on how long a store may take to answer. By timers of our own, which run on a thread that does nothing else: it
//! holds where the thread of the sockets is stuck, and on time that a test moves.

use std::fmt;
use std::time::Duration;

use super::{Layer, Verb};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::timeout::Timeout;

/// Limits, by the kind of call. A sweep has none: it goes on behind the callers.
pub(crate) struct Deadline {
    /// Who did not answer, in the error.
    store: &'static str,
    clock: Clock,
    ordinary: Timeout,
    /// To connect, to close and to flush.
    slow: Timeout,
}

impl Deadline {
    const ORDINARY: Duration = Duration::from_millis(250);
    const SLOW: Duration = Duration::from_secs(2);

    /// For a store of this name; the limits that it has when nothing else is said.
    pub(crate) fn new(store: &'static str, clock: Clock) -> Self {
        Self { store, clock, ordinary: Self::ORDINARY.into(), slow: Self::SLOW.into() }
    }

    /// Another limit for ordinary calls; the slow ones get no less.
    pub(crate) fn with_ordinary(mut self, limit: Duration) -> Self {
        self.ordinary = limit.into();
        self.slow = self.slow.max(self.ordinary);
        self
    }

    /// What `call` comes to, or that `store` did not answer in time. The limit counts from when the call is first pending.
    pub(crate) async fn within<T>(
        store: &str,
        clock: &Clock,
        limit: Timeout,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        clock.within(limit, call).await.unwrap_or_else(|| Err(late(store, limit)))
    }

    /// That `store` did not answer in time.
    pub(crate) fn late(store: &str, limit: Timeout) -> Error {
        late(store, limit)
    }

    fn limit(&self, verb: Verb) -> Timeout {
        match verb {
            Verb::Ordinary => self.ordinary,
            Verb::Connect | Verb::Close | Verb::Flush => self.slow,
            Verb::Sweep => Timeout::NEVER,
        }
    }
}

pub(super) fn late(store: &str, limit: Timeout) -> Error {
    let millis = limit.as_millis();
    Error::unavailable(format!("{store} did not answer within {millis} ms"), Late)
}

/// The cause of a request's end, where it is its limit.
#[derive(Debug)]
struct Late;

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its timeout has passed")
    }
}

impl std::error::Error for Late {}

/// Has a request ended by its limit?
pub(crate) fn is_late(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<Late>)
}

impl Layer for Deadline {
    fn around<T: Send>(
        &self,
        verb: Verb,
        call: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send {
        Self::within(self.store, &self.clock, self.limit(verb), call)
    }
}
