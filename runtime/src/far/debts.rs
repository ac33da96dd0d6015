//! What is owed to one shard of a store: pure, with time and numbers coming in as values. Each removal is owed once; too many of
//! them become the end of their namespace, which is one renewal.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use crate::adapter::{EpochName, StoreKey};
use crate::clock::Moment;

/// So many removals are remembered for one shard that fails.
const MOST_REMOVALS: usize = 10_000;

#[derive(Default)]
pub(super) struct Debts {
    removals: HashMap<StoreKey, Owed>,
    /// Of epochs of templates and namespaces. As many as the program has: none is too many.
    renewals: HashMap<EpochName, Owed>,
    /// Somebody delivers, until nothing is owed.
    pub(super) has_courier: bool,
}

#[derive(Clone)]
pub(super) struct Debt {
    pub(super) namespace: Namespace,
    /// By then what was to go has gone by itself.
    pub(super) until: Moment,
    /// Counts what is owed in the order in which it came.
    pub(super) number: u64,
}

#[derive(Clone)]
struct Owed {
    debt: Debt,
    /// It is on its way.
    is_sent: bool,
}

/// A namespace: the name of its epoch, and its own.
#[derive(Clone)]
pub(super) struct Namespace {
    pub(super) epoch: EpochName,
    pub(super) name: Arc<str>,
}

/// What becomes of a removal where as many as are remembered are owed already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// It is forgotten, as its namespace cannot be ended.
    Forget,
    /// Its namespace ends.
    End,
    /// It is remembered all the same, until the store is known to fail.
    Grow,
}

/// What a courier takes along. The numbers tell later whether it has been owed anew meanwhile.
pub(super) enum Parcel {
    Removals(Vec<(StoreKey, u64)>),
    Renewal { epoch: EpochName, namespace: Namespace, number: u64 },
}

impl Parcel {
    /// The namespace that is cleared by it, whole or in part.
    pub(super) fn namespace(&self) -> Option<Arc<str>> {
        match self {
            Self::Removals(_) => None,
            Self::Renewal { namespace, .. } => Some(Arc::clone(&namespace.name)),
        }
    }
}

impl Debts {
    pub(super) fn n_removals(&self) -> usize {
        self.removals.len()
    }

    pub(super) fn n_renewals(&self) -> usize {
        self.renewals.len()
    }

    pub(super) fn n_owed(&self) -> usize {
        self.removals.len() + self.renewals.len()
    }

    pub(super) fn owes_removal(&self, key: &StoreKey) -> bool {
        self.removals.contains_key(key)
    }

    pub(super) fn owes_renewal(&self, epoch: &EpochName) -> bool {
        self.renewals.contains_key(epoch)
    }

    /// Can so many removals more be remembered?
    pub(super) fn has_room(&self, n_removals: usize) -> bool {
        self.removals.len() + n_removals <= MOST_REMOVALS
    }

    /// `false`: there was no room, and nothing that could be done instead.
    pub(super) fn remember_removal(&mut self, key: &StoreKey, debt: Debt, full: Full) -> bool {
        if let Some(renewal) = self.renewals.get_mut(&debt.namespace.epoch).filter(|renewal| !renewal.is_sent) {
            // It goes with the rest of its namespace, and not with a renewal that somebody has begun before.
            renewal.debt.until = renewal.debt.until.max(debt.until);
            renewal.debt.number = renewal.debt.number.max(debt.number);
            return true;
        }
        if full == Full::Grow || self.has_room(1) || self.owes_removal(key) {
            remember(&mut self.removals, key, debt);
            return true;
        }
        if full == Full::End {
            let epoch = debt.namespace.epoch.clone();
            self.remember_renewal(&epoch, debt);
        }
        full == Full::End
    }

    /// The store fails: what is remembered beyond the bound becomes the end of namespaces, of that with most removals first.
    /// Nothing is on its way.
    pub(super) fn shrink(&mut self) {
        while !self.has_room(0) {
            let mut namespaces = HashMap::<&EpochName, (usize, Debt)>::new();
            for Owed { debt, .. } in self.removals.values() {
                let (n_removals, whole) = namespaces.entry(&debt.namespace.epoch).or_insert_with(|| (0, debt.clone()));
                *n_removals += 1;
                whole.until = whole.until.max(debt.until);
                whole.number = whole.number.max(debt.number);
            }
            let most = namespaces.into_values().max_by_key(|(n_removals, _)| *n_removals);
            let Some((_, debt)) = most else { return };
            let epoch = debt.namespace.epoch.clone();
            self.remember_renewal(&epoch, debt);
        }
    }

    pub(super) fn remember_renewal(&mut self, epoch: &EpochName, debt: Debt) {
        if *epoch == debt.namespace.epoch {
            // They go with the rest of their namespace; but who writes to a key waits for what is on its way to it.
            self.removals.retain(|_, removal| removal.debt.namespace.epoch != *epoch || removal.is_sent);
        }
        remember(&mut self.renewals, epoch, debt);
    }

    /// It was removed by a call that began when `n_noted` were.
    pub(super) fn removed(&mut self, key: &StoreKey, n_noted: u64) {
        if self.removals.get(key).is_some_and(|owed| owed.is_settled(n_noted)) {
            self.removals.remove(key);
        }
    }

    /// It was renewed, by a call that began when `n_noted` were.
    pub(super) fn renewed(&mut self, epoch: &EpochName, n_noted: u64) {
        self.renewals.retain(|name, owed| name != epoch || !owed.is_settled(n_noted));
        self.removals.retain(|_, owed| owed.debt.namespace.epoch != *epoch || !owed.is_settled(n_noted));
    }

    /// Everything was removed, by a call that began when `n_noted` were.
    pub(super) fn flushed(&mut self, n_noted: u64) {
        self.removals.retain(|_, owed| !owed.is_settled(n_noted));
        self.renewals.retain(|_, owed| !owed.is_settled(n_noted));
    }

    /// Something to deliver that was owed when `n_noted` were: removals first, and renewals if so told. It is on its way then.
    pub(super) fn take(&mut self, most: usize, n_noted: u64, with_renewals: bool) -> Option<Parcel> {
        let mut keys = Vec::new();
        for (key, owed) in self.removals.iter_mut().filter(|(_, owed)| owed.is_settled(n_noted)).take(most) {
            owed.is_sent = true;
            keys.push((key.clone(), owed.debt.number));
        }
        if !keys.is_empty() {
            return Some(Parcel::Removals(keys));
        }
        let (epoch, owed) = self.renewals.iter_mut().find(|(_, owed)| with_renewals && owed.is_settled(n_noted))?;
        owed.is_sent = true;
        let Debt { namespace, number, .. } = owed.debt.clone();
        Some(Parcel::Renewal { epoch: epoch.clone(), namespace, number })
    }

    /// What was taken is delivered. What has been owed anew meanwhile is owed still.
    pub(super) fn delivered(&mut self, parcel: &Parcel) {
        match parcel {
            Parcel::Removals(keys) => keys.iter().for_each(|(key, number)| strike(&mut self.removals, key, *number)),
            Parcel::Renewal { epoch, number, .. } => strike(&mut self.renewals, epoch, *number),
        }
    }

    /// Nothing is on its way any more.
    pub(super) fn none_is_sent(&mut self) {
        self.removals.values_mut().chain(self.renewals.values_mut()).for_each(|owed| owed.is_sent = false);
    }

    /// Forgets what has gone by itself; answers when that will be so of the next.
    pub(super) fn expire(&mut self, now: Moment) -> Moment {
        self.removals.retain(|_, owed| owed.debt.until > now);
        self.renewals.retain(|_, owed| owed.debt.until > now);
        let untils = self.removals.values().chain(self.renewals.values()).map(|owed| owed.debt.until);
        untils.min().unwrap_or(Moment::NEVER)
    }
}

impl Owed {
    /// Was it owed when `n_noted` were, and is it not on its way?
    fn is_settled(&self, n_noted: u64) -> bool {
        self.debt.number <= n_noted && !self.is_sent
    }
}

/// What is on its way stays so, and will not have been this.
fn remember<K: Clone + Eq + Hash>(debts: &mut HashMap<K, Owed>, key: &K, debt: Debt) {
    let is_sent = debts.get(key).is_some_and(|before| before.is_sent);
    debts.insert(key.clone(), Owed { debt, is_sent });
}

/// Removes what is owed under `key`, unless it has been owed anew since it had this number.
fn strike<K: Eq + Hash>(debts: &mut HashMap<K, Owed>, key: &K, number: u64) {
    match debts.get_mut(key) {
        Some(owed) if owed.debt.number == number => _ = debts.remove(key),
        Some(owed) => owed.is_sent = false,
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn namespace(name: &str) -> Namespace {
        Namespace { epoch: EpochName::namespace(0, name), name: name.into() }
    }

    fn debt(name: &str, number: u64) -> Debt {
        Debt { namespace: namespace(name), until: Moment::from_millis(1_000 + number), number }
    }

    fn key(name: &str, number: u64) -> StoreKey {
        StoreKey::new(name, number.to_string())
    }

    /// Of `n_keys` keys in one namespace, numbered from 1 on.
    fn owed(n_keys: u64) -> Debts {
        let mut debts = Debts::default();
        (1..=n_keys)
            .for_each(|number| assert!(debts.remember_removal(&key("shop", number), debt("shop", number), Full::End)));
        debts
    }

    #[test]
    fn what_is_owed_twice_is_owed_once() {
        let mut debts = owed(3);
        assert!(debts.remember_removal(&key("shop", 2), debt("shop", 4), Full::End));
        assert_eq!(debts.n_owed(), 3);
        debts.remember_renewal(&namespace("other").epoch, debt("other", 5));
        debts.remember_renewal(&namespace("other").epoch, debt("other", 6));
        assert_eq!((debts.n_removals(), debts.n_renewals()), (3, 1));
    }

    #[test]
    fn too_many_are_the_end_of_their_namespace_and_of_no_other() {
        let mut debts = owed(9_999);
        assert!(debts.remember_removal(&key("other", 1), debt("other", 10_000), Full::End));
        assert!(debts.remember_removal(&key("shop", 7), debt("shop", 10_001), Full::End), "that one is known");
        assert_eq!((debts.n_removals(), debts.n_renewals()), (10_000, 0));
        assert!(!debts.remember_removal(&key("shop", 0), debt("shop", 10_002), Full::Forget), "it cannot be ended");
        assert!(debts.remember_removal(&key("shop", 0), debt("shop", 10_003), Full::End));
        assert_eq!((debts.n_removals(), debts.n_renewals()), (1, 1));
        assert!(debts.owes_removal(&key("other", 1)) && debts.owes_renewal(&namespace("shop").epoch));
        // What follows goes with it, and keeps it for as long.
        assert!(debts.remember_removal(&key("shop", 20_000), debt("shop", 20_000), Full::End));
        assert_eq!(debts.n_owed(), 2);
        assert_eq!(debts.expire(Moment::from_millis(20_000)), Moment::from_millis(21_000));
    }

    #[test]
    fn what_is_owed_anew_while_it_is_on_its_way_stays_owed() {
        let mut debts = owed(2);
        debts.remember_renewal(&namespace("other").epoch, debt("other", 3));
        let (removals, renewal) = (debts.take(10, 3, true).unwrap(), debts.take(10, 3, true).unwrap());
        assert!(debts.take(10, 3, true).is_none(), "all is on its way");
        assert!(debts.remember_removal(&key("shop", 2), debt("shop", 4), Full::End));
        // The end of a namespace that is on its way does not cover what is cleared now.
        assert!(debts.remember_removal(&key("other", 1), debt("other", 5), Full::End));
        debts.delivered(&removals);
        debts.delivered(&renewal);
        assert!(debts.owes_removal(&key("shop", 2)) && debts.owes_removal(&key("other", 1)));
        assert_eq!(debts.n_owed(), 2);
        assert!(matches!(debts.take(10, 5, true), Some(Parcel::Removals(keys)) if keys.len() == 2));
    }

    #[test]
    fn what_a_caller_does_settles_what_was_owed_when_he_began() {
        let mut debts = owed(4);
        debts.removed(&key("shop", 1), 1);
        debts.removed(&key("shop", 2), 1);
        assert!(!debts.owes_removal(&key("shop", 1)) && debts.owes_removal(&key("shop", 2)));
        debts.renewed(&namespace("other").epoch, 4);
        debts.renewed(&namespace("shop").epoch, 3);
        assert_eq!(debts.n_owed(), 1);
        let sent = debts.take(10, 4, true).unwrap();
        debts.flushed(4);
        assert_eq!(debts.n_owed(), 1, "it is on its way, and who writes waits for that");
        debts.delivered(&sent);
        assert_eq!(debts.n_owed(), 0);
    }

    #[test]
    fn what_goes_with_its_namespace_is_not_settled_by_who_began_before() {
        let mut debts = Debts::default();
        debts.remember_renewal(&namespace("shop").epoch, debt("shop", 1));
        assert!(debts.remember_removal(&key("shop", 1), debt("shop", 2), Full::End));
        debts.renewed(&namespace("shop").epoch, 1);
        assert!(debts.owes_renewal(&namespace("shop").epoch), "it may have been stored after that renewal");
        debts.renewed(&namespace("shop").epoch, 2);
        assert_eq!(debts.n_owed(), 0);
    }

    #[test]
    fn it_is_taken_in_parts_as_it_was_owed_then() {
        let mut debts = owed(5);
        let sizes = std::iter::from_fn(|| debts.take(2, 4, false)).map(|parcel| match parcel {
            Parcel::Removals(keys) => keys.len(),
            Parcel::Renewal { .. } => 0,
        });
        assert_eq!(sizes.collect::<Vec<_>>(), [2, 2]);
        debts.none_is_sent();
        assert!(matches!(debts.take(9, 9, false), Some(Parcel::Removals(keys)) if keys.len() == 5));
    }

    #[test]
    fn what_has_gone_by_itself_is_forgotten() {
        let mut debts = owed(3);
        assert_eq!(debts.expire(Moment::from_millis(0)), Moment::from_millis(1_001));
        assert_eq!(debts.expire(Moment::from_millis(1_002)), Moment::from_millis(1_003));
        assert_eq!(debts.n_owed(), 1);
        assert_eq!(debts.expire(Moment::from_millis(1_003)), Moment::NEVER);
    }

    #[test]
    fn what_callers_gave_up_is_remembered_beyond_the_bound_until_the_store_fails() {
        let mut debts = owed(9_000);
        for number in 9_001..=12_000 {
            assert!(debts.remember_removal(&key("other", number), debt("other", number), Full::Grow));
        }
        assert_eq!((debts.n_removals(), debts.n_renewals()), (12_000, 0));
        assert!(!debts.has_room(1) && !debts.remember_removal(&key("third", 1), debt("third", 12_001), Full::Forget));
        debts.shrink();
        assert_eq!((debts.n_removals(), debts.n_renewals()), (3_000, 1), "that with most of them");
        assert!(debts.owes_renewal(&namespace("shop").epoch));
        assert_eq!(debts.expire(Moment::from_millis(0)), Moment::from_millis(10_000), "as long as the last of them");
    }
}
