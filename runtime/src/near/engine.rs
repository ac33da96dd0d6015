//! The engine, set up so that it never drops a value by itself.

use std::sync::Arc;

use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use super::{Bound, KeyHash, NearKey, Slot, key_hash};

pub(super) type Engine = quick_cache::sync::Cache<NearKey, Entry, Weights, KeyHash, Evictions>;

/// One `Arc`, so that a hit takes the value out of the lock before it clones it; and its weight, which the engine asks
/// for under its lock.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) slot: Arc<Slot>,
    pub(super) weight: u64,
}

#[derive(Clone)]
pub(super) struct Weights;

impl Weighter<NearKey, Entry> for Weights {
    fn weight(&self, _: &NearKey, entry: &Entry) -> u64 {
        entry.weight
    }
}

/// Slots to be dropped where no lock is held: dropping one may run a destructor of the user's.
#[derive(Default)]
pub(crate) struct Garbage {
    /// Mostly there is one, which then needs no list.
    first: Option<Arc<Slot>>,
    others: Vec<Arc<Slot>>,
}

impl Garbage {
    pub(crate) fn keep(&mut self, slot: Option<Arc<Slot>>) {
        match self.first {
            None => self.first = slot,
            Some(_) => self.others.extend(slot),
        }
    }
}

#[derive(Clone)]
pub(super) struct Evictions;

impl Lifecycle<NearKey, Entry> for Evictions {
    type RequestState = Garbage;

    /// What was evicted, replaced, or too heavy to come in.
    fn on_evict(&self, garbage: &mut Garbage, _: NearKey, entry: Entry) {
        garbage.keep(Some(entry.slot));
    }
}

pub(super) fn new(bound: Bound) -> Engine {
    /// What a weighted entry is taken to weigh when the tables are sized.
    const TYPICAL_WEIGHT: u64 = 1024;
    let (n_entries, capacity) = match bound {
        Bound::Entries(n_entries) => (n_entries, n_entries),
        Bound::Weight(weight) => (weight / TYPICAL_WEIGHT, weight),
    };
    let options = OptionsBuilder::new()
        .estimated_items_capacity(usize::try_from(n_entries.max(1)).unwrap_or(usize::MAX))
        .weight_capacity(capacity)
        .build()
        .expect("both capacities are given");
    Engine::with_options(options, Weights, key_hash(), Evictions)
}
