//! What can be said of a memory cache: in code, or in a URL.

use std::any::Any;

use super::MemoryCache;
use crate::cache::{Cache, Defaults, Setup, Tier, Weights, settings};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::near::Bound;
use crate::timeout::Timeout;

/// Builds a [`MemoryCache`].
///
/// # Examples
/// ```
/// use larder::MemoryCache;
///
/// let by_weight = MemoryCache::builder().max_weight(64 << 20).weigh(|page: &String| page.len() as u64).build();
/// assert!(by_weight.is_ok());
///
/// let both = MemoryCache::builder().max_weight(64 << 20).max_entries(10).build();
/// assert!(both.unwrap_err().to_string().contains("max_entries"));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct MemoryCacheBuilder {
    max_entries: Option<u64>,
    max_weight: Option<u64>,
    weights: Weights,
    defaults: Defaults,
    clock: Clock,
}

impl MemoryCacheBuilder {
    /// Holds at most so many entries; 10,000 if neither this nor [`max_weight`](Self::max_weight) is said. They are shared out among
    /// shards by their keys, of which one may be full while another has room: some part goes before the last is reached.
    pub fn max_entries(mut self, n_entries: u64) -> Self {
        self.max_entries = Some(n_entries);
        self
    }

    /// Holds entries of so much weight in all, in bytes: 128 each, the key, and the value by [`weigh`](Self::weigh) or
    /// else by its size on the stack. A value heavier than a shard's part of the whole is returned and not kept; that part is 1 MiB
    /// or more, unless the whole is less.
    pub fn max_weight(mut self, bytes: u64) -> Self {
        self.max_weight = Some(bytes);
        self
    }

    /// What values of type `T` weigh, in bytes. Asked once for each value that is stored.
    pub fn weigh<T: Any>(mut self, weigh: impl Fn(&T) -> u64 + Send + Sync + 'static) -> Self {
        self.weights.add(weigh);
        self
    }

    /// The cache.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if a bound is 0, or if both are given.
    pub fn build(self) -> Result<MemoryCache> {
        const DEFAULT_ENTRIES: u64 = 10_000;
        let refused = |message| Err(Error::new(ErrorKind::Config, message));
        let bound = match (self.max_entries, self.max_weight) {
            (Some(_), Some(_)) => {
                return refused("a memory cache takes `max_entries` or `max_weight`, not both");
            }
            (Some(0), None) => {
                return refused("`max_entries` is 0: use the `null` adapter to store nothing");
            }
            (None, Some(0)) => {
                return refused("`max_weight` is 0: use the `null` adapter to store nothing");
            }
            (Some(n_entries), None) => Bound::Entries(n_entries),
            (None, Some(bytes)) => Bound::Weight(bytes),
            (None, None) => Bound::Entries(DEFAULT_ENTRIES),
        };
        let Self { weights, defaults, clock, .. } = self;
        let tier = Tier::default();
        Ok(MemoryCache(Cache::new(Setup { adapter: "memory", near: Some(bound), tier, defaults, weights, clock })))
    }

    /// What the query of a URL says: `max_entries=100&timeout=60`.
    pub(crate) fn query(mut self, query: &str) -> Result<Self> {
        for setting in query.split('&').filter(|setting| !setting.is_empty()) {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            if !SETTINGS.contains(&name) {
                let message = format!("a memory URL has no setting `{name}`: known are {}", SETTINGS.join(", "));
                return Err(Error::new(ErrorKind::Config, message));
            }
            let number = || {
                let message = || format!("`{name}` in a memory URL takes a whole number");
                value.parse::<u64>().map_err(|_| Error::new(ErrorKind::Config, message()))
            };
            let span = || {
                let message = |error| format!("`{name}` in a memory URL: {error}");
                value.parse::<Timeout>().map_err(|error| Error::new(ErrorKind::Config, message(error)))
            };
            self = match name {
                "max_entries" => self.max_entries(number()?),
                "max_weight" => self.max_weight(number()?),
                "timeout" => self.timeout(span()?),
                _ => self.grace(span()?),
            };
        }
        Ok(self)
    }
}

settings!(MemoryCacheBuilder { timeout: "0 stores nothing.", clock: "Tests move it by hand." });

const SETTINGS: [&str; 4] = ["max_entries", "max_weight", "timeout", "grace"];
