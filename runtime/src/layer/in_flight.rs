//! How much may be in flight to one store at once. A burst of thousands of requests would have each wait for all those before it
//! on the one connection, until all are late and the store looks dead. Here they wait for a place instead, within the time that
//! they have: who gets none goes without the store, of which that says nothing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::breaker::Breaker;
use super::deadline::late;
use super::{Access, Layer, Verb};
use crate::clock::{Clock, Moment};
use crate::error::{Error, Result};
use crate::sync::{AtomicU64, Ordering};

/// The places of one store: reads and writes have each their own, as a store may be stuck with writes alone.
pub(super) struct Places {
    reads: Semaphore,
    writes: Semaphore,
    /// When somebody last had to wait, in milliseconds; 0 before that.
    crowded_ms: AtomicU64,
}

impl Places {
    pub(super) fn new(n_each: usize) -> Self {
        let places = || Semaphore::new(n_each.min(Semaphore::MAX_PERMITS));
        Self { reads: places(), writes: places(), crowded_ms: AtomicU64::new(0) }
    }

    /// Has anybody had to wait since?
    pub(super) fn are_crowded_since(&self, moment: Moment) -> bool {
        let crowded_ms = self.crowded_ms.load(Ordering::Relaxed);
        crowded_ms != 0 && crowded_ms >= moment.as_millis()
    }

    fn note_crowded(&self, now: Moment) {
        self.crowded_ms.fetch_max(now.as_millis().max(1), Ordering::Relaxed);
    }

    fn of(&self, access: Access) -> &Semaphore {
        match access {
            Access::Read => &self.reads,
            Access::Write => &self.writes,
        }
    }
}

/// Gives each call a place in front of a breaker, and no more time for both than it has.
pub(super) struct InFlight {
    breaker: Arc<Breaker>,
    store: &'static str,
    clock: Clock,
    limit: Duration,
}

impl InFlight {
    pub(super) fn new(breaker: Arc<Breaker>, store: &'static str, clock: Clock, limit: Duration) -> Self {
        Self { breaker, store, clock, limit }
    }

    async fn placed<T: Send>(&self, access: Access, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let places = &self.breaker.places;
        if let Ok(_place) = places.of(access).try_acquire() {
            return call.await;
        }
        let began = self.clock.now();
        places.note_crowded(began);
        let place = self.clock.within(self.limit.into(), places.of(access).acquire()).await;
        let now = self.clock.now();
        places.note_crowded(now);
        let Some(Ok(_place)) = place else {
            return Err(Error::unavailable(format!("too many requests to {} are in flight", self.store), Crowded));
        };
        let waited = Duration::from_millis(now.as_millis().saturating_sub(began.as_millis()));
        let left = self.limit.saturating_sub(waited);
        self.clock.within(left.into(), call).await.unwrap_or_else(|| Err(late(self.store, self.limit.into())))
    }
}

impl Layer for InFlight {
    async fn around<T: Send>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        if verb == Verb::Ordinary { self.placed(Access::Read, call).await } else { call.await }
    }

    async fn around_write<T: Send>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        if verb == Verb::Ordinary { self.placed(Access::Write, call).await } else { call.await }
    }
}

/// The cause of a request's not being made: no failure of the store.
#[derive(Debug)]
struct Crowded;

impl fmt::Display for Crowded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("none has ended in time to make room; `max_in_flight` is their number")
    }
}

impl std::error::Error for Crowded {}

/// Was a request not made, for want of a place?
pub(crate) fn is_crowded(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<Crowded>)
}
