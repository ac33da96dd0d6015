//! What helpers do to entries. Each of them voids the key's permits in one step with what it does to the entry, but for
//! re-timing, which changes no value.

use std::sync::Arc;

use super::Cache;
use super::generations::Group;
use crate::key::KeyRef;
use crate::near::{Garbage, NearKeyRef, Slot};
use crate::rules::{Computed, Outcome};
use crate::site::Site;
use crate::timeout::{Remaining, Timeout};

/// What becomes of a result that is set.
pub(super) enum Set {
    /// It is stored.
    Near,
    /// It belongs into the far tier, for so long.
    Far(Timeout),
    /// It says that there is nothing to store, and what is stored is to go.
    Denied,
    /// It is of a kind that is not stored.
    Refused,
}

impl Cache {
    /// Removes the entry. Was it live?
    pub(super) fn remove(&self, key: KeyRef<'_>) -> bool {
        let removed = self.take_out(key);
        removed.is_some_and(|slot| self.is_live(&slot))
    }

    /// Removes `slot` if it is what stands under `key`; whoever computes the key goes on.
    pub(crate) fn discard(&self, key: KeyRef<'_>, slot: &Arc<Slot>) {
        let Some(near) = &self.core.near else { return };
        let key = self.near_key(key);
        let berth = self.core.flights.berth(key);
        let found = near.get(key);
        let is_it = found.as_ref().is_some_and(|found| Arc::ptr_eq(found, slot));
        let removed = if is_it { near.remove(key) } else { None };
        drop(berth);
        drop((found, removed));
    }

    /// Does near with `result` what a computation of it would have done, and says what is left to do in the far tier.
    pub(super) fn set_near(
        &self,
        site: &'static Site,
        key: KeyRef<'_>,
        timeout: Option<Timeout>,
        result: &dyn Computed,
    ) -> Set {
        let Some(near) = &self.core.near else { return Set::Refused };
        let outcome = result.outcome();
        let failed = matches!(outcome, Outcome::Failed);
        let Some(lifetime) = self.lifetime(site, timeout, outcome) else {
            // As a computed result of this kind does: it denies what is stored, unless it is an error.
            return if failed { Set::Refused } else { Set::Denied };
        };
        if !self.keeps_near(site) {
            return Set::Far(lifetime);
        }
        let generation = self.generation(site);
        let Some(slot) = result.pack(self.header(site, &generation, Some(lifetime))) else { return Set::Refused };
        let key = self.near_key(key);
        let weight = self.weight(key, &slot);

        let mut garbage = Garbage::default();
        let mut berth = self.core.flights.berth(key);
        berth.void();
        near.insert(key.to_owned(), Arc::clone(&slot), weight, &mut garbage);
        drop(berth);
        self.sweep_after(slot.kept_until());
        Set::Near
    }

    /// Moves the deadline of an entry that is live, or expired and still in its grace. Answers it, if there was one.
    pub(super) fn retime(&self, key: KeyRef<'_>, timeout: Timeout) -> Option<Arc<Slot>> {
        let now = self.core.clock.now();
        if timeout.is_zero() {
            return self.take_out(key).filter(|slot| slot.is_kept(now));
        }
        let near = self.core.near.as_ref()?;
        let (near_key, fresh_until) = (self.near_key(key), now.after(timeout));
        let berth = self.core.flights.berth(near_key);
        let found = near.get(near_key);
        let is_kept = found.as_ref().is_some_and(|slot| slot.is_kept(now));
        if let (true, Some(slot)) = (is_kept, &found) {
            slot.retime(fresh_until);
            near.retimed(near_key, fresh_until);
        }
        drop(berth);
        found.filter(|_| is_kept).inspect(|slot| self.sweep_after(slot.kept_until()))
    }

    /// What `slot` counts against the store's bound. May run the user's weighing function.
    pub(super) fn weight(&self, key: NearKeyRef<'_>, slot: &Slot) -> u64 {
        let weigh = || self.core.weights.weigh(key.len(), slot);
        self.core.near.as_ref().map_or(0, |near| near.weight(weigh))
    }

    /// The time that a live entry has left.
    pub(super) fn remaining(&self, key: KeyRef<'_>) -> Option<Remaining> {
        let slot = self.live(key)?;
        Some(slot.fresh_until().remaining(self.core.clock.now()))
    }

    /// Clears every entry of one template, computed before this returns; what is being computed is not stored.
    pub(super) fn clear_template(&self, template: &'static str) {
        self.core.generations.renew(Group { namespace: self.namespace.id, template });
        self.core.tier.end_generations(self.namespace.id, Some(template));
        self.sweep_cleared();
    }

    pub(super) fn clear_namespace(&self) {
        self.core.generations.renew_all(self.namespace.id);
        self.core.tier.end_generations(self.namespace.id, None);
        self.sweep_cleared();
    }

    /// The same of every namespace that this process has used.
    pub(super) fn clear_everything(&self) {
        self.core.namespace_ids().for_each(|id| {
            self.core.generations.renew_all(id);
            self.core.tier.end_generations(id, None);
        });
        self.sweep_cleared();
    }

    /// Removes the entry and voids its permits, in one step.
    fn take_out(&self, key: KeyRef<'_>) -> Option<Arc<Slot>> {
        let near = self.core.near.as_ref()?;
        let key = self.near_key(key);
        let mut berth = self.core.flights.berth(key);
        berth.void();
        near.remove(key)
    }
}
