//! Room for a new entry in a shard that is nearly full: entries that nobody can be served go before the engine has to evict one
//! that can.
//!
//! Which entries are cleared or expired only a look at them tells, and a look with each insertion would be dear. So a shard
//! remembers when the next of its entries expires; a look takes a lump of those that can go, and ends there; and after one that
//! has found fewer the next waits for some insertions. In a shard whose entries are all live an insertion compares two numbers.

use super::Garbage;
use super::engine::Shard;
use super::key::ByHash;
use super::slot::Standing;
use crate::clock::{Clock, Moment};
use crate::sync::{AtomicU64, Ordering};

/// So many entries go at once, as a part of a shard's: dropping them is the inserting caller's to do.
const LUMP: usize = 8;
/// After a look that has found fewer, the next comes after so many insertions, as a part of the shard's entries.
const PAUSE: usize = 16;

/// What is known of one shard's entries without looking at them. Changed under the shard's lock, but for `due_ms`.
pub(super) struct Room {
    /// No entry expires before, by what was stored and re-timed since the last look.
    due_ms: AtomicU64,
    /// How many clears there were at the last look.
    n_clears: AtomicU64,
    /// Insertions before the next look for what has expired, and for what was cleared: one must not keep the other waiting.
    pause: AtomicU64,
    pause_of_clears: AtomicU64,
}

impl Default for Room {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            due_ms: AtomicU64::new(Moment::NEVER.as_millis()),
            n_clears: zero(),
            pause: zero(),
            pause_of_clears: zero(),
        }
    }
}

impl Room {
    /// One of the shard's entries expires then.
    pub(super) fn expires(&self, at: Moment) {
        if at.as_millis() < self.due_ms.load(Ordering::Relaxed) {
            self.due_ms.fetch_min(at.as_millis(), Ordering::AcqRel);
        }
    }

    /// Removes entries that cannot be served, if with one of `weight` more than nine tenths of `shard` are full and there are
    /// any. Called under the shard's lock, so what goes is kept as garbage.
    pub(super) fn make(&self, shard: &mut Shard, weight: u64, n_clears: u64, clock: &Clock, garbage: &mut Garbage) {
        let most = shard.capacity() - shard.capacity() / 10;
        let excess = (shard.weight() + weight).saturating_sub(most);
        if excess == 0 || weight > shard.capacity() || !self.is_worth_a_look(n_clears, clock) {
            return;
        }
        let pause = (shard.len() / PAUSE) as u64;
        let lump = Lump { n_entries: shard.len().div_ceil(LUMP), excess };
        // Before the look: whoever re-times an entry meanwhile lowers what is found.
        self.due_ms.swap(Moment::NEVER.as_millis(), Ordering::AcqRel);
        let look = Look::at(shard, clock.now(), lump);
        let due = look.due;
        let is_lump = look.take_out(shard, lump, garbage);
        self.expires(due);
        if self.n_clears.swap(n_clears, Ordering::Relaxed) != n_clears {
            self.pause_of_clears.store(pause, Ordering::Relaxed);
        }
        self.pause.store(if is_lump { 0 } else { pause }, Ordering::Relaxed);
    }

    fn is_worth_a_look(&self, n_clears: u64, clock: &Clock) -> bool {
        let is_over = |pause: &AtomicU64| {
            let left = pause.load(Ordering::Relaxed);
            pause.store(left.saturating_sub(1), Ordering::Relaxed);
            left == 0
        };
        let (expired_may_go, cleared_may_go) = (is_over(&self.pause), is_over(&self.pause_of_clears));
        let is_due = || clock.now().as_millis() >= self.due_ms.load(Ordering::Relaxed);
        (cleared_may_go && self.n_clears.load(Ordering::Relaxed) != n_clears) || (expired_may_go && is_due())
    }
}

/// How much is to go at once: so many entries, and as many more as it takes for `excess` of weight.
#[derive(Clone, Copy)]
struct Lump {
    n_entries: usize,
    excess: u64,
}

impl Lump {
    fn shrink(&mut self, by: &Found) {
        self.n_entries = self.n_entries.saturating_sub(1);
        self.excess = self.excess.saturating_sub(by.weight);
    }

    fn is_taken(&self) -> bool {
        self.n_entries == 0 && self.excess == 0
    }
}

/// An entry that can go, by the hash of its key.
#[derive(Clone, Copy)]
struct Found {
    hash: u64,
    weight: u64,
    fresh_until: Moment,
}

/// What stands in a shard.
struct Look {
    /// Cleared, or past all windows.
    gone: Vec<Found>,
    /// Kept so that they can be revived.
    in_grace: Vec<Found>,
    /// When the next look may find something.
    due: Moment,
}

impl Look {
    /// Ends when a whole lump of what is gone is found.
    fn at(shard: &Shard, now: Moment, mut lump: Lump) -> Self {
        let (mut gone, mut in_grace, mut due) = (Vec::new(), Vec::new(), Moment::NEVER);
        for (key, entry) in shard.iter() {
            let fresh_until = entry.slot.fresh_until();
            let found = Found { hash: key.by_ref().hash(), weight: entry.weight, fresh_until };
            match entry.slot.standing(now) {
                Standing::Live => due = due.min(fresh_until),
                Standing::Grace => in_grace.push(found),
                Standing::Gone => {
                    gone.push(found);
                    lump.shrink(&found);
                    if lump.is_taken() {
                        return Self { gone, in_grace, due: Moment::from_millis(0) };
                    }
                }
            }
        }
        if !in_grace.is_empty() {
            due = Moment::from_millis(0);
        }
        Self { gone, in_grace, due }
    }

    /// What is gone first, and then, if there is still too little room, what has been in its grace for longest. Was it the whole
    /// lump?
    fn take_out(self, shard: &mut Shard, mut lump: Lump, garbage: &mut Garbage) -> bool {
        let Self { gone, mut in_grace, .. } = self;
        // Any entry may be evicted at any moment, and so may another of the same hash.
        let mut take_out = |found: &Found, lump: &mut Lump| {
            garbage.keep(shard.remove(&ByHash(found.hash)).map(|(_, entry)| entry.slot));
            lump.shrink(found);
        };
        gone.iter().for_each(|found| take_out(found, &mut lump));
        if lump.excess > 0 {
            if lump.n_entries < in_grace.len() {
                in_grace.select_nth_unstable_by_key(lump.n_entries, |found| found.fresh_until);
            }
            for found in &in_grace {
                if lump.is_taken() {
                    break;
                }
                take_out(found, &mut lump);
            }
        }
        lump.is_taken()
    }
}
