//! The near tier: typed values in this process, kept as they are and handed out as clones. `quick_cache` is the engine,
//! and no other module knows. No user code runs under its locks: weights are known before, and what falls out of it
//! is handed back as [`Garbage`], to be dropped when no lock is held.

mod brief;
mod engine;
mod generation;
mod key;
mod room;
mod slot;

use std::sync::Arc;

pub(crate) use engine::Garbage;
pub(crate) use generation::Generation;
pub(crate) use key::{KeyHash, NearKey, NearKeyRef, key_hash};
pub(crate) use slot::{Header, Slot};

use engine::{Engine, Entry, Shard};

use crate::clock::{Clock, Moment};
use crate::sync::{AtomicU64, Ordering, RwLockReadGuard};

/// How much the near tier holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    Entries(u64),
    Weight(u64),
}

pub(crate) struct Near {
    engine: Engine,
    bound: Bound,
    clock: Clock,
    /// How many times a generation was killed: from then on there may be entries that can go.
    n_clears: AtomicU64,
}

impl Near {
    pub(crate) fn new(bound: Bound, clock: Clock) -> Self {
        Self { engine: Engine::new(bound), bound, clock, n_clears: AtomicU64::new(0) }
    }

    /// Where what stands under `key` is seen.
    #[inline(always)]
    pub(crate) fn sight<'a>(&'a self, key: NearKeyRef<'a>, clock: &'a Clock) -> Sight<'a> {
        Sight { shard: self.engine.shard(key).read(), key, clock }
    }

    /// What stands under `key`, live or not.
    pub(crate) fn get(&self, key: NearKeyRef<'_>) -> Option<Arc<Slot>> {
        self.engine.shard(key).read().peek(&key).map(|entry| Arc::clone(&entry.slot))
    }

    /// What an entry counts against the bound: one, or what `weigh` says.
    pub(crate) fn weight(&self, weigh: impl FnOnce() -> u64) -> u64 {
        match self.bound {
            Bound::Entries(_) => 1,
            Bound::Weight(_) => weigh(),
        }
    }

    /// Replaces what stands under `key`. What cannot be served makes room for it first.
    pub(crate) fn insert(&self, key: NearKey, slot: Arc<Slot>, weight: u64, garbage: &mut Garbage) {
        let (shard, room) = (self.engine.shard(key.by_ref()), self.engine.room(key.by_ref()));
        let mut shard = shard.write();
        room.make(&mut shard, weight, self.n_clears.load(Ordering::Acquire), &self.clock, garbage);
        room.expires(slot.fresh_until());
        shard.insert_with_lifecycle(key, Entry { slot, weight }, garbage);
    }

    /// What stands under `key` expires at `fresh_until` from now on.
    pub(crate) fn retimed(&self, key: NearKeyRef<'_>, fresh_until: Moment) {
        self.engine.room(key).expires(fresh_until);
    }

    /// Entries were cleared with their generation, and may go.
    pub(crate) fn cleared(&self) {
        self.n_clears.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn remove(&self, key: NearKeyRef<'_>) -> Option<Arc<Slot>> {
        let removed = self.engine.shard(key).write().remove(&key);
        removed.map(|(_, entry)| entry.slot)
    }

    pub(crate) fn n_shards(&self) -> usize {
        self.engine.shards().len()
    }

    /// The keys of all in one shard that is past its grace or of a dead generation, and when the next entry will be.
    pub(crate) fn dead(&self, shard: usize, now: Moment) -> (Vec<NearKey>, Moment) {
        let (mut dead, mut next) = (Vec::new(), Moment::NEVER);
        // Nothing goes here: whoever changes an entry holds its berth.
        for (key, entry) in self.engine.shards()[shard].read().iter() {
            if entry.slot.is_kept(now) {
                next = next.min(entry.slot.kept_until());
            } else {
                dead.push(key.clone());
            }
        }
        (dead, next)
    }

    pub(crate) fn n_entries(&self) -> usize {
        self.engine.shards().iter().map(|shard| shard.read().len()).sum()
    }
}

/// A look at the table, under its lock: whoever holds one runs no code of the user's.
pub(crate) struct Sight<'a> {
    shard: RwLockReadGuard<'a, Shard>,
    key: NearKeyRef<'a>,
    clock: &'a Clock,
}

impl Sight<'_> {
    /// What stands under the key, if it is live.
    pub(crate) fn live(&self) -> Option<&Arc<Slot>> {
        let slot = &self.shard.get(&self.key)?.slot;
        slot.is_live(|| self.clock.now()).then_some(slot)
    }
}

#[cfg(test)]
mod tests;
