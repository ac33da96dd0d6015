//! The current cache: one for both sides of a program, until its async side is given one of its own.

use std::sync::atomic::AtomicBool;

use super::{Face, IntoCache, alias, change, local, registry};
use crate::adapters::{MemoryCache, NullCache};
use crate::cache::Cache;
use crate::environment;
use crate::error::Result;

/// Makes `adapter` the current one, for every annotated function that does not name its own.
///
/// Takes an alias (`"memory"`, `"redis"`, `"null"`, one of your own; upper or lower case), a URL
/// (`"memory://?max_entries=500"`), or an instance; a far store of your own goes in as `Cache::far(adapter)`. Functions see
/// it from their next call on; without it they use a memory cache made on first use.
///
/// No store is asked: one that is down is met by the first call, which computes.
///
/// Once [`async_adapter_set`] was used, this is for the blocking side alone.
///
/// # Errors
/// [`UnknownAdapter`](crate::ErrorKind::UnknownAdapter) lists the known ones;
/// [`FeatureOff`](crate::ErrorKind::FeatureOff) names the cargo feature; [`Config`](crate::ErrorKind::Config) names
/// the part of the URL. The current adapter stays.
///
/// # Examples
/// ```
/// use larder::{ErrorKind, MemoryCache};
///
/// larder::adapter_set("Memory")?;
/// larder::adapter_set("memory://?max_entries=500&timeout=60")?;
/// larder::adapter_set(MemoryCache::new())?;
///
/// let error = larder::adapter_set("reddis").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::UnknownAdapter);
/// assert!(error.to_string().contains("did you mean `redis`?"));
/// # Ok::<(), larder::Error>(())
/// ```
pub fn adapter_set(adapter: impl IntoCache) -> Result<()> {
    let cache = adapter.into_cache()?;
    drop(change(|registry| registry.current.replace(cache)));
    Ok(())
}

/// The current cache: the one that a scope has put in its place on this thread, else what was set last, else what
/// `LARDER_URL` says in the environment (a name or a URL), else a memory cache that is made here and now.
///
/// A `LARDER_URL` that names nothing that can be had is told once on standard error. Functions compute then, as they do for
/// an adapter that nobody knows, and count it in `stats().unresolved`; their helpers return the error; and this is a cache
/// that stores nothing. [`check_environment`](crate::check_environment) is for a program that would rather not start.
///
/// # Examples
/// ```
/// assert_eq!(larder::adapter_get().adapter(), "memory");
/// ```
pub fn adapter_get() -> Cache {
    local::scope().unwrap_or_else(|| current(Face::Blocking).unwrap_or_else(|_| NullCache.into()))
}

/// Makes `adapter` the current one of the async side: for annotated `async` functions, and their helpers, that do not name
/// their own. Takes what [`adapter_set`] takes.
///
/// For a program that wants a different store there. Until it is used both sides share one; from then on `adapter_set`
/// changes the blocking side alone.
///
/// # Errors
/// Those of [`adapter_set`]. The current adapter stays.
///
/// # Examples
/// ```
/// use larder::{MemoryCache, NullCache, adapter_get, adapter_set, async_adapter_get, async_adapter_set};
///
/// adapter_set(NullCache)?;
/// assert_eq!(async_adapter_get().adapter(), "null");
///
/// async_adapter_set(MemoryCache::new())?;
/// assert_eq!((adapter_get().adapter(), async_adapter_get().adapter()), ("null", "memory"));
///
/// assert!(async_adapter_set("memroy").is_err());
/// assert_eq!(async_adapter_get().adapter(), "memory");
/// # Ok::<(), larder::Error>(())
/// ```
pub fn async_adapter_set(adapter: impl IntoCache) -> Result<()> {
    let cache = adapter.into_cache()?;
    drop(change(|registry| registry.current_async.replace(cache)));
    Ok(())
}

/// The current cache of the async side: what [`adapter_get`] gives, unless [`async_adapter_set`] was used.
///
/// # Examples
/// ```
/// assert_eq!(larder::async_adapter_get().adapter(), "memory");
/// ```
pub fn async_adapter_get() -> Cache {
    local::scope().unwrap_or_else(|| current(Face::Async).unwrap_or_else(|_| NullCache.into()))
}

/// The current cache of one side, scopes aside.
///
/// # Errors
/// Where nothing was set, and the environment names what cannot be had.
pub(super) fn current(face: Face) -> Result<Cache> {
    let set = {
        let registry = registry();
        let own = registry.current_async.as_ref().filter(|_| face == Face::Async);
        own.or(registry.current.as_ref()).cloned()
    };
    set.map_or_else(first, Ok)
}

/// What is used where nothing was set. Made with the lock released, as it may be the user's code; of two, the first stays.
#[cold]
fn first() -> Result<Cache> {
    static REPORT: AtomicBool = AtomicBool::new(false);
    let made = said_by_environment().unwrap_or_else(|| Ok(MemoryCache::new().into())).inspect_err(|error| {
        environment::report(&REPORT, error, "until that is put right, functions compute and nothing is stored");
    })?;
    Ok(change(|registry| registry.current.get_or_insert_with(|| made.clone()).clone()))
}

/// What `LARDER_URL` names.
pub(super) fn said_by_environment() -> Option<Result<Cache>> {
    environment::read("LARDER_URL", alias::resolve)
}
