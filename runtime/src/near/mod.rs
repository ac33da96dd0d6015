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
pub use slot::{Header, Slot};

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
}

impl Near {
    pub(crate) fn new(bound: Bound) -> Self {
        Self { engine: engine::new(bound) }
    }

    /// What stands under `key`, live or not.
    #[inline]
    pub(crate) fn get(&self, key: NearKeyRef<'_>) -> Option<Arc<Slot>> {
        self.engine.get(&key).map(|entry| entry.slot)
    }

    /// Replaces what stands under `key`.
    pub(crate) fn insert(&self, key: NearKey, slot: Arc<Slot>, weight: u64, garbage: &mut Garbage) {
        // The engine drops what it replaces under its lock; taken out first, it comes to us.
        garbage.keep(self.remove(key.by_ref()));
        self.engine.insert_with_lifecycle(key, Entry { slot, weight }, garbage);
    }

    pub(crate) fn remove(&self, key: NearKeyRef<'_>) -> Option<Arc<Slot>> {
        self.engine.remove(&key).map(|(_, entry)| entry.slot)
    }

    /// Shows what stands under `key`; no sweep and no other change to the entry happens meanwhile. `look` must not run
    /// code of the user's.
    pub(crate) fn look(&self, key: NearKeyRef<'_>, look: impl FnOnce(&Slot)) {
        self.engine.remove_if(&key, |entry| {
            look(&entry.slot);
            false
        });
    }

    /// Takes out all that is past its grace or of a dead generation, and says when the next entry will be.
    pub(crate) fn sweep(&self, now: Moment) -> (Garbage, Moment) {
        let swept = RefCell::new((Garbage::default(), Moment::NEVER));
        self.engine.retain(|_, entry| {
            let (garbage, next) = &mut *swept.borrow_mut();
            let kept = entry.slot.is_kept(now);
            if kept {
                *next = (*next).min(entry.slot.kept_until());
            } else {
                garbage.keep(Some(Arc::clone(&entry.slot)));
            }
            kept
        });
        swept.into_inner()
    }

    pub(crate) fn n_entries(&self) -> usize {
        self.engine.len()
    }
}

#[cfg(test)]
mod tests;
