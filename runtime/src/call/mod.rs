//! One call of an annotated function, and what its helpers do: the cache is looked up, and told what to do. Everything
//! here is what generated code calls. What is generic is kept small, as it is compiled anew for each function.

mod helpers;

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use crate::cache::{Cache, Job, Lead, Request, Turn};
use crate::flight::Caller;
use crate::key::{Key, KeyRef};
use crate::near::Slot;
use crate::park::block_on;
use crate::registry::{self, Target};
use crate::rules::Rules;
use crate::site::Site;
use crate::timeout::Timeout;

pub use helpers::{get, get_async, set, set_async};

/// A call of a synchronous function.
#[inline]
pub fn call<R, C: FnOnce() -> R>(
    site: &'static Site,
    key: KeyRef<'_>,
    rules: impl Rules<R>,
    job: impl FnOnce() -> Job<C>,
) -> R {
    if let Some(result) = hit(site, key, &rules) {
        return result;
    }
    miss(site, key, &rules, &mut run_once(job))
}

/// A call of an asynchronous function. A hit is answered before the computation's future is made.
#[inline]
pub async fn call_async<R, C: Future<Output = R>>(
    site: &'static Site,
    key: KeyRef<'_>,
    rules: impl Rules<R>,
    job: impl FnOnce() -> Job<C>,
) -> R {
    if let Some(result) = hit(site, key, &rules) {
        return result;
    }
    let Some(cache) = target(site) else { return job().compute.await };
    let request = Request { site, key, caller: Caller::Async };
    loop {
        let turn = cache.turn(request).await;
        match taken(&cache, request, &rules, turn) {
            Taken::Result(result) => return result,
            Taken::Compute(lead) => return compute(lead, &rules, job).await,
            Taken::Foreign => {}
        }
    }
}

/// Computes, whatever is stored, and stores the result.
pub fn refresh<R, C: FnOnce() -> R>(
    site: &'static Site,
    key: Key,
    rules: impl Rules<R>,
    job: impl FnOnce() -> Job<C>,
) -> R {
    let mut run = run_once(job);
    let Some(cache) = own_target(site) else { return run().1 };
    compute_blocking(cache.start(Request { site, key: key.lend(), caller: Caller::Blocking }), &rules, &mut run)
}

/// Computes, whatever is stored, and stores the result.
pub async fn refresh_async<R, C: Future<Output = R>>(
    site: &'static Site,
    key: Key,
    rules: impl Rules<R>,
    job: impl FnOnce() -> Job<C>,
) -> R {
    let Some(cache) = target(site) else { return job().compute.await };
    compute(cache.start(Request { site, key: key.lend(), caller: Caller::Async }), &rules, job).await
}

/// The result of a live entry.
#[inline]
fn hit<R>(site: &'static Site, key: KeyRef<'_>, rules: &impl Rules<R>) -> Option<R> {
    read(site, look(site, key)?, rules)
}

/// The result in a slot that was counted as a hit.
// Not inlined, so that the value is cloned to where it is returned: in the middle of other code it is moved once more, in
// words that do not match those just written, and the processor waits for them.
#[inline(never)]
fn read<R>(site: &'static Site, slot: Arc<Slot>, rules: &impl Rules<R>) -> Option<R> {
    let result = rules.unpack(&slot);
    if result.is_none() {
        site.counters.mistaken_hit();
    }
    result
}

/// The live entry of a call in the cache that it goes to.
// Compiled once, and the whole of a hit but for the key and the value's clone.
#[inline(never)]
fn look(site: &'static Site, key: KeyRef<'_>) -> Option<Arc<Slot>> {
    let Target::Cache(cache) = registry::target(site.facts.adapter) else { return None };
    let slot = cache.live(key)?;
    site.counters.hit();
    Some(slot)
}

/// A job with its closures' types forgotten, so that what is done with it is compiled once per type of result.
#[inline]
fn run_once<R, C: FnOnce() -> R>(job: impl FnOnce() -> Job<C>) -> impl FnMut() -> (Option<Timeout>, R) {
    let mut job = Some(job);
    move || {
        let Job { timeout, compute } = job.take().expect("a call computes once")();
        (timeout, compute())
    }
}

#[cold]
fn miss<R>(
    site: &'static Site,
    key: KeyRef<'_>,
    rules: &impl Rules<R>,
    run: &mut dyn FnMut() -> (Option<Timeout>, R),
) -> R {
    let Some(cache) = own_target(site) else { return run().1 };
    let request = Request { site, key, caller: Caller::Blocking };
    loop {
        let turn = block_on(cache.turn(request));
        match taken(&cache, request, rules, turn) {
            Taken::Result(result) => return result,
            Taken::Compute(lead) => return compute_blocking(lead, rules, run),
            Taken::Foreign => {}
        }
    }
}

/// What becomes of a turn.
enum Taken<'a, R> {
    Result(R),
    Compute(Lead<'a>),
    /// Another type's entry stood in the way, and is gone: the next turn will do.
    Foreign,
}

/// The result, if the call is to take one, and the count of it.
fn taken<'a, R>(cache: &'a Cache, request: Request<'a>, rules: &impl Rules<R>, turn: Turn<'a>) -> Taken<'a, R> {
    let counters = &request.site.counters;
    let (slot, waited) = match turn {
        Turn::Compute(lead) => {
            counters.misses();
            return Taken::Compute(lead);
        }
        Turn::Take(slot) => (slot, false),
        Turn::Share(slot) => (slot, true),
    };
    match rules.unpack(&slot) {
        Some(result) if waited => {
            counters.misses();
            counters.coalesced();
            Taken::Result(result)
        }
        Some(result) => {
            counters.hit();
            Taken::Result(result)
        }
        None => {
            counters.foreign();
            cache.discard(request.key, &slot);
            Taken::Foreign
        }
    }
}

fn compute_blocking<R>(lead: Lead<'_>, rules: &impl Rules<R>, run: &mut dyn FnMut() -> (Option<Timeout>, R)) -> R {
    let _inside = lead.inside();
    let (timeout, result) = run();
    lead.land(rules, timeout, &result);
    result
}

pub(crate) async fn compute<R, C: Future<Output = R>>(
    lead: Lead<'_>,
    rules: &impl Rules<R>,
    job: impl FnOnce() -> Job<C>,
) -> R {
    let Job { timeout, compute } = {
        let _inside = lead.inside();
        job()
    };
    let result = {
        // Dropped before the lead, so that a cancelled computation has ended when the next one starts.
        let mut compute = pin!(compute);
        poll_fn(|context| {
            let _inside = lead.inside();
            compute.as_mut().poll(context)
        })
        .await
    };
    // The rules run code of the user's, which may call the function too.
    let _inside = lead.inside();
    lead.land(rules, timeout, &result);
    result
}

/// The cache of this call, which may go to other threads; `None` where the function just runs.
fn target(site: &'static Site) -> Option<Cache> {
    own_target(site).map(|cache| Cache::clone(&cache))
}

/// The cache of this call, for this thread; `None` where the function just runs.
#[inline(never)]
fn own_target(site: &'static Site) -> Option<Rc<Cache>> {
    match registry::target(site.facts.adapter) {
        Target::Cache(cache) => Some(cache),
        Target::Off => None,
        Target::Unknown => {
            site.counters.unresolved();
            None
        }
    }
}
