//! The request path: what happens to a call, an entry and its permit, written once for every store and for both faces.

mod approach;
#[cfg(feature = "far")]
mod builder;
mod by_hand;
mod core;
mod errand;
mod generations;
mod help;
mod lead;
#[cfg(feature = "far")]
mod limits;
mod settings;
mod sweep;
mod turn;
mod undelivered;
mod watched;
mod weights;
mod write;

use std::fmt;
use std::sync::Arc;

pub(crate) use self::core::{Defaults, Setup};
#[cfg(feature = "far")]
pub use builder::CacheBuilder;

pub(crate) use approach::{Approach, Step};
pub use by_hand::Removed;
pub(crate) use by_hand::{ByHand, WatchedHand};
pub(crate) use errand::Tier;
pub(crate) use help::{Looked, Setting};
pub(crate) use lead::{Delivery, Lead};
pub(crate) use settings::settings;
pub(crate) use turn::Request;
pub use undelivered::{Undelivered, shutdown, shutdown_async};
pub(crate) use watched::{WatchedCache, hit_if};
pub(crate) use weights::Weights;

use self::core::Core;
use crate::key::KeyRef;
use crate::near::{NearKeyRef, Slot};

/// One namespace of one store, with the computations that are under way for it.
///
/// A handle: clones share everything. Stores convert into it (`MemoryCache`, `RedisCache`), and
/// [`adapter_set`](crate::adapter_set) takes whatever does. A far store that two caches are made of has two breakers, and a
/// key may be computed once in each; and what one of them could not clear, the other may still find.
///
/// # Examples
/// ```
/// use larder::{Cache, MemoryCache};
///
/// let cache = Cache::from(MemoryCache::new());
/// assert_eq!((cache.adapter(), cache.namespace()), ("memory", ""));
/// assert_eq!(cache.with_namespace("billing").namespace(), "billing");
/// ```
#[derive(Clone)]
pub struct Cache {
    core: Arc<Core>,
    namespace: Namespace,
}

/// Entries of different namespaces never meet, whatever their keys.
#[derive(Clone)]
struct Namespace {
    id: u32,
    name: Arc<str>,
}

impl Cache {
    /// The namespace of caches over far stores, which other programs may use too, unless they are given one.
    #[cfg(feature = "far")]
    pub(crate) const FAR_NAMESPACE: &str = "larder";

    /// A cache over a far store, with the defaults: see [`CacheBuilder`].
    #[cfg(feature = "far")]
    pub fn far(adapter: impl crate::adapter::CacheAdapter) -> Self {
        Self::builder(adapter).build().expect("the defaults are valid")
    }

    /// To say otherwise.
    #[cfg(feature = "far")]
    pub fn builder(adapter: impl crate::adapter::CacheAdapter) -> CacheBuilder {
        CacheBuilder::new(crate::adapter::AnyAdapter::new(adapter))
    }

    #[doc = include_str!("../../docs/plain.md")]
    #[cfg(feature = "far")]
    pub fn plain(adapter: impl crate::adapter::PlainAdapter) -> CacheBuilder {
        CacheBuilder::new(crate::adapter::AnyAdapter::plain(adapter))
    }

    /// Over several stores, each under its name and with the keys that [`Fleet`](crate::adapter::Fleet) gives it: one that
    /// is down takes its own keys with it, and no others.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use larder::adapter::AnyAdapter;
    /// use larder::testing::MemoryAdapter;
    /// use larder::Cache;
    ///
    /// let stores = ["a", "b"].map(|name| (name, AnyAdapter::new(MemoryAdapter::new())));
    /// let cache = Cache::fleet(stores).build()?;
    /// assert_eq!(cache.adapter(), "memory-adapter");
    /// # }
    /// # Ok::<(), larder::Error>(())
    /// ```
    #[cfg(feature = "far")]
    pub fn fleet<N: Into<String>>(stores: impl IntoIterator<Item = (N, crate::adapter::AnyAdapter)>) -> CacheBuilder {
        CacheBuilder::of_fleet(stores.into_iter().map(|(name, store)| (name.into(), store)))
    }

    pub(crate) fn new(setup: Setup) -> Self {
        let core = Core::new(setup);
        let namespace = Namespace { id: core.namespace_id(""), name: "".into() };
        Self { core, namespace }
    }

    /// The name of its adapter: `memory`, `redis`.
    pub fn adapter(&self) -> &'static str {
        self.core.adapter
    }

    /// The name of its namespace; unless one was given, `larder` over a far store and empty in memory.
    pub fn namespace(&self) -> &str {
        &self.namespace.name
    }

    /// The same store, seen through another namespace: its entries are apart from all others.
    #[must_use]
    pub fn with_namespace(&self, name: &str) -> Self {
        let namespace = Namespace { id: self.core.namespace_id(name), name: name.into() };
        Self { core: Arc::clone(&self.core), namespace }
    }

    /// Are both handles of one namespace of one store?
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.shares_store_with(other) && self.namespace.id == other.namespace.id
    }

    pub(crate) fn shares_store_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.core, &other.core)
    }

    /// How many entries it holds in this process, in all namespaces; those that have expired and are not yet swept included.
    /// What stands in a far store is not counted.
    pub fn n_entries(&self) -> usize {
        self.core.near.as_ref().map_or(0, |near| near.n_entries())
    }

    /// How many computations are under way in its store.
    pub fn n_flights(&self) -> usize {
        self.core.flights.n_flights()
    }

    /// The live entry under `key`.
    pub(crate) fn live(&self, key: KeyRef<'_>) -> Option<Arc<Slot>> {
        let near = self.core.near.as_ref()?;
        near.sight(self.near_key(key), &self.core.clock).live().cloned()
    }

    /// What stands under `key`, live or not.
    fn find(&self, key: KeyRef<'_>) -> Option<Arc<Slot>> {
        self.core.near.as_ref()?.get(self.near_key(key))
    }

    #[inline]
    fn is_live(&self, slot: &Slot) -> bool {
        slot.is_live(|| self.core.clock.now())
    }

    #[inline(always)]
    fn near_key<'a>(&self, key: KeyRef<'a>) -> NearKeyRef<'a> {
        NearKeyRef::new(&self.core.hash, self.namespace.id, key.as_bytes())
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("adapter", &self.adapter()).field("namespace", &self.namespace()).finish()
    }
}

#[cfg(all(test, shuttle))]
mod interleavings;
