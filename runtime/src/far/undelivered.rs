//! What is owed to a store: removals and renewals that it could not be told of. The one place that knows them. Until one is
//! delivered this process finds nothing where it is owed; who delivers is in `courier`.

use std::collections::BTreeSet;

use tokio::sync::Notify;

use super::Place;
use super::debts::{Debt, Debts, Full, Namespace, Parcel};
use crate::adapter::EpochName;
use crate::clock::Moment;
use crate::sync::{AtomicU64, AtomicUsize, Mutex, Ordering};
use crate::timeout::Timeout;

/// What is owed is so at least as long: other processes may have stored with longer timeouts than this one knows.
const LEAST: Timeout = Timeout::from_secs(24 * 60 * 60);

/// Of all shards of a store.
pub(super) struct Ledger {
    shards: Box<[Shard]>,
    /// In all. Asked with every call.
    n_owed: AtomicUsize,
    /// Numbers what is owed in the order in which it came.
    n_noted: AtomicU64,
    /// Removals that there was no room for, where a namespace cannot be ended.
    n_forgotten: AtomicUsize,
    /// The longest time, in milliseconds, for which this process has seen entries kept in the store.
    longest_ms: AtomicU64,
}

pub(super) struct Shard {
    debts: Mutex<Debts>,
    /// Two for each attempt to deliver: odd while one is under way.
    n_steps: AtomicU64,
    /// Something is owed no more, or an attempt has ended.
    pub(super) settled: Notify,
    /// Somebody would rather not wait for the next attempt.
    pub(super) hurry: Notify,
}

/// What noting has changed.
#[derive(Clone, Copy)]
pub(super) struct Noted {
    /// Nobody delivers there so far: the caller has to see to it.
    pub(super) needs_courier: bool,
}

impl Ledger {
    pub(super) fn new(n_shards: u16) -> Self {
        let shard = |_| Shard {
            debts: Mutex::default(),
            n_steps: AtomicU64::new(0),
            settled: Notify::new(),
            hurry: Notify::new(),
        };
        Self {
            shards: (0..n_shards.max(1)).map(shard).collect(),
            n_owed: AtomicUsize::new(0),
            n_noted: AtomicU64::new(0),
            n_forgotten: AtomicUsize::new(0),
            longest_ms: AtomicU64::new(LEAST.as_millis()),
        }
    }

    pub(super) fn shard(&self, shard: u16) -> &Shard {
        // An adapter that names a shard beyond what it says to have is none of ours.
        self.shards.get(usize::from(shard)).unwrap_or(&self.shards[0])
    }

    pub(super) fn shard_numbers(&self) -> impl Iterator<Item = u16> + use<> {
        0..u16::try_from(self.shards.len()).unwrap_or(u16::MAX)
    }

    /// How much is owed, all in all.
    pub(super) fn n_owed(&self) -> usize {
        self.n_owed.load(Ordering::Acquire)
    }

    pub(super) fn is_settled(&self, shard: u16) -> bool {
        self.shard(shard).debts.lock().n_owed() == 0
    }

    /// Removals, renewals, shards that are owed any, and removals that were forgotten.
    pub(super) fn count(&self) -> [usize; 4] {
        let mut count = [0, 0, 0, self.n_forgotten.load(Ordering::Relaxed)];
        for shard in &self.shards {
            let debts = shard.debts.lock();
            count[0] += debts.n_removals();
            count[1] += debts.n_renewals();
            count[2] += usize::from(debts.n_owed() > 0);
        }
        count
    }

    /// Entries are kept in the store for so long.
    pub(super) fn know(&self, kept_for: Timeout) {
        let ms = kept_for.as_millis();
        if ms > self.longest_ms.load(Ordering::Relaxed) {
            self.longest_ms.fetch_max(ms, Ordering::Relaxed);
        }
    }

    /// Is the entry of this place owed its removal, by itself or with its template or namespace?
    pub(super) fn owes(&self, place: &Place) -> bool {
        if self.n_owed() == 0 {
            return false;
        }
        let debts = self.shard(place.shard()).debts.lock();
        debts.owes_removal(&place.key) || place.group.names.iter().any(|name| debts.owes_renewal(name))
    }

    /// Is this epoch owed its renewal?
    pub(super) fn owes_epoch(&self, name: &EpochName) -> bool {
        self.n_owed() > 0 && self.shard(name.shard()).debts.lock().owes_renewal(name)
    }

    /// Tells what is owed now from what will be later.
    pub(super) fn n_noted(&self) -> u64 {
        self.n_noted.load(Ordering::SeqCst)
    }

    /// Can so many removals more be remembered there?
    pub(super) fn has_room(&self, shard: u16, n_removals: usize) -> bool {
        self.shard(shard).debts.lock().has_room(n_removals)
    }

    /// The entry was to be removed.
    pub(super) fn note_removal(&self, place: &Place, now: Moment, full: Full) -> Noted {
        let namespace = place.group.namespace();
        self.note(place.shard(), |debts| {
            if !debts.remember_removal(&place.key, self.debt(namespace, now), full) {
                self.n_forgotten.fetch_add(1, Ordering::Relaxed);
            }
        })
    }

    /// The epoch was to be renewed.
    pub(super) fn note_renewal(&self, epoch: &EpochName, namespace: Namespace, now: Moment) -> Noted {
        self.note(epoch.shard(), |debts| debts.remember_renewal(epoch, self.debt(namespace, now)))
    }

    fn debt(&self, namespace: Namespace, now: Moment) -> Debt {
        let longest = Timeout::from_millis(self.longest_ms.load(Ordering::Relaxed));
        Debt { namespace, until: now.after(longest), number: self.n_noted.fetch_add(1, Ordering::SeqCst) + 1 }
    }

    /// These were removed by a call that began when `n_noted` were.
    pub(super) fn removed(&self, places: &[Place], n_noted: u64) {
        if self.n_owed() == 0 {
            return;
        }
        let shards: BTreeSet<_> = places.iter().map(Place::shard).collect();
        for shard in shards {
            let of_shard = places.iter().filter(|place| place.shard() == shard);
            self.change(shard, |debts| of_shard.for_each(|place| debts.removed(&place.key, n_noted)));
        }
    }

    /// This epoch was renewed, by a call that began when `n_noted` were.
    pub(super) fn renewed(&self, epoch: &EpochName, n_noted: u64) {
        if self.n_owed() > 0 {
            self.change(epoch.shard(), |debts| debts.renewed(epoch, n_noted));
        }
    }

    /// Everything was removed, by a call that began when `n_noted` were.
    pub(super) fn flushed(&self, n_noted: u64) {
        self.shard_numbers().for_each(|shard| self.change(shard, |debts| debts.flushed(n_noted)));
    }

    /// As [`Debts::take`].
    pub(super) fn take(&self, shard: u16, most: usize, n_noted: u64, with_renewals: bool) -> Option<Parcel> {
        self.shard(shard).debts.lock().take(most, n_noted, with_renewals)
    }

    /// What was taken is delivered. What has been owed anew meanwhile is owed still.
    pub(super) fn delivered(&self, shard: u16, parcel: &Parcel) {
        self.change(shard, |debts| debts.delivered(parcel));
    }

    /// It can never be delivered.
    pub(super) fn give_up(&self, shard: u16, parcel: &Parcel) {
        let n_removals = if let Parcel::Removals(keys) = parcel { keys.len() } else { 1 };
        self.n_forgotten.fetch_add(n_removals, Ordering::Relaxed);
        self.delivered(shard, parcel);
    }

    /// An attempt to deliver begins.
    pub(super) fn attempt(&self, shard: u16) {
        let n_steps = &self.shard(shard).n_steps;
        n_steps.store(n_steps.load(Ordering::SeqCst) | 1, Ordering::SeqCst);
    }

    /// It is over: nothing is on its way any more, and where the store has failed no more is remembered than the bound says.
    pub(super) fn attempted(&self, shard: u16, has_failed: bool) {
        self.change(shard, |debts| {
            debts.none_is_sent();
            if has_failed {
                debts.shrink();
            }
        });
        let shard = self.shard(shard);
        let n_steps = shard.n_steps.load(Ordering::SeqCst);
        shard.n_steps.store(n_steps + (n_steps & 1), Ordering::SeqCst);
        shard.settled.notify_waiters();
    }

    /// Forgets what has gone by itself; answers when that will be so of the next.
    pub(super) fn expire(&self, shard: u16, now: Moment) -> Moment {
        let mut next = Moment::NEVER;
        self.change(shard, |debts| next = debts.expire(now));
        next
    }

    /// Ends the work of the shard's courier, if there is none left.
    pub(super) fn dismiss(&self, shard: u16) -> bool {
        let mut debts = self.shard(shard).debts.lock();
        debts.has_courier = debts.n_owed() > 0;
        !debts.has_courier
    }

    fn note(&self, shard: u16, remember: impl FnOnce(&mut Debts)) -> Noted {
        let mut needs_courier = false;
        self.change(shard, |debts| {
            remember(debts);
            needs_courier = debts.n_owed() > 0 && !debts.has_courier;
            debts.has_courier |= needs_courier;
        });
        Noted { needs_courier }
    }

    fn change(&self, shard: u16, change: impl FnOnce(&mut Debts)) {
        let shard = self.shard(shard);
        let mut debts = shard.debts.lock();
        let before = debts.n_owed();
        change(&mut debts);
        let after = debts.n_owed();
        self.n_owed.fetch_add(after.wrapping_sub(before), Ordering::AcqRel);
        drop(debts);
        if after < before {
            shard.settled.notify_waiters();
        }
    }
}

impl Shard {
    /// What [`has_tried`](Self::has_tried) is asked about later.
    pub(super) fn n_steps(&self) -> u64 {
        self.n_steps.load(Ordering::SeqCst)
    }

    /// Has an attempt begun and ended since there were so many steps?
    pub(super) fn has_tried(&self, n_steps: u64) -> bool {
        self.n_steps() >= n_steps + 2 + (n_steps & 1)
    }
}
