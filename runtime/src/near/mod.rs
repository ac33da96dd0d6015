//! The near tier: typed values in this process, kept as they are and handed out as clones. `quick_cache` is the engine,
//! and no other module knows. No user code runs under its locks: weights are known before, and what falls out of it
//! is handed back as [`Garbage`], to be dropped when no lock is held.

mod engine;
mod generation;
mod key;
mod slot;

use std::cell::RefCell;
use std::sync::Arc;

pub(crate) use engine::Garbage;
pub(crate) use generation::Generation;
pub(crate) use key::{KeyHash, NearKey, NearKeyRef, key_hash};
pub(crate) use slot::{Header, Slot};

use engine::{Engine, Entry};

use crate::clock::Moment;

/// How much the near tier holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    Entries(u64),
    Weight(u64),
}

pub(crate) struct Near {
    engine: Engine,
    bound: Bound,
}

impl Near {
    pub(crate) fn new(bound: Bound) -> Self {
        Self { engine: engine::new(bound), bound }
    }

    /// What stands under `key`, live or not.
    #[inline]
    pub(crate) fn get(&self, key: NearKeyRef<'_>) -> Option<Arc<Slot>> {
        self.engine.get(&key).map(|entry| entry.slot)
    }

    /// What an entry counts against the bound: one, or what `weigh` says.
    pub(crate) fn weight(&self, weigh: impl FnOnce() -> u64) -> u64 {
        match self.bound {
            Bound::Entries(_) => 1,
            Bound::Weight(_) => weigh(),
        }
    }

    /// Replaces what stands under `key`.
    pub(crate) fn insert(&self, key: NearKey, slot: Arc<Slot>, weight: u64, garbage: &mut Garbage) {
        self.engine.insert_with_lifecycle(key, Entry { slot, weight }, garbage);
    }

    pub(crate) fn remove(&self, key: NearKeyRef<'_>) -> Option<Arc<Slot>> {
        self.engine.remove(&key).map(|(_, entry)| entry.slot)
    }

    /// The keys of all that is past its grace or of a dead generation, and when the next entry will be.
    pub(crate) fn dead(&self, now: Moment) -> (Vec<NearKey>, Moment) {
        let found = RefCell::new((Vec::new(), Moment::NEVER));
        // The engine's one walk that visits entries in place. Nothing goes here: whoever changes an entry holds its berth.
        self.engine.retain(|key, entry| {
            let (dead, next) = &mut *found.borrow_mut();
            if entry.slot.is_kept(now) {
                *next = (*next).min(entry.slot.kept_until());
            } else {
                dead.push(key.clone());
            }
            true
        });
        found.into_inner()
    }

    pub(crate) fn n_entries(&self) -> usize {
        self.engine.len()
    }
}

#[cfg(test)]
mod tests;
