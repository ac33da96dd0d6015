//! What `adapter_set` takes.

use super::alias;
use crate::cache::Cache;
use crate::error::Result;

/// An alias, a URL, or an instance.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no cache adapter",
    note = "`adapter_set` takes an alias (\"memory\"), a URL (\"memory://?max_entries=500\") or an instance \
            (`MemoryCache::new()`); an adapter of your own goes in as `Cache::far(adapter)`"
)]
pub trait IntoCache {
    /// The cache over it.
    ///
    /// # Errors
    /// Where a name is not known, a store is not in this build, or a URL is malformed.
    fn into_cache(self) -> Result<Cache>;

    /// The name or the URL that this is, where it is one: what it stands for is looked up as late as can be.
    fn as_name(&self) -> Option<&str>;
}

impl<C: Into<Cache>> IntoCache for C {
    fn into_cache(self) -> Result<Cache> {
        Ok(self.into())
    }

    fn as_name(&self) -> Option<&str> {
        None
    }
}

impl From<&Cache> for Cache {
    fn from(cache: &Cache) -> Self {
        cache.clone()
    }
}

impl IntoCache for &str {
    fn into_cache(self) -> Result<Cache> {
        alias::resolve(self)
    }

    fn as_name(&self) -> Option<&str> {
        Some(self)
    }
}

impl IntoCache for String {
    fn into_cache(self) -> Result<Cache> {
        alias::resolve(&self)
    }

    fn as_name(&self) -> Option<&str> {
        Some(self)
    }
}

impl IntoCache for &String {
    fn into_cache(self) -> Result<Cache> {
        alias::resolve(self)
    }

    fn as_name(&self) -> Option<&str> {
        Some(self)
    }
}
