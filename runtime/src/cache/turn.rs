//! What a call that found no entry is to do: take what somebody else has computed, or compute. Nothing here depends on the
//! function's types, so that it is compiled once and not once per annotated function.

use std::sync::Arc;

use super::errand::Errand;
use super::generations::Group;
use super::{Cache, Lead};
use crate::flight::{Arrival, Caller, Entered, Landing, Permit};
use crate::key::KeyRef;
use crate::near::{Generation, Slot};
use crate::observer::Command;
use crate::site::Site;

/// One call.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) site: &'static Site,
    pub(crate) key: KeyRef<'a>,
    pub(crate) caller: Caller,
}

/// What a call is to do.
pub(crate) enum Turn {
    /// This is the result, stored meanwhile.
    Take(Arc<Slot>),
    /// This is the result, for which it waited.
    Share(Arc<Slot>),
    Compute(Lead),
}

/// What a second look finds, with the key's berth held.
enum Found {
    /// Somebody stored it meanwhile.
    Slot(Arc<Slot>),
    Flight(Entered),
}

impl Cache {
    /// Waits for the call's turn.
    // By reference, as an `async fn` holds twice what it is handed.
    pub(crate) async fn turn(&self, request: &Request<'_>, errand: &Errand) -> Turn {
        request.site.enlist();
        let mut arrival = Arrival { caller: request.caller, id: None, knows_epochs: errand.knows_epochs() };
        loop {
            let landing = match self.enter(*request, errand, arrival) {
                Found::Slot(slot) => return Turn::Take(slot),
                Found::Flight(Entered::Lead(permit)) => Landing::Lead(permit),
                Found::Flight(Entered::Wait(waiting)) => waiting.await,
                Found::Flight(Entered::Alone) => Landing::Ring,
            };
            return match landing {
                Landing::Lead(permit) => Turn::Compute(Lead::new(self.clone(), Some(permit))),
                Landing::Ring => Turn::Compute(Lead::new(self.clone(), None)),
                Landing::Landed(slot) => Turn::Share(slot),
                // At most once more: whatever flight there is now began after this call, and has a result for it.
                Landing::Again(id) => {
                    arrival.id = Some(id);
                    continue;
                }
            };
        }
    }

    /// A turn to compute in place of whoever computes now, whose result is stored no more. Callers that come meanwhile are
    /// served the old entry, or wait for this computation if there is none.
    pub(crate) fn start(self, request: Request<'_>) -> Lead {
        let watch = self.watch(Command::Refresh, request.site, [request.key]);
        let errand = Errand::of_refresh(&self, request);
        let permit = self.permit(request, &errand);
        Lead::new(self, permit).with(errand).watched(watch)
    }

    /// `None` where nothing is kept: there is nothing to share either.
    fn permit(&self, request: Request<'_>, errand: &Errand) -> Option<Permit> {
        self.core.near.as_ref()?;
        let generation = self.generation_of(request, errand);
        let mut berth = self.core.flights.berth(self.near_key(request.key));
        Some(berth.start(&self.core.flights, generation, request.site.facts.wait, request.caller))
    }

    /// The generation is read before the berth is taken, so that the two locks are never held together; a clear in between
    /// leaves a permit that is void.
    fn enter(&self, request: Request<'_>, errand: &Errand, arrival: Arrival) -> Found {
        if self.core.near.is_none() {
            return Found::Flight(Entered::Alone);
        }
        let generation = self.generation_of(request, errand);
        let berth = self.core.flights.berth(self.near_key(request.key));
        // Kept until the berth is left, so that no value is dropped under its lock.
        let found = self.find(request.key);
        match found {
            Some(slot) if self.is_live(&slot) => {
                drop(berth);
                Found::Slot(slot)
            }
            _ => {
                let wait = request.site.facts.wait;
                Found::Flight(berth.enter(&self.core.flights, generation, wait, arrival))
            }
        }
    }

    /// The generation of what is computed for a call from now on: that of its epochs, where it goes to a far store.
    fn generation_of(&self, request: Request<'_>, errand: &Errand) -> Arc<Generation> {
        let of_epochs = errand.generation().or_else(|| self.far_generation(request));
        of_epochs.unwrap_or_else(|| self.generation(request.site))
    }

    pub(super) fn generation(&self, site: &'static Site) -> Arc<Generation> {
        self.core.generations.current(Group { namespace: self.namespace.id, template: site.facts.template })
    }
}
