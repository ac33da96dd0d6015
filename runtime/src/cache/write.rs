//! What helpers do to entries. Each of them voids the key's permits in one step with what it does to the entry, but for
//! re-timing, which changes no value.

use std::sync::Arc;

use super::Cache;
use super::generations::Group;
use crate::clock::Moment;
use crate::key::KeyRef;
use crate::near::{Garbage, Slot};
use crate::rules::{Computed, Outcome};
use crate::site::Site;
use crate::timeout::{Remaining, Timeout};

impl Cache {
    /// Removes the entry. Was it live?
    pub(crate) fn remove(&self, key: KeyRef<'_>) -> bool {
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

    /// Does with `result` what a computation of it would have done. Was it stored?
    pub(crate) fn set(
        &self,
        site: &'static Site,
        key: KeyRef<'_>,
        timeout: Option<Timeout>,
        result: &dyn Computed,
    ) -> bool {
        let Some(near) = &self.core.near else {
            return false;
        };
        let outcome = result.outcome();
        let failed = matches!(outcome, Outcome::Failed);
        let Some(lifetime) = self.lifetime(site, timeout, outcome) else {
            // As a computed result of this kind does: it denies what is stored, unless it is an error.
            if !failed {
                self.remove(key);
            }
            return false;
        };
        let generation = self.generation(site);
        let Some(slot) = result.pack(self.header(&generation, Some(lifetime))) else {
            return false;
        };
        let weight = self.weight(key, &slot);
        let key = self.near_key(key);

        let mut garbage = Garbage::default();
        let mut berth = self.core.flights.berth(key);
        berth.void();
        near.insert(key.to_owned(), Arc::clone(&slot), weight, &mut garbage);
        drop(berth);
        self.sweep_after(slot.kept_until());
        true
    }

    /// Moves the deadline of an entry that is live, or expired and still in its grace. Was there one?
    pub(crate) fn retime(&self, key: KeyRef<'_>, timeout: Timeout) -> bool {
        let now = self.core.clock.now();
        if timeout.is_zero() {
            return self.take_out(key).is_some_and(|slot| slot.is_kept(now));
        }
        let berth = self.core.flights.berth(self.near_key(key));
        let found = self.find(key);
        let kept = found.as_ref().filter(|slot| slot.is_kept(now));
        if let Some(slot) = kept {
            slot.retime(now.after(timeout));
        }
        drop(berth);
        let kept_until = kept.map(|slot| slot.kept_until());
        kept_until.inspect(|&moment| self.sweep_after(moment)).is_some()
    }

    /// What `slot` counts against the store's bound. May run the user's weighing function.
    pub(super) fn weight(&self, key: KeyRef<'_>, slot: &Slot) -> u64 {
        let weigh = || self.core.weights.weigh(key.as_bytes().len(), slot);
        self.core.near.as_ref().map_or(0, |near| near.weight(weigh))
    }

    /// The time that a live entry has left.
    pub(crate) fn remaining(&self, key: KeyRef<'_>) -> Option<Remaining> {
        let slot = self.live(key)?;
        Some(slot.fresh_until().remaining(self.core.clock.now()))
    }

    /// Clears every entry of one template, computed before this returns; what is being computed is not stored.
    pub(crate) fn clear_template(&self, template: &'static str) {
        self.core.generations.renew(Group { namespace: self.namespace.id, template });
        self.sweep_after(Moment::from_millis(0));
    }

    /// Clears every entry of this namespace, and nothing else; what is being computed is not stored.
    ///
    /// Takes the same short time however many entries there are: the memory they hold is given back behind the caller.
    ///
    /// # Examples
    /// ```
    /// use larder::{Cache, MemoryCache, cached};
    ///
    /// #[cached(key = "length:{text}")]
    /// fn length(text: &str) -> usize { text.len() }
    ///
    /// let cache = Cache::from(MemoryCache::new());
    /// larder::scoped(&cache, || {
    ///     length("seven");
    ///     assert_eq!(length::get("seven").unwrap(), Some(5));
    ///     cache.clear();
    ///     assert_eq!(length::get("seven").unwrap(), None);
    /// });
    /// ```
    pub fn clear(&self) {
        self.core.generations.renew_all(self.namespace.id);
        self.sweep_after(Moment::from_millis(0));
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
