//! A cache for one scope, so that tests share nothing.

use std::future::poll_fn;
use std::pin::pin;

use super::local;
use crate::cache::Cache;

/// Runs `body` with `cache` in place of every cache: all annotated functions called in it on this thread use it, those
/// that name an adapter too, and so do their helpers. Nothing outside sees it.
///
/// # Examples
/// ```
/// use larder::{MemoryCache, cached};
///
/// #[cached(key = "inches:{cm}")]
/// fn inches(cm: u64) -> u64 { cm * 100 / 254 }
///
/// let cache = MemoryCache::new();
/// larder::scoped(&cache, || inches(254));
/// assert_eq!(cache.len(), 1);
/// assert_eq!(inches::get(254).unwrap(), None, "outside, nothing was stored");
/// ```
pub fn scoped<T>(cache: impl Into<Cache>, body: impl FnOnce() -> T) -> T {
    let _scope = local::enter(cache.into());
    body()
}

/// The same for a future, on whatever threads it is polled. Tasks that it spawns are outside.
///
/// # Examples
/// ```
/// use larder::{MemoryCache, cached};
///
/// #[cached(key = "feet:{cm}")]
/// async fn feet(cm: u64) -> u64 { cm * 100 / 3048 }
///
/// # futures_lite::future::block_on(async {
/// let cache = MemoryCache::new();
/// larder::scoped_async(&cache, feet(3048)).await;
/// assert_eq!(cache.len(), 1);
/// # });
/// ```
pub async fn scoped_async<F: Future>(cache: impl Into<Cache>, future: F) -> F::Output {
    let cache = cache.into();
    let mut future = pin!(future);
    poll_fn(|context| {
        let _scope = local::enter(cache.clone());
        future.as_mut().poll(context)
    })
    .await
}
