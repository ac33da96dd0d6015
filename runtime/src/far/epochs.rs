//! What this process knows of a store's epochs. What it replaced itself it knows at once; what others replace, within a
//! second, as whatever was read longer ago than that is read again before it is believed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use foldhash::fast::RandomState;

use super::debts::Namespace;
use crate::adapter::{EpochName, Living};
use crate::clock::Moment;
use crate::sync::Mutex;
use crate::timeout::Timeout;

/// How long an epoch that was read is believed.
const BELIEVED: Timeout = Timeout::from_secs(1);

/// Grows with the templates of the program and the namespaces in use, not with the entries.
#[derive(Default)]
pub(super) struct Epochs {
    known: Mutex<HashMap<EpochName, Arc<Known>>>,
    /// Asked for with every call, under keys that the program's own text has chosen: a quick hash will do.
    groups: Mutex<HashMap<GroupId, Arc<Group>, RandomState>>,
    /// Counts the renewals, to tell which came first: a reading or a renewal.
    n_renewals: AtomicU64,
}

/// Entries that are cleared together: those of one template (none, if it is empty), in one namespace, on one shard.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct GroupId {
    pub(crate) namespace: u32,
    pub(crate) template: &'static str,
    pub(crate) shard: u16,
}

/// The epochs that an entry carries: of its namespace, and of its template if it has one.
pub(crate) struct Group {
    pub(super) names: Box<[EpochName]>,
    /// The fingerprint of the template; 0 if there is none.
    pub(super) template: u64,
    /// The namespace itself.
    name: Arc<str>,
    known: Box<[Arc<Known>]>,
}

struct Known {
    name: EpochName,
    state: Mutex<State>,
    /// Since it was last read.
    is_used: AtomicBool,
}

#[derive(Clone, Copy)]
struct State {
    /// 0 before the first reading.
    epoch: u64,
    asked_at: Moment,
    /// The number of the renewal that told it, so that readings begun before that are not believed.
    renewal: u64,
}

/// Taken before an epoch is asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    at: Moment,
    n_renewals: u64,
}

impl Epochs {
    /// The group of this number, of a namespace of this name. `make` tells the namespace's epoch, and the fingerprint of the
    /// template.
    pub(super) fn group(&self, id: GroupId, name: &str, make: impl FnOnce() -> (EpochName, u64)) -> Arc<Group> {
        if let Some(group) = self.groups.lock().get(&id) {
            return Arc::clone(group);
        }
        let (namespace, template) = make();
        let of_template = (!id.template.is_empty()).then(|| namespace.and_template(template));
        let names: Box<[_]> = [namespace].into_iter().chain(of_template).collect();
        let known = names.iter().map(|name| self.known(name)).collect();
        let group = Arc::new(Group { names, template, name: name.into(), known });
        Arc::clone(self.groups.lock().entry(id).or_insert(group))
    }

    fn known(&self, name: &EpochName) -> Arc<Known> {
        let mut known = self.known.lock();
        let state = State { epoch: 0, asked_at: Moment::from_millis(0), renewal: 0 };
        let new = || Arc::new(Known { name: name.clone(), state: Mutex::new(state), is_used: AtomicBool::new(false) });
        Arc::clone(known.entry(name.clone()).or_insert_with(new))
    }

    pub(super) fn ask(&self, now: Moment) -> Asked {
        Asked { at: now, n_renewals: self.n_renewals.load(Ordering::SeqCst) }
    }

    /// What a reading has told.
    pub(super) fn learn(&self, names: &[EpochName], epochs: &[u64], asked: Asked) {
        for (name, &epoch) in names.iter().zip(epochs) {
            self.known(name).learn(epoch, asked);
        }
    }

    /// What this process has replaced, in a trip that began when `asked` was taken. 0: nobody knows by what.
    ///
    /// Where another renewal of it has ended during that trip, nobody knows which of the two came first to the store.
    pub(super) fn renewed(&self, name: &EpochName, epoch: u64, asked: Asked) {
        let known = self.known(name);
        let mut state = known.state.lock();
        let renewal = self.n_renewals.fetch_add(1, Ordering::SeqCst) + 1;
        let is_last = state.renewal <= asked.n_renewals;
        *state = State { epoch: if is_last { epoch } else { 0 }, asked_at: asked.at, renewal };
    }

    /// Everything in the store is gone, the epochs too: those that it makes anew are learned with the next trip.
    pub(super) fn forget(&self) {
        let renewal = self.n_renewals.fetch_add(1, Ordering::SeqCst) + 1;
        for known in self.known.lock().values() {
            *known.state.lock() = State { epoch: 0, asked_at: Moment::from_millis(0), renewal };
        }
    }

    /// The epoch of this name, if it is known and believed.
    pub(super) fn believed(&self, name: &EpochName, now: Moment) -> Option<u64> {
        self.known(name).believed(now)
    }

    /// The names that were used since they were last asked for here.
    pub(super) fn used(&self) -> Vec<EpochName> {
        let known = self.known.lock();
        let used = known.values().filter(|known| known.is_used.swap(false, Ordering::Relaxed));
        used.map(|known| known.name.clone()).collect()
    }
}

impl Known {
    fn learn(&self, epoch: u64, asked: Asked) {
        let mut state = self.state.lock();
        if asked.n_renewals >= state.renewal && asked.at >= state.asked_at {
            *state = State { epoch, asked_at: asked.at, ..*state };
        }
    }

    fn believed(&self, now: Moment) -> Option<u64> {
        self.is_used.store(true, Ordering::Relaxed);
        let state = *self.state.lock();
        (state.epoch != 0 && now <= state.asked_at.after(BELIEVED)).then_some(state.epoch)
    }
}

impl Group {
    pub(super) fn namespace(&self) -> Namespace {
        Namespace { epoch: self.names[0].clone(), name: Arc::clone(&self.name) }
    }

    /// The epochs, if all are known and believed.
    pub(super) fn living(&self, now: Moment) -> Option<Living> {
        let (namespace, template) = self.known.split_first()?;
        // Each is asked, so that none goes stale beside another.
        let (namespace, template) = (namespace.believed(now), template.first().map(|known| known.believed(now)));
        Some(Living { namespace: namespace?, template: template.map_or(Some(None), |known| known.map(Some))? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: GroupId = GroupId { namespace: 0, template: "user:{}", shard: 0 };

    fn names() -> [EpochName; 2] {
        [EpochName::namespace(0, "shop"), EpochName::template(0, "shop", 7)]
    }

    fn group(epochs: &Epochs) -> Arc<Group> {
        let group = epochs.group(GROUP, "shop", || (EpochName::namespace(0, "shop"), 7));
        assert_eq!(*group.names, names());
        group
    }

    fn at(ms: u64) -> Moment {
        Moment::from_millis(ms)
    }

    #[test]
    fn what_was_read_is_believed_for_a_second() {
        let epochs = Epochs::default();
        let group = group(&epochs);
        assert_eq!(group.living(at(5)), None);
        epochs.learn(&names(), &[3, 4], epochs.ask(at(5)));
        let living = Some(Living { namespace: 3, template: Some(4) });
        assert_eq!((group.living(at(5)), group.living(at(1_005)), group.living(at(1_006))), (living, living, None));
    }

    #[test]
    fn a_reading_that_began_before_a_renewal_does_not_undo_it() {
        let epochs = Epochs::default();
        let group = group(&epochs);
        epochs.learn(&names(), &[3, 4], epochs.ask(at(5)));
        let asked = epochs.ask(at(6));
        epochs.renewed(&names()[1], 9, epochs.ask(at(6)));
        epochs.learn(&names(), &[3, 4], asked);
        assert_eq!(group.living(at(6)), Some(Living { namespace: 3, template: Some(9) }));
        epochs.learn(&names(), &[3, 10], epochs.ask(at(6)));
        assert_eq!(group.living(at(6)), Some(Living { namespace: 3, template: Some(10) }));
    }

    #[test]
    fn a_reading_that_began_before_all_was_forgotten_is_not_believed() {
        let epochs = Epochs::default();
        let group = group(&epochs);
        let asked = epochs.ask(at(5));
        epochs.forget();
        epochs.learn(&names(), &[3, 4], asked);
        assert_eq!((group.living(at(5)), epochs.believed(&names()[0], at(5))), (None, None));
        epochs.learn(&names(), &[5, 6], epochs.ask(at(5)));
        assert_eq!(group.living(at(5)), Some(Living { namespace: 5, template: Some(6) }));
        assert_eq!(epochs.believed(&names()[0], at(5)), Some(5));
        epochs.forget();
        assert_eq!(group.living(at(5)), None);
    }

    #[test]
    fn of_renewals_that_overlap_nobody_knows_which_came_last() {
        let epochs = Epochs::default();
        let group = group(&epochs);
        epochs.learn(&names(), &[3, 4], epochs.ask(at(5)));
        let [one, other] = [epochs.ask(at(6)), epochs.ask(at(6))];
        epochs.renewed(&names()[1], 9, other);
        assert_eq!(group.living(at(6)), Some(Living { namespace: 3, template: Some(9) }));
        epochs.renewed(&names()[1], 8, one);
        assert_eq!(group.living(at(6)), None);
        epochs.learn(&names(), &[3, 9], epochs.ask(at(6)));
        assert_eq!(group.living(at(6)), Some(Living { namespace: 3, template: Some(9) }));
    }

    #[test]
    fn what_belongs_to_no_template_has_one_epoch() {
        let epochs = Epochs::default();
        let group = epochs.group(GroupId { template: "", ..GROUP }, "shop", || (EpochName::namespace(0, "shop"), 0));
        assert_eq!((group.names.len(), group.living(at(5))), (1, None));
        epochs.learn(&group.names, &[3], epochs.ask(at(5)));
        assert_eq!(group.living(at(5)), Some(Living { namespace: 3, template: None }));
    }

    #[test]
    fn only_what_is_used_is_read_again() {
        let epochs = Epochs::default();
        let group = group(&epochs);
        assert!(epochs.used().is_empty());
        assert_eq!(group.living(at(1)), None);
        assert_eq!(epochs.used().len(), 2);
        assert!(epochs.used().is_empty());
    }
}
