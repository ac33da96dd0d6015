//! The engine, set up so that it never drops a value by itself.

use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::thread;

use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use super::key::Known;
use super::room::Room;
use super::{Bound, NearKey, NearKeyRef, Slot};
use crate::sync::RwLock;

pub(super) struct Engine {
    /// A power of two.
    shards: Box<[RwLock<Shard>]>,
    /// One for each shard.
    rooms: Box<[Room]>,
}

pub(super) type Shard = quick_cache::unsync::Cache<NearKey, Entry, Weights, BuildHasherDefault<Known>, Evictions>;

/// One `Arc`, so that a hit can take the value out of the lock before it clones it; and its weight, which the engine asks
/// for under its lock.
pub(super) struct Entry {
    pub(super) slot: Arc<Slot>,
    pub(super) weight: u64,
}

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

pub(super) struct Evictions;

impl Lifecycle<NearKey, Entry> for Evictions {
    type RequestState = Garbage;

    /// What was evicted, replaced, or too heavy to come in.
    fn on_evict(&self, garbage: &mut Garbage, _: NearKey, entry: Entry) {
        garbage.keep(Some(entry.slot));
    }
}

impl Engine {
    pub(super) fn new(bound: Bound) -> Self {
        /// What a weighted entry is taken to weigh when the tables are sized.
        const TYPICAL_WEIGHT: u64 = 1024;
        let (n_entries, capacity) = match bound {
            Bound::Entries(n_entries) => (n_entries, n_entries),
            Bound::Weight(weight) => (weight / TYPICAL_WEIGHT, weight),
        };
        let n_shards = n_shards(bound, thread::available_parallelism().map_or(1, |n| n.get() as u64));
        let shard = |number| {
            // Together they hold what was said, and not one more for each that has a rest.
            let own = capacity / n_shards + u64::from(number < capacity % n_shards);
            let options = OptionsBuilder::new()
                .estimated_items_capacity(usize::try_from(n_entries.div_ceil(n_shards).max(1)).unwrap_or(usize::MAX))
                .weight_capacity(own)
                .build();
            let options = options.expect("both capacities are given");
            RwLock::new(Shard::with_options(options, Weights, BuildHasherDefault::new(), Evictions))
        };
        Self { shards: (0..n_shards).map(shard).collect(), rooms: (0..n_shards).map(|_| Room::default()).collect() }
    }

    /// The shard of `key`: bits of its hash that the table inside hardly uses.
    #[inline]
    pub(super) fn shard(&self, key: NearKeyRef<'_>) -> &RwLock<Shard> {
        &self.shards[(key.hash() >> 32) as usize & (self.shards.len() - 1)]
    }

    /// What is known of the entries in the shard of `key`.
    pub(super) fn room(&self, key: NearKeyRef<'_>) -> &Room {
        &self.rooms[(key.hash() >> 32) as usize & (self.rooms.len() - 1)]
    }

    pub(super) fn shards(&self) -> &[RwLock<Shard>] {
        &self.shards
    }
}

/// Enough that writers seldom meet, and that a look at all entries of one is over within a millisecond; and few enough that what
/// each of them holds is not a handful, and not less than a large value: each evicts for itself, and keeps nothing that is
/// heavier than all of it.
pub(super) fn n_shards(bound: Bound, n_threads: u64) -> u64 {
    const FEWEST_ENTRIES: u64 = 32;
    const MOST_ENTRIES: u64 = 1 << 14;
    const LEAST_WEIGHT: u64 = 1 << 20;
    const MOST_WEIGHT: u64 = 1 << 26;
    /// However much is held, what an empty cache takes stays small.
    const MOST: u64 = 1 << 12;
    let (n_full, n_quick) = match bound {
        Bound::Entries(n_entries) => (n_entries / FEWEST_ENTRIES, n_entries / MOST_ENTRIES),
        Bound::Weight(weight) => (weight / LEAST_WEIGHT, weight / MOST_WEIGHT),
    };
    let most = (n_threads * 4).max(n_quick).min(MOST).next_power_of_two();
    most.min(1 << n_full.max(1).ilog2())
}
