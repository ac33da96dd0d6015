//! The right to store what is being computed. It is taken before the computation begins, moves to who uses it, and may be
//! voided at any time: by a clear, a `set`, a `remove`.

use std::sync::Arc;

use super::ring::Inside;
use super::state::Called;
use super::table::{Berth, Flights};
use super::{Caller, Flight};
use crate::near::{Generation, NearKeyRef, Slot};

/// A leader's place in its flight. Dropped unused (a panic, a cancelled task), it goes to the next in the queue.
#[must_use]
pub(crate) struct Permit {
    flights: Arc<Flights>,
    flight: Arc<Flight>,
    caller: Caller,
    /// What is left to do on drop.
    open: bool,
}

impl Permit {
    pub(super) fn new(flights: Arc<Flights>, flight: Arc<Flight>, caller: Caller) -> Self {
        Self { flights, flight, caller, open: true }
    }

    /// Held while a part of the computation runs.
    pub(crate) fn inside(&self) -> Inside {
        Inside::of(self.flight.id)
    }

    /// The key that it is for.
    pub(crate) fn key(&self) -> NearKeyRef<'_> {
        self.flight.key.by_ref()
    }

    /// What a result stored with it belongs to.
    pub(crate) fn generation(&self) -> &Arc<Generation> {
        &self.flight.generation
    }

    /// The place of the permit's key.
    pub(crate) fn berth(&self) -> Berth<'_> {
        self.flights.berth(self.flight.key.by_ref())
    }

    /// Was nothing cleared since it was taken?
    pub(crate) fn is_good(&self) -> bool {
        self.berth().holds(&self.flight) && self.flight.generation.is_live()
    }

    /// Was nothing cleared since it was taken? Ends the flight: callers that come after find what is stored, or start anew.
    pub(crate) fn redeem(&self, berth: &mut Berth<'_>) -> bool {
        let good = berth.holds(&self.flight) && self.flight.generation.is_live();
        berth.detach(&self.flight);
        good
    }

    /// Hands the result to everybody who waits. Not while a berth is held: it wakes them.
    pub(crate) fn land(mut self, slot: &Arc<Slot>) {
        self.open = false;
        self.flight.change(|state| state.land(self.caller, slot, Called::Landed)).wake();
    }

    /// Hands them a result that a far store has refused.
    pub(crate) fn land_refused(mut self, slot: &Arc<Slot>) {
        self.open = false;
        self.flight.change(|state| state.land(self.caller, slot, Called::Refused)).wake();
    }

    /// Leaves without a result that could be handed on: each of those who wait computes for itself, some at a time.
    pub(crate) fn scatter(mut self) {
        self.step_down(true);
    }

    fn step_down(&mut self, failed: bool) {
        self.open = false;
        let mut berth = self.flights.berth(self.flight.key.by_ref());
        let changed = self.flight.change(|state| state.step_down(self.caller, failed));
        if changed.idle {
            berth.detach(&self.flight);
        }
        drop(berth);
        changed.wake();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.open {
            self.step_down(false);
        }
    }
}
