//! What this process knows of a store's epochs. What it replaced itself it knows at once; what others replace, within a
//! second, as whatever was read longer ago than that is read again before it is believed.
//!
//! A generation of this process belongs to one value of each of its epochs: learning another value ends the generation in the
//! same step, so that no call which knows the new value joins a computation that began under the old one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use foldhash::fast::RandomState;

use super::debts::Namespace;
use crate::adapter::{EpochName, Living};
use crate::clock::Moment;
use crate::near::Generation;
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
    /// Numbers readings as they begin and renewals as they end, to tell which came first. Milliseconds cannot.
    n_steps: AtomicU64,
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
    generation: Mutex<Arc<Generation>>,
}

struct Known {
    name: EpochName,
    /// Above the locks of the groups' generations, which change with it.
    state: Mutex<State>,
    /// The groups whose entries carry this epoch.
    groups: Mutex<Vec<Weak<Group>>>,
    /// Since it was last read.
    is_used: AtomicBool,
}

#[derive(Clone, Copy)]
struct State {
    /// 0 where it is not known.
    epoch: u64,
    asked_at: Moment,
    /// The number of the last reading that was believed: of two that overlap, the one that began first does not undo the other.
    reading: u64,
    /// The number of this process's last renewal: a reading that began before its end is not believed.
    renewal: u64,
}

impl State {
    const UNKNOWN: Self = Self { epoch: 0, asked_at: Moment::from_millis(0), reading: 0, renewal: 0 };
}

/// Taken before an epoch is asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    at: Moment,
    number: u64,
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
        let known: Box<[_]> = names.iter().map(|name| self.known(name)).collect();
        let mut groups = self.groups.lock();
        let group = groups.entry(id).or_insert_with(|| {
            let generation = Mutex::new(Arc::new(Generation::new()));
            let group = Arc::new(Group { names, template, name: name.into(), known, generation });
            group.known.iter().for_each(|known| known.groups.lock().push(Arc::downgrade(&group)));
            group
        });
        Arc::clone(group)
    }

    /// Ends the generations of a template, or of all templates of a namespace, on every shard: what is being computed there is
    /// neither stored nor joined any more.
    pub(super) fn end_generations(&self, namespace: u32, template: Option<&str>) {
        let groups = self.groups.lock();
        let of_template = |id: &GroupId| template.is_none_or(|template| id.template == template);
        let ended = groups.iter().filter(|(id, _)| id.namespace == namespace && of_template(id));
        ended.for_each(|(_, group)| group.end_generation());
    }

    fn known(&self, name: &EpochName) -> Arc<Known> {
        let mut known = self.known.lock();
        let new = || {
            let (state, groups) = (Mutex::new(State::UNKNOWN), Mutex::default());
            Arc::new(Known { name: name.clone(), state, groups, is_used: AtomicBool::new(false) })
        };
        Arc::clone(known.entry(name.clone()).or_insert_with(new))
    }

    pub(super) fn ask(&self, now: Moment) -> Asked {
        Asked { at: now, number: self.step() }
    }

    fn step(&self) -> u64 {
        self.n_steps.fetch_add(1, Ordering::SeqCst) + 1
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
        known.change(|state| {
            let is_last = state.renewal < asked.number;
            State { epoch: if is_last { epoch } else { 0 }, asked_at: asked.at, renewal: self.step(), ..state }
        });
    }

    /// Everything in the store is gone, the epochs too: those that it makes anew are learned with the next trip.
    pub(super) fn forget(&self) {
        let known: Vec<_> = self.known.lock().values().map(Arc::clone).collect();
        known.iter().for_each(|known| known.change(|_| State { renewal: self.step(), ..State::UNKNOWN }));
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
        self.change(|state| {
            if asked.number < state.renewal.max(state.reading) {
                return state;
            }
            State { epoch, asked_at: asked.at, reading: asked.number, ..state }
        });
    }

    /// Where another value takes the place of one that was known, what was computed under that one is void. A value that is
    /// known for the first time ends nothing.
    fn change(&self, change: impl FnOnce(State) -> State) {
        let mut state = self.state.lock();
        let before = state.epoch;
        *state = change(*state);
        if before != 0 && before != state.epoch {
            self.groups.lock().iter().filter_map(Weak::upgrade).for_each(|group| group.end_generation());
        }
    }

    fn believed(&self, now: Moment) -> Option<u64> {
        self.is_used.store(true, Ordering::Relaxed);
        let state = *self.state.lock();
        (state.epoch != 0 && now <= state.asked_at.after(BELIEVED)).then_some(state.epoch)
    }
}

impl Group {
    /// The generation of what is computed from now on.
    pub(crate) fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.generation.lock())
    }

    /// The generation of what is computed from now on, if `living` are the epochs that are known: what was read with them is
    /// not older than what this process has heard since.
    pub(crate) fn generation_of(&self, living: &Living) -> Option<Arc<Generation>> {
        // Before the epochs: where another value is learned in between, this generation is over.
        let generation = self.generation();
        let [namespace, template] = [0, 1].map(|at| self.known.get(at).map(|known| known.state.lock().epoch));
        (namespace == Some(living.namespace) && template == living.template).then_some(generation)
    }

    fn end_generation(&self) {
        let ended = std::mem::replace(&mut *self.generation.lock(), Arc::new(Generation::new()));
        ended.kill();
    }

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
