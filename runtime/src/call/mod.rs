//! One call of an annotated function, and what its helpers do: the cache is looked up, and told what to do. Everything
//! here is what generated code calls. What is generic is kept small, as users compile it with their functions; what is
//! generic only over the result's type they compile once per type.

mod entry;
mod helpers;
mod lead;

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

use crate::cache::{self, Cache, Request, Turn};
use crate::flight::Caller;
use crate::key::KeyRef;
use crate::near::Slot;
use crate::park::block_on;
use crate::registry::{self, Target};
use crate::rules::Rules;
use crate::site::Site;

/// A call of a synchronous function.
#[inline]
pub fn call<R, U: Rules<R>>(mut entry: Entry, rules: U) -> Answer<R, Lead<R, U>> {
    match hit(&mut entry, &rules) {
        Some(result) => Answer::Result(result),
        None => miss(entry, rules),
    }
}

/// A call of an asynchronous function. A hit is answered before the computation's future is made.
#[inline]
pub async fn call_async<R, U: Rules<R>>(mut entry: Entry, rules: U) -> Answer<R, AsyncLead<R, U>> {
    if let Some(result) = hit(&mut entry, &rules) {
        return Answer::Result(result);
    }
    loop {
        let Some(cache) = target(entry.site) else { return Answer::Compute(AsyncLead::new(entry, None, rules)) };
        let request = entry.request(Caller::Async);
        let turn = cache.turn(request).await;
        match take(request, turn, &mut |slot| rules.unpack(slot)) {
            Taken::Result(result) => return Answer::Result(result),
            Taken::Compute(lead) => return Answer::Compute(AsyncLead::new(entry, Some(lead), rules)),
            Taken::Foreign => {}
        }
    }
}

/// A computation of a synchronous function, whatever is stored.
pub fn refresh<R, U: Rules<R>>(mut entry: Entry, rules: U) -> Lead<R, U> {
    let lead = start(entry.request(Caller::Blocking));
    Lead::new(entry, lead, rules)
}

/// A computation of an asynchronous function, whatever is stored.
pub fn refresh_async<R, U: Rules<R>>(mut entry: Entry, rules: U) -> AsyncLead<R, U> {
    let lead = start(entry.request(Caller::Async));
    AsyncLead::new(entry, lead, rules)
}

fn start(request: Request<'_>) -> Option<cache::Lead> {
    target(request.site).map(|cache| cache.start(request))
}

/// The result of a live entry.
#[inline]
fn hit<R>(entry: &mut Entry, rules: &impl Rules<R>) -> Option<R> {
    let site = entry.site;
    read(site, look(site, entry.lend())?, rules)
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

#[cold]
#[inline(never)]
fn miss<R, U: Rules<R>>(mut entry: Entry, rules: U) -> Answer<R, Lead<R, U>> {
    let mut result = None;
    let lead = wait(entry.request(Caller::Blocking), &mut |slot| {
        result = rules.unpack(slot);
        result.is_some()
    });
    match result {
        Some(result) => Answer::Result(result),
        None => Answer::Compute(Lead::new(entry, lead, rules)),
    }
}

/// Waits for a blocking call's turn, until `unpack` takes a slot or there is one to compute. `None` also where the function
/// just runs.
fn wait(request: Request<'_>, unpack: &mut dyn FnMut(&Slot) -> bool) -> Option<cache::Lead> {
    loop {
        let turn = block_on(target(request.site)?.turn(request));
        match take(request, turn, &mut |slot| unpack(slot).then_some(())) {
            Taken::Result(()) => return None,
            Taken::Compute(lead) => return Some(lead),
            Taken::Foreign => {}
        }
    }
}

/// What becomes of a turn.
enum Taken<R> {
    Result(R),
    Compute(cache::Lead),
    /// Another type's entry stood in the way, and is gone: the next turn will do.
    Foreign,
}

/// The result, if the call is to take one, and the count of it.
fn take<R>(request: Request<'_>, turn: Turn, unpack: &mut dyn FnMut(&Slot) -> Option<R>) -> Taken<R> {
    let counters = &request.site.counters;
    let (slot, waited) = match turn {
        Turn::Compute(lead) => {
            counters.misses();
            return Taken::Compute(lead);
        }
        Turn::Take(slot) => (slot, false),
        Turn::Share(slot) => (slot, true),
    };
    match unpack(&slot) {
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
            if let Some(cache) = target(request.site) {
                cache.discard(request.key, &slot);
            }
            Taken::Foreign
        }
    }
}

/// The cache of this call; `None` where the function just runs.
#[inline(never)]
fn target(site: &'static Site) -> Option<Cache> {
    let cache: Rc<Cache> = match registry::target(site.facts.adapter) {
        Target::Cache(cache) => cache,
        Target::Off => return None,
        Target::Unknown => {
            site.counters.unresolved();
            return None;
        }
    };
    Some(Cache::clone(&cache))
}
