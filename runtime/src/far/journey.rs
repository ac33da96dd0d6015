//! What one call spends on a far store: one budget of time for all its trips, so that a store that is slow three times in a
//! row does not cost three deadlines.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crate::adapter::{AnyAdapter, CacheAdapter};
use crate::clock::{Clock, Moment};
use crate::error::{Error, ErrorKind, Result};
use crate::io::{self, Trip};
use crate::layer::{Deadline, Guarded};

/// What a call of an annotated function may wait for its store, in all: one trip that is as late as can be, and some
/// quick ones. A little more than the limit on one trip, so that it is that one which ends a trip and tells the breaker.
const FUNCTION: Duration = Duration::from_millis(280);
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
    left: Duration,
    /// What the store itself may take for one trip.
    trip: Duration,
    /// The store has failed this call: it goes on without.
    has_failed: bool,
    /// The first error, for a function that wants to know.
    failure: Option<Error>,
}

impl Journey {
    /// What a helper may wait: its failure is seen.
    pub(super) const HELPER: Duration = Duration::from_millis(1_500);

    pub(super) fn new(adapter: &AnyAdapter, clock: &Clock, limit: Limit) -> Self {
        let (left, trip) = match limit {
            Limit::Function => (FUNCTION, Guarded::CALLS),
            Limit::Helper => (Self::HELPER, Guarded::HELPERS),
        };
        Self { adapter: adapter.clone(), clock: clock.clone(), left, trip, has_failed: false, failure: None }
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
        // The first trip, which is a hit's only one, ends by the store's own limit, and sets no second alarm.
        let answer = if self.left > self.trip {
            trip.await
        } else {
            Deadline::within(self.adapter.name(), &self.clock, self.left.into(), trip).await
        };
        self.spend_since(started);
        answer
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

    /// Remembers a failure of the store: a call asks it nothing more.
    pub(crate) fn fail(&mut self, error: Error) {
        // That one is about the entry. Any other is about the store, and it is not asked again.
        self.has_failed |= error.kind() != ErrorKind::TooLarge;
        self.failure.get_or_insert(error);
    }

    /// The first error of the store.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
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
