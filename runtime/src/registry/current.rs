//! The current cache: one for both sides of a program, until its async side is given one of its own.

use std::sync::atomic::AtomicBool;

use super::named::{MOST_ATTEMPTS, changing};
use super::{Face, IntoCache, Registry, alias, change, local, named, registry};
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
    set(adapter, |registry| &mut registry.current)
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
    set(adapter, |registry| &mut registry.current_async)
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

fn set(adapter: impl IntoCache, slot: fn(&mut Registry) -> &mut Option<Cache>) -> Result<()> {
    let replaced = match adapter.as_name() {
        Some(name) if !is_url(name) => by_name(name, named, |registry, cache| slot(registry).replace(cache.clone()))?,
        _ => {
            let cache = adapter.into_cache()?;
            change(|registry| slot(registry).replace(cache))
        }
    };
    drop(replaced);
    Ok(())
}

fn is_url(text: &str) -> bool {
    text.contains(':')
}

/// Changes the registry by the cache that `name` stands for. It may be given another meaning while it is looked up: then it is
/// looked up once more, or what was replaced would be current.
fn by_name<T>(
    name: &str,
    look_up: impl Fn(&str) -> Result<Cache>,
    put: impl Fn(&mut Registry, &Cache) -> T,
) -> Result<T> {
    for _ in 0..MOST_ATTEMPTS {
        let cache = look_up(name)?;
        let canonical = alias::canonical(name);
        let done = change(|registry| {
            let stands = registry.named.get(&canonical).is_some_and(|now| now.is(&cache));
            stands.then(|| put(registry, &cache))
        });
        if let Some(done) = done {
            return Ok(done);
        }
    }
    Err(changing())
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
    let keep = |registry: &mut Registry, made: &Cache| registry.current.get_or_insert_with(|| made.clone()).clone();
    let said = environment::read(VARIABLE, |text| match is_url(text) {
        true => alias::make(text).map(|made| change(|registry| keep(registry, &made))),
        false => by_name(text, named, keep),
    });
    match said {
        Some(kept) => kept.inspect_err(|error| {
            environment::report(&REPORT, error, "until that is put right, functions compute and nothing is stored");
        }),
        None => {
            let made = MemoryCache::new().into();
            Ok(change(|registry| keep(registry, &made)))
        }
    }
}

const VARIABLE: &str = "LARDER_URL";

/// What `LARDER_URL` names.
pub(super) fn said_by_environment() -> Option<Result<Cache>> {
    environment::read(VARIABLE, alias::resolve)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{by_name, named};
    use crate::MemoryCache;
    use crate::registry::register_adapter;

    #[test]
    fn a_name_that_is_given_another_meaning_while_it_is_looked_up_is_looked_up_again() {
        register_adapter("looked-up", || Ok(MemoryCache::new()));
        let n_looks = Cell::new(0);
        let meddled = |name: &str| {
            let cache = named(name)?;
            if n_looks.replace(n_looks.get() + 1) == 0 {
                register_adapter("looked-up", || Ok(MemoryCache::new()));
                named(name)?;
            }
            Ok(cache)
        };
        let put = by_name("Looked-Up", meddled, |_, cache| cache.clone()).unwrap();
        assert!(put.is(&named("looked-up").unwrap()) && n_looks.get() == 2);
    }
}
