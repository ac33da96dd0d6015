//! Who watches which store. Each store has the whole list of its observers, those of all stores included, so that a command
//! looks in one place, and at a flag before that.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Observer;
use super::named::Named;
use crate::error::{Error, Result};

/// An observer that is attached.
pub(super) struct Attached {
    pub(super) observer: Box<dyn Held>,
    pub(super) n_panics: AtomicU64,
    /// Of which name and meaning, if the configuration has attached it.
    named: Option<Named>,
}

impl Attached {
    pub(super) fn new(observer: impl Observer, named: Option<Named>) -> Arc<Self> {
        Arc::new(Self { observer: Box::new(observer), n_panics: AtomicU64::new(0), named })
    }
}

/// An observer whose type can be asked for.
pub(super) trait Held: Observer {
    fn as_any(&self) -> &dyn Any;
}

impl<O: Observer> Held for O {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// In the order in which they were attached.
pub(super) type List = Arc<[Arc<Attached>]>;

/// The observers of one store.
pub(crate) struct Observers {
    /// Is there one? All that a hit asks.
    any: AtomicBool,
    /// Held to read it or to replace it, and for nothing else.
    list: Mutex<List>,
}

/// What has observers.
pub(crate) trait Observed: Send + Sync {
    fn observers(&self) -> &Observers;
}

/// The observers of all stores, and the stores. Held while any list changes, so that none is left out and no flag is wrong.
#[derive(Default)]
struct Everywhere {
    observers: Vec<Arc<Attached>>,
    stores: Vec<Weak<dyn Observed>>,
}

static EVERYWHERE: Mutex<Everywhere> = Mutex::new(Everywhere { observers: Vec::new(), stores: Vec::new() });

fn everywhere() -> MutexGuard<'static, Everywhere> {
    EVERYWHERE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Everywhere {
    /// The stores that are in use. Those that are gone are forgotten here.
    fn stores(&mut self) -> Vec<Arc<dyn Observed>> {
        let living = self.stores.iter().filter_map(Weak::upgrade).collect();
        self.stores.retain(|store| store.strong_count() > 0);
        living
    }
}

impl Default for Observers {
    fn default() -> Self {
        Self { any: AtomicBool::new(false), list: Mutex::new(Arc::new([])) }
    }
}

impl Observers {
    /// From here on `store` is one of all stores.
    pub(crate) fn enlist(store: Weak<dyn Observed>) {
        let mut everywhere = everywhere();
        if let Some(observed) = store.upgrade() {
            observed.observers().change(|_| everywhere.observers.clone());
        }
        if everywhere.stores.len() == everywhere.stores.capacity() {
            everywhere.stores.retain(|store| store.strong_count() > 0);
        }
        everywhere.stores.push(store);
    }

    #[inline(always)]
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    pub(super) fn list(&self) -> List {
        Arc::clone(&self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The first observer of this type.
    pub(crate) fn find<O: Observer>(&self) -> Option<Arc<O>> {
        self.list().iter().find_map(|attached| {
            let observer = attached.observer.as_any();
            let shared = observer.downcast_ref::<Arc<Arc<O>>>().map(|shared| &**shared);
            observer.downcast_ref::<Arc<O>>().or(shared).cloned()
        })
    }

    /// Attaches those of the names that `before` has, and makes the others.
    ///
    /// # Errors
    /// What the place of a name says that cannot be had.
    pub(crate) fn attach_named(&self, named: &[Named], before: Option<&Self>) -> Result<(), (usize, Error)> {
        let before = before.map(Self::list);
        for (name, at) in named.iter().zip(0..) {
            let known = before.iter().flat_map(|list| &**list).find(|known| known.named.as_ref() == Some(name));
            let attached = match known {
                Some(known) => Arc::clone(known),
                None => name.make().map_err(|error| (at, error))?,
            };
            let everywhere = everywhere();
            let replaced = self.add(&[attached]);
            drop(everywhere);
            drop(replaced);
        }
        Ok(())
    }

    /// Takes over whom the program itself has attached to `before`.
    pub(crate) fn inherit(&self, before: &Self) {
        let everywhere = everywhere();
        let own: Vec<_> = before.list().iter().filter(|attached| attached.named.is_none()).cloned().collect();
        let replaced = self.add(&own);
        drop(everywhere);
        drop((replaced, own));
    }

    /// The caller holds `EVERYWHERE`, and drops the list that was replaced when it no longer does: that may drop observers.
    fn change(&self, change: impl FnOnce(&[Arc<Attached>]) -> Vec<Arc<Attached>>) -> List {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let changed: List = change(&list).into();
        self.any.store(!changed.is_empty(), Ordering::Relaxed);
        std::mem::replace(&mut *list, changed)
    }

    /// Attaches those that are not there yet.
    fn add(&self, attached: &[Arc<Attached>]) -> List {
        self.change(|list| {
            let is_new = |attached: &&Arc<Attached>| !list.iter().any(|other| Arc::ptr_eq(other, attached));
            list.iter().chain(attached.iter().filter(is_new)).cloned().collect()
        })
    }

    fn detach(&self, attached: &Arc<Attached>) -> List {
        self.change(|list| list.iter().filter(|other| !Arc::ptr_eq(other, attached)).cloned().collect())
    }
}

/// An observer that is attached, by [`Cache::observe`](crate::Cache::observe) or [`observe`]. Dropping this leaves it there.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use larder::observer::HitMissRatio;
/// use larder::{Cache, MemoryCache};
///
/// let (cache, ratio) = (Cache::from(MemoryCache::new()), Arc::new(HitMissRatio::new()));
/// let observation = cache.observe(Arc::clone(&ratio));
/// cache.blocking().get::<i32>("tea")?;
/// assert_eq!(observation.n_panics(), 0);
/// observation.end();
/// cache.blocking().get::<i32>("tea")?;
/// assert_eq!(ratio.total(), 1);
/// # Ok::<(), larder::Error>(())
/// ```
pub struct Observation {
    attached: Arc<Attached>,
}

impl Observation {
    pub(crate) fn new(observer: impl Observer, observers: &Observers) -> Self {
        let attached = Attached::new(observer, None);
        let everywhere = everywhere();
        let replaced = observers.add(std::slice::from_ref(&attached));
        drop(everywhere);
        drop(replaced);
        Self { attached }
    }

    /// Takes the observer off, wherever it is by now. Commands that are under way still tell it that they are through.
    pub fn end(self) {
        let mut everywhere = everywhere();
        let stores = everywhere.stores();
        let replaced: Vec<_> = stores.iter().map(|store| store.observers().detach(&self.attached)).collect();
        everywhere.observers.retain(|other| !Arc::ptr_eq(other, &self.attached));
        drop(everywhere);
        drop((replaced, stores));
    }

    /// So many of its hooks have panicked.
    pub fn n_panics(&self) -> u64 {
        self.attached.n_panics.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation").field("n_panics", &self.n_panics()).finish_non_exhaustive()
    }
}

/// Has `observer` watch the commands of every cache of this process, those made later included.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use larder::observer::{Command, Timing, observe};
///
/// let timing = Arc::new(Timing::new());
/// let observation = observe(Arc::clone(&timing));
/// larder::set("tea", 1, 60)?;
/// assert_eq!(timing.of(Command::Set).unwrap().count, 1);
/// observation.end();
/// # Ok::<(), larder::Error>(())
/// ```
pub fn observe(observer: impl Observer) -> Observation {
    let attached = Attached::new(observer, None);
    let mut everywhere = everywhere();
    everywhere.observers.push(Arc::clone(&attached));
    let stores = everywhere.stores();
    let replaced: Vec<_> = stores.iter().map(|store| store.observers().add(std::slice::from_ref(&attached))).collect();
    drop(everywhere);
    // The last handle of a cache may have gone meanwhile, and its values with it.
    drop((replaced, stores));
    Observation { attached }
}
