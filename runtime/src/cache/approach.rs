//! How a call that found nothing near comes to its result: a look into the far tier, the key's flight, and, for who leads
//! it, a permit in the far tier and a second look. Nothing here depends on the function's types.

use std::sync::Arc;

use super::errand::{Errand, Stored};
use super::turn::Turn;
use super::{Cache, Lead, Request};
use crate::flight::tend;
use crate::near::Slot;
use crate::observer::{Command, Outcome, Watch};
use crate::rules::Computed;
use crate::site::Site;

/// The way of one call.
pub(crate) struct Approach<'a> {
    cache: Cache,
    request: Request<'a>,
    errand: Errand,
    has_looked: bool,
    /// The slot is another call's result, for which it waited.
    has_waited: bool,
    /// What stands in the far tier is of no use: it is to be replaced.
    is_spoiled: bool,
    /// Its turn has come, and it has looked once more.
    lead: Option<Lead>,
    // Last, so that the flight has gone to the next caller when a hook is told that this one has given up.
    watch: Watch,
}

/// What a call meets on its way. Unless it can use it, it goes on.
pub(crate) enum Step {
    /// A result in this process.
    Slot(Arc<Slot>),
    /// A record, whose bytes are yet to be believed.
    Open(Stored),
    Compute(Lead),
}

impl<'a> Approach<'a> {
    pub(crate) fn new(cache: Cache, request: Request<'a>) -> Self {
        let command = if request.site.function().is_some() { Command::Call } else { Command::GetOrSet };
        // First, as the call's time for the store does not count what hooks take.
        let watch = cache.watch(command, request.site, [request.key]);
        let errand = Errand::of_call(&cache, request);
        Self { cache, request, errand, has_looked: false, has_waited: false, is_spoiled: false, lead: None, watch }
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(crate) fn site(&self) -> &'static Site {
        self.request.site
    }

    pub(crate) async fn next(&mut self) -> Step {
        if !self.has_looked {
            self.has_looked = true;
            // Who is watched comes here for what stands near, too.
            if self.cache.is_observed()
                && let Some(slot) = self.cache.live(self.request.key)
            {
                return Step::Slot(slot);
            }
            if self.errand.is_unclaimed() {
                // In a box, as all that is far: recursive calls hold the rest on the stack.
                if let Some(stored) = Box::pin(self.errand.look()).await {
                    return Step::Open(stored);
                }
            }
        }
        let mut lead = match self.lead.take() {
            Some(lead) => lead,
            None => match self.cache.turn(&self.request, &self.errand).await {
                Turn::Take(slot) => return Step::Slot(slot),
                Turn::Share(slot) => {
                    self.has_waited = true;
                    return Step::Slot(slot);
                }
                Turn::Compute(lead) => lead,
            },
        };
        if !lead.stores() && !self.errand.has_failed() {
            return Step::Compute(lead.watched(std::mem::take(&mut self.watch)));
        }
        if self.errand.is_unclaimed() {
            lead.mark();
            if let Some(stored) = tend(lead.task(), Box::pin(self.errand.claim(self.is_spoiled))).await {
                self.lead = Some(lead);
                return Step::Open(stored);
            }
            if self.errand.is_spent() && lead.follows() {
                // Waiting for a result that was too old for this call has taken its time for the store, which has not failed.
                return Step::Compute(Lead::new(self.cache.clone(), None).watched(std::mem::take(&mut self.watch)));
            }
            lead.begin(&self.errand);
        }
        Step::Compute(lead.with(std::mem::take(&mut self.errand)).watched(std::mem::take(&mut self.watch)))
    }

    /// Was the slot of use? One that holds another type's value goes.
    pub(crate) fn taken(&mut self, slot: &Arc<Slot>, is_used: bool) {
        let counters = &self.request.site.counters;
        let has_waited = std::mem::take(&mut self.has_waited);
        match (is_used, has_waited) {
            (true, true) => {
                counters.misses();
                counters.coalesced();
                self.watch.note(Outcome::Coalesced);
            }
            (true, false) => {
                counters.hit();
                self.watch.note(Outcome::Hit);
            }
            (false, _) => {
                counters.foreign();
                self.cache.discard(self.request.key, slot);
            }
        }
    }

    /// The record was of no use.
    pub(crate) fn spoiled(&mut self) {
        self.is_spoiled = true;
    }

    /// The record was of use: whoever waits for this call has the result too.
    pub(crate) fn share(&mut self, result: &dyn Computed) {
        self.watch.note(Outcome::Hit);
        if let Some(lead) = self.lead.take() {
            lead.share(self.request.site, result);
        }
    }
}
