//! One call of an annotated function, and what its helpers do: the cache is looked up, and told what to do. Everything
//! here is what generated code calls.

mod helpers;

use std::rc::Rc;

use crate::cache::{Cache, Job, Request, alone};
use crate::flight::Caller;
use crate::key::{Key, KeyRef};
use crate::park::block_on;
use crate::registry::{self, Target};
use crate::rules::Rules;
use crate::site::Site;

pub use helpers::{get, get_async, set, set_async};

/// A call of a synchronous function.
#[inline]
pub fn call<R, C: FnOnce() -> R>(
    site: &'static Site,
    key: KeyRef<'_>,
    rules: impl Rules<R>,
    job: impl FnOnce() -> Job<C>,
) -> R {
    let Some(cache) = target(site) else {
        return (job().compute)();
    };
    if let Some(result) = cache.hit(key, &rules) {
        site.counters.hit();
        return result;
    }
    miss(&cache, site, key, rules, job)
}

#[cold]
fn miss<R, C: FnOnce() -> R>(
    cache: &Cache,
    site: &'static Site,
    key: KeyRef<'_>,
    rules: impl Rules<R>,
    job: impl FnOnce() -> Job<C>,
) -> R {
    let job = || job().map(|compute| async { compute() });
    let request = Request { site, key, caller: Caller::Blocking };
    block_on(async {
        if cache.keeps() { cache.compute(request, rules, job).await } else { alone(site, &rules, job).await }
    })
}

/// A call of an asynchronous function. A hit is answered before the computation's future is made.
#[inline]
pub async fn call_async<R, C: Future<Output = R>>(
    site: &'static Site,
    key: KeyRef<'_>,
    rules: impl Rules<R>,
    job: impl FnOnce() -> Job<C>,
) -> R {
    // The handle that the thread remembers is let go before the first `await`, after which this may be another thread.
    let cache = match target(site) {
        None => None,
        Some(cache) => {
            if let Some(result) = cache.hit(key, &rules) {
                site.counters.hit();
                return result;
            }
            Some(Cache::clone(&cache))
        }
    };
    let request = Request { site, key, caller: Caller::Async };
    match cache {
        None => job().compute.await,
        Some(cache) if cache.keeps() => cache.compute(request, rules, job).await,
        Some(_) => alone(site, &rules, job).await,
    }
}

/// Computes, whatever is stored, and stores the result.
pub fn refresh<R, C: FnOnce() -> R>(
    site: &'static Site,
    key: Key,
    rules: impl Rules<R>,
    job: impl FnOnce() -> Job<C>,
) -> R {
    let Some(cache) = target(site) else {
        return (job().compute)();
    };
    let job = || job().map(|compute| async { compute() });
    let request = Request { site, key: key.lend(), caller: Caller::Blocking };
    block_on(async {
        if cache.keeps() { cache.refresh(request, rules, job).await } else { alone(site, &rules, job).await }
    })
}

/// Computes, whatever is stored, and stores the result.
pub async fn refresh_async<R, C: Future<Output = R>>(
    site: &'static Site,
    key: Key,
    rules: impl Rules<R>,
    job: impl FnOnce() -> Job<C>,
) -> R {
    let cache = target(site).map(|cache| Cache::clone(&cache));
    let request = Request { site, key: key.lend(), caller: Caller::Async };
    match cache {
        None => job().compute.await,
        Some(cache) if cache.keeps() => cache.refresh(request, rules, job).await,
        Some(_) => alone(site, &rules, job).await,
    }
}

/// The cache of this call; `None` where the function just runs.
#[inline]
fn target(site: &'static Site) -> Option<Rc<Cache>> {
    match registry::target(site.facts.adapter) {
        Target::Cache(cache) => Some(cache),
        Target::Off => None,
        Target::Unknown => {
            site.counters.unresolved();
            None
        }
    }
}
