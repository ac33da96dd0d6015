//! One call of an annotated function, and what its helpers do: the cache is looked up, and told what to do. Everything
//! here is what generated code calls. What is generic is kept small, as users compile it with their functions; what is
//! generic only over the result's type they compile once per type.

mod entry;
mod helpers;
mod lead;

use std::ops::ControlFlow;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

pub use entry::Entry;
pub use helpers::{
    Helped, clear, clear_all, clear_all_async, clear_async, get, get_async, set, set_async, stats, timeout_left,
    timeout_left_async, update_timeout, update_timeout_async,
};
pub use lead::{Answer, AsyncLead, Lead};

#[cfg(all(test, shuttle))]
pub(crate) use lead::compute;
#[cfg(all(test, shuttle, feature = "far"))]
pub(crate) use lead::whole;

use crate::cache::{self, Approach, ByHand, Cache, Request, Step};
use crate::flight::Caller;
use crate::key::{Key, KeyRef};
use crate::park::block_on;
use crate::registry::{self, Face, Target};
use crate::rules::{Rules, Unpack};
use crate::site::Site;

/// A call of a synchronous function.
#[inline]
pub fn call<R, U: Rules<R>>(entry: &mut Entry, rules: U) -> Answer<R, Lead<R, U>> {
    match hit(entry, Face::Blocking, &rules) {
        Some(result) => Answer::Result(result),
        None => miss(entry, rules),
    }
}

/// A call of an asynchronous function: a hit is answered before there is a future to wait for, from the entry where it stands;
/// what is to be awaited for all else is the way to the result, or to a turn.
#[inline]
pub fn call_async<R, U: Rules<R>>(
    entry: &mut Entry,
    rules: U,
) -> Answer<R, impl Future<Output = Answer<R, AsyncLead<R, U>>> + use<R, U>> {
    match hit(entry, Face::Async, &rules) {
        Some(result) => Answer::Result(result),
        None => Answer::Compute(miss_async(entry.take(), rules)),
    }
}

/// The way of an async call that found nothing near.
// In a box, which a miss can pay for: what stands here would stand on the stack once for each level of a recursion, and in the
// future of each call that hits.
#[cold]
#[inline(never)]
fn miss_async<R, U: Rules<R>>(
    mut entry: Entry,
    rules: U,
) -> Pin<Box<impl Future<Output = Answer<R, AsyncLead<R, U>>>>> {
    let cache = target(entry.site, Face::Async);
    Box::pin(async move {
        match cache {
            Some(cache) => go_async(Approach::new(cache, entry.request(Caller::Async)), rules).await,
            None => Answer::Compute(AsyncLead::new(entry.site, None, rules)),
        }
    })
}

/// The way of a blocking call to its result, or to its turn.
fn go<R, U: Rules<R>>(mut approach: Approach<'_>, rules: U) -> Answer<R, Lead<R, U>> {
    loop {
        let step = step(&mut approach);
        match take(&mut approach, step, &rules) {
            Taken::Result(result) => return Answer::Result(result),
            Taken::Compute(lead) => return Answer::Compute(Lead::new(approach.site(), Some(lead), rules)),
            Taken::Nothing => {}
        }
    }
}

/// The same for an async call.
async fn go_async<R, U: Rules<R>>(mut approach: Approach<'_>, rules: U) -> Answer<R, AsyncLead<R, U>> {
    loop {
        let step = approach.next().await;
        match take(&mut approach, step, &rules) {
            Taken::Result(result) => return Answer::Result(result),
            Taken::Compute(lead) => return Answer::Compute(AsyncLead::new(approach.site(), Some(lead), rules)),
            Taken::Nothing => {}
        }
    }
}

/// By hand: what stands under `key`, or a turn to compute it.
pub(crate) fn seek<R, U: Rules<R>>(hand: &ByHand, key: &Key, rules: U) -> Answer<R, Lead<R, U>> {
    match hand.near(key, &rules) {
        Some(result) => Answer::Result(result),
        None => go(hand.approach(key, Caller::Blocking), rules),
    }
}

/// The same for async code.
pub(crate) async fn seek_async<R, U: Rules<R>>(hand: &ByHand, key: &Key, rules: U) -> Answer<R, AsyncLead<R, U>> {
    match hand.near(key, &rules) {
        Some(result) => Answer::Result(result),
        None => go_async(hand.approach(key, Caller::Async), rules).await,
    }
}

/// A computation of a synchronous function, whatever is stored.
pub fn refresh<R, U: Rules<R>>(mut entry: Entry, rules: U) -> Lead<R, U> {
    let lead = begin(entry.request(Caller::Blocking));
    Lead::new(entry.site, lead, rules)
}

/// A computation of an asynchronous function, whatever is stored.
pub fn refresh_async<R, U: Rules<R>>(mut entry: Entry, rules: U) -> AsyncLead<R, U> {
    let lead = start(entry.request(Caller::Async));
    AsyncLead::new(entry.site, lead, rules)
}

/// The whole of that, begun when it is awaited.
pub async fn recompute<R, U: Rules<R>, C: Future<Output = R>>(entry: Entry, rules: U, computation: C) -> R {
    refresh_async(entry, rules).compute(computation).await
}

/// The same where a failure of the store is the function's `Err`: its permit is taken before it computes.
pub fn refresh_or_raise<R, U: Rules<R>>(mut entry: Entry, rules: U) -> Answer<R, Lead<R, U>> {
    let Some(lead) = begin(entry.request(Caller::Blocking)) else {
        return Answer::Compute(Lead::new(entry.site, None, rules));
    };
    match raised(lead, entry.site, &rules) {
        ControlFlow::Break(result) => Answer::Result(result),
        ControlFlow::Continue(lead) => Answer::Compute(Lead::new(entry.site, Some(lead), rules)),
    }
}

/// The same for an asynchronous function.
pub async fn refresh_or_raise_async<R, U: Rules<R>>(mut entry: Entry, rules: U) -> Answer<R, AsyncLead<R, U>> {
    match claimed(entry.request(Caller::Async), &rules).await {
        Ok(result) => Answer::Result(result),
        Err(lead) => Answer::Compute(AsyncLead::new(entry.site, lead, rules)),
    }
}

async fn claimed<R>(request: Request<'_>, rules: &impl Rules<R>) -> Result<R, Option<cache::Lead>> {
    let Some(mut lead) = start(request) else { return Err(None) };
    if lead.must_claim() {
        lead.claim().await;
    }
    match raised(lead, request.site, rules) {
        ControlFlow::Break(result) => Ok(result),
        ControlFlow::Continue(lead) => Err(Some(lead)),
    }
}

/// What a failure of the store comes to; else the lead, to compute.
fn raised<R>(mut lead: cache::Lead, site: &'static Site, rules: &impl Rules<R>) -> ControlFlow<R, cache::Lead> {
    let result = {
        // The rules run code of the user's, which may call the function too.
        let _inside = lead.inside();
        lead.take_failure().and_then(|error| rules.raise(error))
    };
    let Some(result) = result else { return ControlFlow::Continue(lead) };
    lead.share(site, &(rules, &result));
    ControlFlow::Break(result)
}

fn start(request: Request<'_>) -> Option<cache::Lead> {
    let face = match request.caller {
        Caller::Blocking => Face::Blocking,
        Caller::Async => Face::Async,
    };
    // By the way of helpers, which reach the entries while caching is off: what is stored would be served again afterwards.
    match registry::helped(request.site.facts.adapter, face) {
        Ok(cache) if cache.admit(request.site).is_ok() => Some(cache.start(request)),
        _ => {
            request.site.counters.unresolved();
            None
        }
    }
}

/// The same with its permit in the far tier, for a blocking caller.
fn begin(request: Request<'_>) -> Option<cache::Lead> {
    let mut lead = start(request)?;
    if lead.must_claim() {
        block_on(lead.claim());
    }
    Some(lead)
}

/// The result of a live entry.
#[inline]
fn hit<R>(entry: &mut Entry, face: Face, rules: &impl Rules<R>) -> Option<R> {
    look(entry.site, face, entry.lend(), rules.unpacking())
}

/// The result of a live entry in the cache that the call goes to.
// Not inlined, and without closures around the clone, so that it is made where it is returned: in the middle of other code it
// is moved once more, in words that do not match those just written, and the processor waits for them. Compiled once for each
// type of result.
#[inline(never)]
fn look<R>(site: &'static Site, face: Face, key: KeyRef<'_>, unpack: Unpack<R>) -> Option<R> {
    let cache = registry::known(site.facts.adapter, face)?;
    let sight = cache.sight(key)?;
    let slot = sight.live()?;
    let result = if slot.is_brief() {
        let result = unpack(slot.held());
        drop(sight);
        result
    } else {
        let slot = Arc::clone(slot);
        drop(sight);
        unpack(slot.held())
    };
    if result.is_some() {
        site.counters.hit();
    }
    result
}

#[cold]
#[inline(never)]
fn miss<R, U: Rules<R>>(entry: &mut Entry, rules: U) -> Answer<R, Lead<R, U>> {
    let Some(cache) = target(entry.site, Face::Blocking) else {
        return Answer::Compute(Lead::new(entry.site, None, rules));
    };
    go(Approach::new(cache, entry.request(Caller::Blocking)), rules)
}

/// The next step of a blocking call.
// Not a line of `miss`: a future is compiled with the function that polls it, and users compile what is generic.
fn step(approach: &mut Approach<'_>) -> Step {
    block_on(approach.next())
}

/// What becomes of a step.
enum Taken<R> {
    Result(R),
    Compute(cache::Lead),
    /// What stood in the way was of no use: the next step will do.
    Nothing,
}

/// The result, if the call is to take one, and the count of it.
fn take<R>(approach: &mut Approach<'_>, step: Step, rules: &impl Rules<R>) -> Taken<R> {
    match step {
        Step::Compute(lead) => {
            approach.site().counters.misses();
            match raised(lead, approach.site(), rules) {
                ControlFlow::Break(result) => Taken::Result(result),
                ControlFlow::Continue(lead) => Taken::Compute(lead),
            }
        }
        Step::Open(stored) => match stored.open(approach.cache(), approach.site(), rules.travel()) {
            Some(result) => {
                approach.site().counters.hit();
                approach.share(&(rules, &result));
                Taken::Result(result)
            }
            None => {
                approach.spoiled();
                Taken::Nothing
            }
        },
        Step::Slot(slot) => {
            let result = rules.unpack(&slot);
            approach.taken(&slot, result.is_some());
            result.map_or(Taken::Nothing, Taken::Result)
        }
    }
}

/// The cache of this call; `None` where the function just runs.
#[inline(never)]
fn target(site: &'static Site, face: Face) -> Option<Cache> {
    let cache: Rc<Cache> = match registry::target(site.facts.adapter, face) {
        Target::Cache(cache) if cache.admit(site).is_ok() => cache,
        Target::Off => return None,
        Target::Cache(_) | Target::Unknown => {
            site.counters.unresolved();
            return None;
        }
    };
    Some(Cache::clone(&cache))
}
