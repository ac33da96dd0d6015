//! What one call spends on a far store: one budget of time for all its trips, so that a store that is slow three times in a
//! row does not cost three deadlines.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::adapter::{AnyAdapter, CacheAdapter};
use crate::clock::{Clock, Moment};
use crate::error::{Error, ErrorKind, Result};
use crate::io::{self, Trip};
use crate::layer::{Breaker, Deadline, Limits, is_crowded, is_late};

/// Whose journey it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    Function,
    Helper,
}

/// One call's trips.
pub(crate) struct Journey {
    adapter: AnyAdapter,
    clock: Clock,
    budget: Duration,
    left: Duration,
    /// What the store itself may take for one trip.
    trip: Duration,
    /// Learns whether the call has kept to its budget. `None` for a helper.
    breaker: Option<Arc<Breaker>>,
    began: Moment,
    /// A trip is under way, or was given up.
    is_away: bool,
    /// The store has failed this call: it goes on without.
    has_failed: bool,
    /// It goes on without a store that is well, for want of a place.
    is_crowded_out: bool,
    /// The first error, for a function that wants to know.
    failure: Option<Error>,
}

impl Journey {
    pub(super) fn new(adapter: &AnyAdapter, clock: &Clock, limit: Limit, limits: &Limits) -> Self {
        let (budget, trip) = match limit {
            Limit::Function => (limits.budget, limits.request),
            Limit::Helper => (limits.helper_budget, limits.helper_request),
        };
        Self {
            adapter: adapter.clone(),
            clock: clock.clone(),
            budget,
            left: budget,
            trip,
            breaker: None,
            began: clock.now(),
            is_away: false,
            has_failed: false,
            is_crowded_out: false,
            failure: None,
        }
    }

    /// The same, where the breaker of its store learns how it goes.
    pub(super) fn watched_by(mut self, breaker: &Arc<Breaker>) -> Self {
        self.breaker = Some(Arc::clone(breaker));
        self
    }

    /// The same, with no more time than that.
    pub(super) fn within(mut self, limit: Duration) -> Self {
        self.left = self.left.min(limit);
        self
    }

    /// The store, with the limits of this journey.
    pub(super) fn adapter(&self) -> AnyAdapter {
        self.adapter.clone()
    }

    /// One trip, within what is left.
    pub(crate) fn trip<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> impl Future<Output = Result<T>> {
        // In its box before it stands in a future of ours, which would hold it a second time.
        self.go(io::trip(work))
    }

    async fn go<T: Send + 'static>(&mut self, trip: Trip<T>) -> Result<T> {
        let started = self.clock.now();
        self.is_away = true;
        // The first trip, which is a hit's only one, ends by the store's own limit, and sets no second alarm.
        let answer = if self.left > self.trip {
            trip.await
        } else {
            let left = self.left.into();
            let answer = self.clock.within(left, trip).await;
            answer.unwrap_or_else(|| Err(Deadline::late(self.adapter.name(), left)))
        };
        if let Some(error) = answer.as_ref().err() {
            self.learn_why(error);
        }
        self.is_away = false;
        self.spend_since(started);
        answer
    }

    /// Of a trip that was late: were too many in flight at once, or is the store slow? It is where the trips before took as much.
    fn learn_why(&mut self, error: &Error) {
        let Some(breaker) = self.breaker.as_ref().filter(|_| is_late(error)) else { return };
        if breaker.was_crowded(self.began) {
            self.is_crowded_out = true;
        } else if self.left * 2 <= self.budget {
            breaker.over_budget();
        }
    }

    /// What comes of waiting for others of this process, within what is left.
    pub(super) async fn wait<T>(&mut self, others: impl Future<Output = T>) -> Option<T> {
        let started = self.clock.now();
        let answer = self.clock.within(self.left.into(), others).await;
        self.spend_since(started);
        answer
    }

    fn spend_since(&mut self, started: Moment) {
        let took = self.clock.now().as_millis().saturating_sub(started.as_millis());
        self.left = self.left.saturating_sub(Duration::from_millis(took));
    }

    /// Has the store failed this call?
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Has the call no time left for its store?
    pub(crate) fn is_spent(&self) -> bool {
        self.left.is_zero()
    }

    /// Does it ask the store nothing more, as that has failed or has no place for it?
    pub(crate) fn is_over(&self) -> bool {
        self.has_failed || self.is_crowded_out
    }

    /// Remembers a failure of the store: a call asks it nothing more.
    pub(crate) fn fail(&mut self, error: Error) {
        if self.is_crowded_out || is_crowded(&error) {
            self.is_crowded_out = true;
            return;
        }
        // That one is about the entry. Any other is about the store, and it is not asked again.
        self.has_failed |= error.kind() != ErrorKind::TooLarge;
        self.failure.get_or_insert(error);
    }

    /// The first error of the store.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }
}

/// One that has come to its end within its budget.
impl Drop for Journey {
    fn drop(&mut self) {
        let Some(breaker) = self.breaker.as_ref() else { return };
        if !self.is_away && !self.is_over() && self.left < self.budget {
            breaker.within_budget();
        }
    }
}

/// Both at once. Where one fails the other is awaited all the same: it may be the probe that finds the store well again.
pub(super) async fn both<A, B>(
    first: impl Future<Output = Result<A>>,
    second: impl Future<Output = Result<B>>,
) -> Result<(A, B)> {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut a, mut b) = (None, None);
    let answers = std::future::poll_fn(move |context| {
        if a.is_none()
            && let Poll::Ready(answer) = first.as_mut().poll(context)
        {
            a = Some(answer);
        }
        if b.is_none()
            && let Poll::Ready(answer) = second.as_mut().poll(context)
        {
            b = Some(answer);
        }
        match (a.take(), b.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            (first, second) => {
                (a, b) = (first, second);
                Poll::Pending
            }
        }
    });
    let (first, second) = answers.await;
    Ok((first?, second?))
}
