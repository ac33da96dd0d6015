//! Which cache a call goes to: the current one, one by name, or the one that a test has put in their place. Bound at
//! each call, so functions annotated and called before see a new adapter from their next call on.

mod alias;
mod current;
mod into_cache;
mod local;
mod scoped;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

pub use current::{adapter_get, adapter_set, async_adapter_get, async_adapter_set};
pub use into_cache::IntoCache;
pub use scoped::{Scoped, scoped, scoped_async};

use crate::cache::Cache;
use crate::error::Result;

type Factory = Arc<dyn Fn() -> Result<Cache> + Send + Sync>;

struct Registry {
    /// Made on first use.
    current: Option<Cache>,
    /// `None`: the async side shares the other's.
    current_async: Option<Cache>,
    /// By lower-case alias: always the same instance.
    named: HashMap<String, Cache>,
    /// The user's own aliases.
    factories: HashMap<String, Factory>,
    caching: bool,
}

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(|| {
    let registry = Registry {
        current: None,
        current_async: None,
        named: HashMap::new(),
        factories: HashMap::new(),
        caching: true,
    };
    Mutex::new(registry)
});

/// Raised with every change, so that threads know when what they remember is out of date. Never 0.
static VERSION: AtomicU64 = AtomicU64::new(1);

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    fn current(&mut self, face: Face) -> &Cache {
        match (face, &self.current_async) {
            (Face::Async, Some(cache)) => cache,
            _ => self.current.get_or_insert_with(|| crate::adapters::MemoryCache::new().into()),
        }
    }
}

/// Changes the registry, and lets all threads know. What is replaced is dropped with the lock released.
fn change<T>(change: impl FnOnce(&mut Registry) -> T) -> T {
    let mut registry = registry();
    let replaced = change(&mut registry);
    VERSION.fetch_add(1, Ordering::Release);
    drop(registry);
    replaced
}

/// Lets `adapter_set` and `#[cached(adapter = "…")]` know a name of your own.
///
/// `make` runs at the name's first use, and again at the next if it fails: there is one instance of a name. A name that is
/// taken is taken over, and what it stood for is made anew.
///
/// # Examples
/// ```
/// use larder::{MemoryCache, cached};
///
/// larder::register_adapter("sessions", || MemoryCache::builder().max_entries(50).build());
///
/// #[cached(adapter = "sessions", key = "greeting:{name}")]
/// fn greeting(name: &str) -> String { format!("hello {name}") }
///
/// assert_eq!(greeting("ada"), "hello ada");
/// assert_eq!(greeting("ada"), "hello ada");
/// assert_eq!(greeting::stats().hits, 1);
/// ```
pub fn register_adapter<C: IntoCache>(name: &str, make: impl Fn() -> Result<C> + Send + Sync + 'static) {
    let name = name.to_ascii_lowercase();
    let factory: Factory = Arc::new(move || make()?.into_cache());
    drop(change(|registry| (registry.factories.insert(name.clone(), factory), registry.named.remove(&name))));
}

/// Switches caching off or on again, for the whole process but what runs in a [`scoped`]. Off, annotated functions just
/// run; helpers still reach the entries, so that nothing cleared meanwhile comes back.
///
/// # Examples
/// ```
/// use larder::cached;
///
/// #[cached(key = "half:{x}")]
/// fn half(x: u64) -> u64 { x / 2 }
///
/// larder::set_caching(false);
/// half(8);
/// half(8);
/// larder::set_caching(true);
/// assert_eq!(half::stats().hits, 0);
/// ```
pub fn set_caching(on: bool) {
    change(|registry| registry.caching = on);
}

/// Which side of a program asks: each may have a store of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Blocking,
    Async,
}

/// Where a call goes.
pub(crate) enum Target {
    Cache(Rc<Cache>),
    /// Caching is off: the function runs.
    Off,
    /// The named cache cannot be had: the function runs.
    Unknown,
}

/// The cache of the next call, for a function that names `adapter` or none.
#[inline(always)]
pub(crate) fn target(adapter: Option<&'static str>, face: Face) -> Target {
    local::target(adapter, face)
}

/// The cache whose entries a helper works on, whether caching is on or off.
///
/// # Errors
/// Where `adapter` names one that cannot be had.
pub(crate) fn helped(adapter: Option<&'static str>, face: Face) -> Result<Cache> {
    match (adapter, local::scope()) {
        (_, Some(cache)) => Ok(cache),
        (None, None) => Ok(registry().current(face).clone()),
        (Some(name), None) => named(name),
    }
}

/// The one instance that goes by `name`, made at its first use.
fn named(name: &str) -> Result<Cache> {
    let name = alias::canonical(name);
    loop {
        let version = VERSION.load(Ordering::Acquire);
        if let Some(cache) = registry().named.get(&name) {
            return Ok(cache.clone());
        }
        // Made and dropped with the lock released, as it may be the user's code. If two make it, the first to be back
        // wins; if the name was registered anew meanwhile, what was made is out of date.
        let made = alias::make(&name)?;
        let mut registry = registry();
        if VERSION.load(Ordering::Acquire) == version {
            let kept = registry.named.entry(name).or_insert_with(|| made.clone()).clone();
            drop(registry);
            return Ok(kept);
        }
    }
}
