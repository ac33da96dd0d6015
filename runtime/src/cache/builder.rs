//! What a cache over a far store can be told.

use super::core::{Defaults, Setup};
use super::errand::Tier;
use super::{Cache, Weights};
use crate::adapter::{AnyAdapter, CacheAdapter};
use crate::clock::Clock;
use crate::codec::Codec;
use crate::error::{Error, ErrorKind, Result};
use crate::far::Far;
use crate::layer::Guarded;
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
    adapter: AnyAdapter,
    namespace: String,
    defaults: Defaults,
    codec: Codec,
    clock: Clock,
    is_guarded: bool,
}

impl CacheBuilder {
    pub(super) fn new(adapter: AnyAdapter) -> Self {
        Self {
            adapter,
            namespace: Cache::FAR_NAMESPACE.into(),
            defaults: Defaults::default(),
            codec: Codec::default(),
            clock: Clock::default(),
            is_guarded: true,
        }
    }

    /// Whose entries these are: caches of other namespaces in the same store never meet them. Default `larder`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// How long a value is served where its function does not say. Default 300 s; above zero.
    pub fn timeout(mut self, timeout: impl Into<Timeout>) -> Self {
        self.defaults.timeout = timeout.into();
        self
    }

    /// How long past that an entry can be revived. Default 60 s; 0 switches it off.
    pub fn grace(mut self, grace: impl Into<Timeout>) -> Self {
        self.defaults.grace = grace.into();
        self
    }

    /// How values are written where their function does not say. Default MessagePack.
    pub fn codec(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    /// Where deadlines and waits take their time from. The store has a clock of its own.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Leaves out the deadline and the breaker that stand around every adapter: for one that has its own around each of its
    /// servers.
    pub(crate) fn is_guarded_itself(mut self) -> Self {
        self.is_guarded = false;
        self
    }

    /// The cache. Reaches for no store: one that is down is found to be so by the first call, which computes.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) names the setting that makes no sense.
    pub fn build(self) -> Result<Cache> {
        let Self { adapter, namespace, defaults, codec, clock, is_guarded } = self;
        if defaults.timeout.is_zero() {
            return Err(Error::new(ErrorKind::Config, "a cache with `timeout` 0 keeps nothing: use `NullCache` for that"));
        }
        if namespace.len() > LONGEST_NAMESPACE {
            let message = format!("the `namespace` has {} bytes: at most {LONGEST_NAMESPACE}", namespace.len());
            return Err(Error::new(ErrorKind::Config, message));
        }
        let name = adapter.name();
        let store = if is_guarded {
            Guarded::new(adapter, &clock)
        } else {
            Guarded { calls: adapter.clone(), helpers: adapter }
        };
        let far = Far::new(store, clock.clone());
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

const LONGEST_NAMESPACE: usize = 64;
