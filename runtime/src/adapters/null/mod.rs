//! Nothing: always a miss.

use crate::cache::{Cache, Defaults, Setup, Tier, Weights};
use crate::clock::Clock;

/// Stores nothing and shares nothing: every call computes, every helper answers as for an absent entry.
///
/// For tests, and for switching caching off by configuration.
///
/// # Examples
/// ```
/// use larder::{NullCache, cached};
///
/// #[cached(key = "twice:{x}")]
/// fn twice(x: u64) -> u64 { 2 * x }
///
/// larder::scoped(NullCache, || {
///     assert_eq!((twice(4), twice(4)), (8, 8));
///     assert_eq!(twice::get(4).unwrap(), None);
///     assert!(!twice::set(4, 9).unwrap());
/// });
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NullCache;

impl From<NullCache> for Cache {
    fn from(_: NullCache) -> Self {
        Self::new(Setup {
            adapter: "null",
            near: None,
            tier: Tier::default(),
            defaults: Defaults::default(),
            weights: Weights::default(),
            clock: Clock::default(),
        })
    }
}
