//! A cache for one scope, so that tests share nothing.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

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
pub fn scoped_async<F: Future>(cache: impl Into<Cache>, future: F) -> Scoped<F> {
    Scoped { cache: cache.into(), future: Box::pin(future) }
}

/// What [`scoped_async`] makes.
#[must_use = "futures do nothing unless polled"]
pub struct Scoped<F> {
    cache: Cache,
    // Boxed, so that it can be polled without unsafe code; a scope is for tests, where that costs nothing that matters.
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _scope = local::enter(self.cache.clone());
        self.future.as_mut().poll(context)
    }
}

impl<F> fmt::Debug for Scoped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped").field("cache", &self.cache).finish_non_exhaustive()
    }
}
