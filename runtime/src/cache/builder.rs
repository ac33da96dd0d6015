//! What a cache over a far store can be told.

use std::fmt;
use std::sync::Arc;

use super::core::{Defaults, Setup};
use super::errand::Tier;
use super::{Cache, Weights, settings};
use crate::adapter::{AnyAdapter, CacheAdapter, ShardOf};
use crate::clock::Clock;
use crate::codec::Codec;
use crate::defaults::default_codec;
use crate::error::{Error, ErrorKind, Result};
use crate::far::Far;
use crate::layer::{CountedElsewhere, Guarded, Layer, Layered, LimitSettings, Limits, Member};
use crate::near::Bound;
use crate::timeout::Timeout;

/// So many results of an outage are kept near.
const NEAR_ENTRIES: u64 = 10_000;

/// Settings of a cache over a far store; [`Cache::builder`] makes one.
///
/// # Examples
/// ```
/// # #[cfg(feature = "testing")] {
/// use larder::testing::MemoryAdapter;
/// use larder::{Cache, Codec};
///
/// let cache = Cache::builder(MemoryAdapter::new()).namespace("shop").timeout(60).codec(Codec::default()).build()?;
/// assert_eq!(cache.namespace(), "shop");
/// # }
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct CacheBuilder {
    stores: Stores,
    /// `None`: [`Cache::FAR_NAMESPACE`], or none at all where other programs write the keys.
    namespace: Option<String>,
    defaults: Defaults,
    /// `None`: as the process says.
    codec: Option<Codec>,
    clock: Clock,
    pub(super) limits: LimitSettings,
}

#[derive(Clone)]
enum Stores {
    One(AnyAdapter),
    /// Each by its name, behind limits and a breaker of its own; parts of one store, where that says which has a key.
    Several(Vec<Member>, Option<ShardOf>),
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(store) => f.debug_tuple("One").field(store).finish(),
            Self::Several(stores, _) => f.debug_list().entries(stores.iter().map(|store| &store.name)).finish(),
        }
    }
}

impl Stores {
    fn name(&self) -> &'static str {
        match self {
            Self::One(adapter) => adapter.name(),
            Self::Several(stores, _) => stores.first().map_or("fleet", |store| store.adapter.name()),
        }
    }

    fn is_plain(&self) -> bool {
        match self {
            Self::One(adapter) => adapter.capability().plain,
            Self::Several(stores, _) => stores.iter().any(|store| store.adapter.capability().plain),
        }
    }

    /// A change that is done must not look like one that failed.
    fn check(&self, limits: &Limits) -> Result<()> {
        let confirms_within = match self {
            Self::One(adapter) => adapter.capability().confirms_within,
            Self::Several(stores, _) => {
                stores.iter().map(|store| store.adapter.capability().confirms_within).max().unwrap_or_default()
            }
        };
        if confirms_within.is_zero() || limits.helper_request > confirms_within {
            return Ok(());
        }
        let message = format!(
            "`helper_request_timeout` ({} ms) must be more than the {} ms that replicas have to confirm a change",
            limits.helper_request.as_millis(),
            confirms_within.as_millis()
        );
        Err(Error::new(ErrorKind::Config, message))
    }

    fn guarded(self, namespace: &str, clock: &Clock, limits: Limits) -> Result<Guarded> {
        match self {
            Self::One(adapter) => Ok(Guarded::new(adapter, namespace, clock, limits)),
            Self::Several(stores, shard_of) => Guarded::fleet(stores, shard_of, namespace, clock, limits),
        }
    }
}

impl CacheBuilder {
    pub(super) fn new(adapter: AnyAdapter) -> Self {
        Self::over(Stores::One(adapter))
    }

    /// Over several stores, each by its name: one that is down takes its own keys with it, and no others.
    pub(super) fn of_fleet(stores: impl IntoIterator<Item = (String, AnyAdapter)>) -> Self {
        let member = |(name, adapter)| Member { name, adapter, counted_elsewhere: None };
        Self::over(Stores::Several(stores.into_iter().map(member).collect(), None))
    }

    /// Over the parts of one store, of which `shard_of` says which has a key: one that is down takes its own keys with it. Each
    /// says when its failures are counted elsewhere.
    #[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "only a cluster has parts"))]
    pub(crate) fn of_shards(
        parts: impl IntoIterator<Item = (String, AnyAdapter, CountedElsewhere)>,
        shard_of: ShardOf,
    ) -> Self {
        let member = |(name, adapter, counted)| Member { name, adapter, counted_elsewhere: Some(counted) };
        Self::over(Stores::Several(parts.into_iter().map(member).collect(), Some(shard_of)))
    }

    fn over(stores: Stores) -> Self {
        Self {
            stores,
            namespace: None,
            defaults: Defaults::default(),
            codec: None,
            clock: Clock::default(),
            limits: LimitSettings::default(),
        }
    }

    /// Whose entries these are: caches of other namespaces in the same store never meet them. Default `larder`,
    /// and none for a [plain](Cache::plain) cache.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// How values are written where their function does not say. By default as [`default_codec`](crate::default_codec) says,
    /// which is MessagePack; a plain cache needs `json` or `raw`.
    pub fn codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// Puts a layer around the store, and around those that were said before; of several stores, around each. Behind it, as seen
    /// from a call, stands the store; before it larder's limit on time and its breaker.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// use larder::layer::{Layer, Verb};
    /// use larder::testing::MemoryAdapter;
    /// use larder::{Cache, Result};
    ///
    /// #[derive(Default)]
    /// struct Count(AtomicU64);
    ///
    /// impl Layer for Count {
    ///     async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
    ///         self.0.fetch_add(1, Ordering::Relaxed);
    ///         call.await
    ///     }
    /// }
    ///
    /// let count = Arc::new(Count::default());
    /// let cache = Cache::builder(MemoryAdapter::new()).layer(Arc::clone(&count)).build()?.blocking();
    /// cache.connect()?;
    /// assert_eq!(count.0.load(Ordering::Relaxed), 1);
    /// # }
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn layer(self, layer: impl Layer) -> Self {
        let layer = Arc::new(layer);
        self.wrapped(&move |adapter| AnyAdapter::new(Layered::new(adapter, Arc::clone(&layer))))
    }

    pub(crate) fn wrapped(mut self, wrap: &dyn Fn(AnyAdapter) -> AnyAdapter) -> Self {
        self.stores = match self.stores {
            Stores::One(store) => Stores::One(wrap(store)),
            Stores::Several(stores, shard_of) => {
                let wrapped = |store: Member| Member { adapter: wrap(store.adapter), ..store };
                Stores::Several(stores.into_iter().map(wrapped).collect(), shard_of)
            }
        };
        self
    }

    /// The cache. Reaches for no store: one that is down is found to be so by the first call, which computes.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) names the setting that makes no sense.
    pub fn build(self) -> Result<Cache> {
        let Self { stores, namespace, mut defaults, codec, clock, limits } = self;
        let limits = limits.limits()?;
        stores.check(&limits)?;
        if defaults.timeout.is_some_and(Timeout::is_zero) {
            return Err(Error::new(
                ErrorKind::Config,
                "a cache with `timeout` 0 keeps nothing: use `NullCache` for that",
            ));
        }
        let (name, is_plain) = (stores.name(), stores.is_plain());
        let written = codec.unwrap_or_else(default_codec);
        if is_plain && written.plain().is_none() {
            let message = format!(
                "a plain cache keeps what other programs read, not `{}`: choose the codec `json` or `raw`",
                written.name()
            );
            return Err(Error::new(ErrorKind::Config, message));
        }
        if is_plain {
            defaults.grace = Timeout::ZERO;
        }
        let namespace = namespace.unwrap_or_else(|| if is_plain { "" } else { Cache::FAR_NAMESPACE }.into());
        if namespace.len() > LONGEST_NAMESPACE {
            let message = format!("the `namespace` has {} bytes: at most {LONGEST_NAMESPACE}", namespace.len());
            return Err(Error::new(ErrorKind::Config, message));
        }
        let far = Far::new(stores.guarded(&namespace, &clock, limits)?, clock.clone());
        let cache = Cache::new(Setup {
            adapter: name,
            near: Some(Bound::Entries(NEAR_ENTRIES)),
            tier: Tier(Some((far, codec))),
            defaults,
            weights: Weights::default(),
            clock,
        });
        Ok(cache.with_namespace(&namespace))
    }
}

settings!(CacheBuilder { timeout: "above zero.", clock: "The store has a clock of its own." });

const LONGEST_NAMESPACE: usize = 64;
