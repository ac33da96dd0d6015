//! What a call that found no entry is to do: take what somebody else has computed, or compute. Nothing here depends on the
//! function's types, so that it is compiled once and not once per annotated function.

use std::sync::Arc;

use super::errand::Errand;
use super::generations::Group;
use super::{Cache, Lead};
use crate::flight::{Caller, Entered, Landing, Permit};
use crate::key::KeyRef;
use crate::near::{Generation, Slot};
use crate::observer::Command;
use crate::site::Site;

/// After so many results that a far store has refused, a call that waits for the next one takes what comes: where a key is
/// cleared all the time, it must not wait for ever.
const MOST_REFUSED: usize = 2;

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
    pub(crate) async fn turn(&self, request: &Request<'_>) -> Turn {
        request.site.enlist();
        let mut n_refused = 0;
        loop {
            let landing = match self.enter(*request) {
                Found::Slot(slot) => return Turn::Take(slot),
                Found::Flight(Entered::Lead(permit)) => Landing::Lead(permit),
                Found::Flight(Entered::Wait(waiting)) => waiting.await,
                Found::Flight(Entered::Alone) => Landing::Ring,
            };
            return match landing {
                Landing::Lead(permit) => Turn::Compute(Lead::new(self.clone(), Some(permit))),
                Landing::Ring => Turn::Compute(Lead::new(self.clone(), None)),
                Landing::Landed(slot) => Turn::Share(slot),
                // Another process may have cleared the key before this call came.
                Landing::Refused(_) if n_refused < MOST_REFUSED => {
                    n_refused += 1;
                    continue;
                }
                Landing::Refused(slot) => Turn::Share(slot),
            };
        }
    }

    /// A turn to compute in place of whoever computes now, whose result is stored no more. Callers that come meanwhile are
    /// served the old entry, or wait for this computation if there is none.
    pub(crate) fn start(self, request: Request<'_>) -> Lead {
        let watch = self.watch(Command::Refresh, request.site, [request.key]);
        let permit = self.permit(request);
        let errand = if permit.is_some() { Errand::of_call(&self, request) } else { Errand::default() };
        Lead::new(self, permit).with(errand).watched(watch)
    }

    /// `None` where nothing is kept: there is nothing to share either.
    fn permit(&self, request: Request<'_>) -> Option<Permit> {
        self.core.near.as_ref()?;
        let generation = self.generation(request.site);
        let mut berth = self.core.flights.berth(self.near_key(request.key));
        Some(berth.start(&self.core.flights, generation, request.site.facts.wait, request.caller))
    }

    /// The generation is read before the berth is taken, so that the two locks are never held together; a clear in between
    /// leaves a permit that is void.
    fn enter(&self, request: Request<'_>) -> Found {
        if self.core.near.is_none() {
            return Found::Flight(Entered::Alone);
        }
        let generation = self.generation(request.site);
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
                Found::Flight(berth.enter(&self.core.flights, generation, wait, request.caller))
            }
        }
    }

    pub(super) fn generation(&self, site: &'static Site) -> Arc<Generation> {
        self.core.generations.current(Group { namespace: self.namespace.id, template: site.facts.template })
    }
}
