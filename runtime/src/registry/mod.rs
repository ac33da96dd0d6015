//! Which cache a call goes to: the current one, one by name, or the one that a test has put in their place. Bound at
//! each call, so functions annotated and called before see a new adapter from their next call on.

mod alias;
mod check;
#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
mod configure;
mod current;
mod entry;
mod into_cache;
mod local;
mod making;
mod named;
mod scoped;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

pub(crate) use alias::is_store;
pub use check::check_environment;
#[cfg(feature = "memcached")]
pub use configure::configure_memcached;
#[cfg(feature = "redis")]
pub use configure::configure_redis;
#[cfg(feature = "sqlite")]
pub use configure::configure_sqlite;
pub use current::{adapter_get, adapter_set, async_adapter_get, async_adapter_set};
pub(crate) use entry::Entry;
pub use into_cache::IntoCache;
pub use named::register_adapter;
pub(crate) use named::{configure, create, named};
pub use scoped::{Scoped, scoped, scoped_async};

use crate::cache::Cache;
use crate::error::Result;

type Factory = Arc<dyn Fn() -> Result<Cache> + Send + Sync>;

/// What a name stands for. What was said last counts.
#[derive(Clone)]
enum Standing {
    /// By `register_adapter`.
    Registered(Factory),
    /// By `caches::configure`.
    Configured(Arc<Entry>),
    /// By `configure_redis` and its like.
    #[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
    Store(crate::adapters::named::Maker),
}

impl Standing {
    /// Was it said at the same time?
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Registered(one), Self::Registered(other)) => Arc::ptr_eq(one, other),
            (Self::Configured(one), Self::Configured(other)) => Arc::ptr_eq(one, other),
            #[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
            (Self::Store(one), Self::Store(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

struct Registry {
    /// `None` until it is set or first used.
    current: Option<Cache>,
    /// `None`: the async side shares the other's.
    current_async: Option<Cache>,
    /// By lower-case name: always the same instance.
    named: HashMap<String, Cache>,
    /// What the program has said that names stand for: names of its own, and those of stores.
    known: HashMap<String, Standing>,
    caching: bool,
}

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(|| {
    Mutex::new(Registry {
        current: None,
        current_async: None,
        named: HashMap::new(),
        known: HashMap::new(),
        caching: true,
    })
});

/// Raised with every change, so that threads know when what they remember is out of date. Never 0.
static VERSION: AtomicU64 = AtomicU64::new(1);

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Changes the registry, and lets all threads know. What is replaced is dropped with the lock released.
fn change<T>(change: impl FnOnce(&mut Registry) -> T) -> T {
    let mut registry = registry();
    let replaced = change(&mut registry);
    VERSION.fetch_add(1, Ordering::Release);
    drop(registry);
    replaced
}

/// Switches caching off or on again, for the whole process but what runs in a [`scoped`](fn@scoped). Off, annotated
/// functions just run; helpers still reach the entries, so that nothing cleared meanwhile comes back.
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
    /// The cache cannot be had, by the name that the function or the environment gives: the function runs.
    Unknown,
}

/// The cache of the next call, for a function that names `adapter` or none.
#[inline]
pub(crate) fn target(adapter: Option<&'static str>, face: Face) -> Target {
    local::target(adapter, face)
}

/// The same, where this thread knows it already.
#[inline(always)]
pub(crate) fn known(adapter: Option<&'static str>, face: Face) -> Option<Rc<Cache>> {
    local::known(adapter, face)
}

/// The cache whose entries a helper works on, whether caching is on or off.
///
/// # Errors
/// Where `adapter` names one that cannot be had, or the environment does.
pub(crate) fn helped(adapter: Option<&'static str>, face: Face) -> Result<Cache> {
    match (adapter, local::scope()) {
        (_, Some(cache)) => Ok(cache),
        (None, None) => current::current(face),
        (Some(name), None) => named(name),
    }
}
