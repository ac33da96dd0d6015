//! This process's memory: the near tier alone.

mod config;

pub use config::MemoryCacheBuilder;

use crate::cache::Cache;

/// Keeps results in this process, as they are: no serialization, and every caller gets a clone.
///
/// Holds 10,000 entries unless told otherwise, and evicts what is used least. What has expired is swept behind the
/// callers. A handle: clones share their entries.
///
/// # Examples
/// ```
/// use larder::{MemoryCache, cached};
///
/// #[cached(key = "area:{width}x:{height}")]
/// fn area(width: u32, height: u32) -> u32 { width * height }
///
/// let cache = MemoryCache::builder().max_entries(100).timeout(60).build()?;
/// larder::adapter_set(&cache)?;
/// assert_eq!(area(3, 4), 12);
/// assert_eq!(cache.len(), 1);
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemoryCache(Cache);

impl MemoryCache {
    /// With the defaults.
    pub fn new() -> Self {
        MemoryCacheBuilder::default().build().expect("the defaults are valid")
    }

    /// To say otherwise.
    pub fn builder() -> MemoryCacheBuilder {
        MemoryCacheBuilder::default()
    }

    /// How many entries it holds; those that have expired and are not yet swept included.
    pub fn len(&self) -> usize {
        self.0.n_entries()
    }

    /// Does it hold none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes what has expired past its grace or was cleared, and says how many entries that were. It happens behind the
    /// callers anyway, within seconds.
    pub fn purge(&self) -> usize {
        self.0.sweep()
    }
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::new()
    }
}

impl From<MemoryCache> for Cache {
    fn from(memory: MemoryCache) -> Self {
        memory.0
    }
}

impl From<&MemoryCache> for Cache {
    fn from(memory: &MemoryCache) -> Self {
        memory.0.clone()
    }
}
