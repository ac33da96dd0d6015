//! Waiting for a flight to land, or for one's turn to compute.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::permit::Permit;
use super::queue::{Arrival, WaiterId};
use super::ring::Edges;
use super::state::Called;
use super::table::{Entered, Flights};
use super::{Caller, Changed, Flight};
use crate::near::Slot;

/// A place in a flight's queue. Dropped, it is left, and a turn to compute that came with it goes to the next.
#[must_use]
pub(crate) struct Waiting {
    flights: Arc<Flights>,
    flight: Arc<Flight>,
    caller: Caller,
    id: WaiterId,
    /// Drawn at the first poll, which is the first that happens inside the parents.
    edges: Option<Edges>,
}

/// How the wait ended.
pub(crate) enum Landing {
    /// With another's result.
    Landed(Arc<Slot>),
    /// With nothing: the call is to look again, under the number with which it came.
    Again(WaiterId),
    /// The caller's turn to compute has come.
    Lead(Permit),
    /// It would be waiting for itself: it computes, and stores nothing.
    Ring,
}

impl Flight {
    /// A permit at once if there is nobody the caller may wait for; and what the arrival leaves to do.
    pub(super) fn join(self: Arc<Self>, flights: &Arc<Flights>, arrival: Arrival) -> (Entered, Changed) {
        let now = self.clock.now();
        let Arrival { caller, id, knows_epochs } = arrival;
        let id = id.unwrap_or_else(|| flights.arrive());
        let mut waits = false;
        let changed = self.change(|state| waits = state.join(id, caller, knows_epochs, now));
        let flights = Arc::clone(flights);
        let entered = if waits {
            Entered::Wait(Waiting { flights, flight: self, caller, id, edges: None })
        } else {
            Entered::Lead(Permit::new(flights, self, caller))
        };
        (entered, changed)
    }
}

impl Future for Waiting {
    type Output = Landing;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Landing> {
        if self.edges.is_none() {
            let Some(edges) = Edges::draw(self.flight.id) else {
                return Poll::Ready(Landing::Ring);
            };
            self.edges = Some(edges);
        }
        // Cloned and dropped outside the lock: it is an executor's code.
        let mut waker = Some(context.waker().clone());
        let called = self.flight.state.lock().look(self.id, &mut waker);
        match called {
            None => Poll::Pending,
            Some(Called::Landed(slot)) => Poll::Ready(Landing::Landed(slot)),
            Some(Called::Again) => Poll::Ready(Landing::Again(self.id)),
            Some(Called::Lead { .. }) => Poll::Ready(Landing::Lead(Permit::new(
                Arc::clone(&self.flights),
                Arc::clone(&self.flight),
                self.caller,
            ))),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut left = (None, None);
        self.flight.change(|state| left = state.leave(self.id)).wake();
        let (called, _waker) = left;
        if let Some(Called::Lead { .. }) = called {
            drop(Permit::new(Arc::clone(&self.flights), Arc::clone(&self.flight), self.caller));
        }
    }
}
