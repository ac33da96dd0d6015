//! A call that computes: around the computation its parents are known, and after it the result is stored, if it is to be
//! stored and nothing was cleared meanwhile, and handed to those who wait.

use std::sync::Arc;
use std::time::Instant;

use super::{Cache, Request};
use crate::flight::{Inside, Permit};
use crate::near::{Garbage, Generation, Header, Slot};
use crate::rules::{Computed, Outcome};
use crate::site::Site;
use crate::timeout::Timeout;

/// A turn to compute. Dropped before the result is there (a panic, a cancelled task), it goes to the next in the queue.
#[must_use]
pub(crate) struct Lead {
    cache: Cache,
    /// `None`: what it computes is neither stored nor shared.
    permit: Option<Permit>,
    started: Instant,
}

/// A result on its way to a slot.
pub(super) struct Landed {
    /// `None`: it is not stored.
    lifetime: Option<Timeout>,
    failed: bool,
    /// `None`: it cannot be shared.
    slot: Option<Arc<Slot>>,
}

impl Lead {
    pub(super) fn new(cache: Cache, permit: Option<Permit>) -> Self {
        Self { cache, permit, started: Instant::now() }
    }

    /// Held while a part of the computation runs: the calls in it have this one for a parent.
    pub(crate) fn inside(&self) -> Option<Inside> {
        self.permit.as_ref().map(Permit::inside)
    }

    /// The computation for `request`, whose turn this is, is through.
    // The request comes back instead of staying here: what borrows nothing costs users less to compile.
    pub(crate) fn land(self, request: Request<'_>, timeout: Option<Timeout>, computed: &dyn Computed) {
        request.site.counters.computed(self.started.elapsed());
        let outcome = computed.outcome();
        let failed = matches!(outcome, Outcome::Failed);
        if failed {
            request.site.counters.errors();
        }
        let Some(permit) = self.permit else { return };
        let lifetime = self.cache.lifetime(request.site, timeout, outcome);
        let slot = computed.pack(self.cache.header(permit.generation(), lifetime));
        self.cache.deliver(request, permit, Landed { lifetime, failed, slot });
    }
}

impl Cache {
    /// How long the result is served; `None` if it is not stored.
    pub(super) fn lifetime(&self, site: &'static Site, timeout: Option<Timeout>, outcome: Outcome) -> Option<Timeout> {
        let lifetimes = &site.facts.lifetimes;
        let lifetime = match outcome {
            Outcome::Value(said) => {
                let said = said.or(timeout).or(lifetimes.value);
                Some(said.unwrap_or(self.core.defaults.timeout))
            }
            Outcome::Refused => None,
            Outcome::Nothing => lifetimes.nothing,
            Outcome::Failed => lifetimes.failed,
        };
        lifetime.filter(|lifetime| !lifetime.is_zero())
    }

    pub(super) fn header(&self, generation: &Arc<Generation>, lifetime: Option<Timeout>) -> Header {
        let fresh_until = self.core.clock.now().after(lifetime.unwrap_or(Timeout::ZERO));
        Header { generation: Arc::clone(generation), fresh_until, grace: self.core.defaults.grace }
    }

    fn deliver(&self, request: Request<'_>, permit: Permit, landed: Landed) {
        let Landed { lifetime, failed, slot } = landed;
        let Some(slot) = slot else { return permit.scatter() };
        let weight = self.weight(request.key, &slot);

        let mut garbage = Garbage::default();
        let mut berth = permit.berth();
        let good = permit.redeem(&mut berth);
        if let (true, Some(near)) = (good, &self.core.near) {
            let key = self.near_key(request.key);
            if lifetime.is_some() {
                near.insert(key.to_owned(), Arc::clone(&slot), weight, &mut garbage);
            } else if !failed {
                // It says that there is nothing to store: an expired entry must not be revived against that.
                garbage.keep(near.remove(key));
            }
        }
        drop(berth);
        permit.land(&slot);
        match lifetime {
            Some(_) if good => self.sweep_after(slot.kept_until()),
            Some(_) => request.site.counters.refused(),
            None => {}
        }
    }
}
