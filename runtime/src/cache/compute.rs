//! A call that found nothing: it waits for who computes the key already, or computes it.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use super::generations::Group;
use super::{Cache, Job};
use crate::flight::{Caller, Entered, Landing, Permit};
use crate::key::KeyRef;
use crate::near::{Garbage, Generation, Header, Slot};
use crate::rules::{Outcome, Rules};
use crate::site::Site;
use crate::timeout::Timeout;

/// One call.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) site: &'static Site,
    pub(crate) key: KeyRef<'a>,
    pub(crate) caller: Caller,
}

/// What a second look finds, with the key's berth held.
enum Found {
    /// Somebody stored it meanwhile.
    Slot(Arc<Slot>),
    Flight(Entered),
}

impl Cache {
    /// The result of a call that found no entry at first sight.
    pub(crate) async fn compute<R, C: Future<Output = R>>(
        &self,
        request: Request<'_>,
        rules: impl Rules<R>,
        job: impl FnOnce() -> Job<C>,
    ) -> R {
        let Request { site, .. } = request;
        site.enlist();
        let entered = match self.enter(request, true) {
            Found::Flight(entered) => entered,
            Found::Slot(slot) => {
                if let Some(result) = rules.unpack(&slot) {
                    site.counters.hit();
                    return result;
                }
                site.counters.foreign();
                match self.enter(request, false) {
                    Found::Flight(entered) => entered,
                    Found::Slot(_) => Entered::Alone,
                }
            }
        };
        site.counters.misses();
        let landing = match entered {
            Entered::Lead(permit) => Landing::Lead(permit),
            Entered::Wait(waiting) => waiting.await,
            Entered::Alone => Landing::Ring,
        };
        match landing {
            Landing::Lead(permit) => self.lead(permit, request, rules, job).await,
            Landing::Ring => alone(site, &rules, job).await,
            Landing::Landed(slot) => match rules.unpack(&slot) {
                Some(result) => {
                    site.counters.coalesced();
                    result
                }
                None => {
                    site.counters.foreign();
                    alone(site, &rules, job).await
                }
            },
        }
    }

    /// Computes whatever is stored, and stores the result in its place. Callers that come meanwhile are served the old
    /// entry, or wait for this computation if there is none; one that was under way is stored no more.
    pub(crate) async fn refresh<R, C: Future<Output = R>>(
        &self,
        request: Request<'_>,
        rules: impl Rules<R>,
        job: impl FnOnce() -> Job<C>,
    ) -> R {
        let permit = self.start(request);
        self.lead(permit, request, rules, job).await
    }

    /// A permit in place of the one there is. Apart from `refresh`, so that no lock is seen across its `await`.
    fn start(&self, request: Request<'_>) -> Permit {
        let generation = self.generation(request.site);
        let mut berth = self.core.flights.berth(self.near_key(request.key));
        berth.start(&self.core.flights, &generation, request.site.facts.wait, request.caller)
    }

    /// Does it keep anything? If not, there is nothing to share either.
    pub(crate) fn keeps(&self) -> bool {
        self.core.near.is_some()
    }

    /// The generation is read before the berth is taken, so that the two locks are never held together; a clear in between
    /// leaves a permit that is void.
    fn enter(&self, request: Request<'_>, look: bool) -> Found {
        let generation = self.generation(request.site);
        let berth = self.core.flights.berth(self.near_key(request.key));
        // Kept until the berth is left, so that no value is dropped under its lock.
        let found = if look { self.find(request.key) } else { None };
        match found {
            Some(slot) if self.is_live(&slot) => {
                drop(berth);
                Found::Slot(slot)
            }
            _ => {
                let wait = request.site.facts.wait;
                Found::Flight(berth.enter(&self.core.flights, &generation, wait, request.caller))
            }
        }
    }

    pub(super) fn generation(&self, site: &'static Site) -> Arc<Generation> {
        self.core.generations.current(Group { namespace: self.namespace.id, template: site.facts.template })
    }

    async fn lead<R, C: Future<Output = R>>(
        &self,
        permit: Permit,
        request: Request<'_>,
        rules: impl Rules<R>,
        job: impl FnOnce() -> Job<C>,
    ) -> R {
        let started = Instant::now();
        let Job { timeout, compute } = permit.computing(job);
        let result = {
            // Dropped before the permit, so that a cancelled computation has ended when the next one starts.
            let mut compute = pin!(compute);
            poll_fn(|context| permit.computing(|| compute.as_mut().poll(context))).await
        };
        request.site.counters.computed(started.elapsed());
        self.land(permit, request, &rules, timeout, &result);
        result
    }

    /// Stores the result, if it is to be stored and nothing was cleared meanwhile, and hands it to the waiters.
    fn land<R>(
        &self,
        permit: Permit,
        request: Request<'_>,
        rules: &impl Rules<R>,
        timeout: Option<Timeout>,
        result: &R,
    ) {
        let counters = &request.site.counters;
        let outcome = rules.outcome(result);
        let failed = matches!(outcome, Outcome::Failed);
        if failed {
            counters.errors();
        }
        let lifetime = self.lifetime(request.site, rules, timeout, outcome);
        let Some(slot) = rules.pack(result, self.header(permit.generation(), lifetime)) else {
            return permit.scatter();
        };
        let weight = self.weight(request.key, &slot);

        let mut garbage = Garbage::default();
        let mut berth = permit.berth();
        let good = permit.redeem(&mut berth);
        if let (true, Some(near)) = (good, &self.core.near) {
            let key = self.near_key(request.key);
            if lifetime.is_some() {
                near.insert(key.to_owned(), Arc::clone(&slot), weight, &mut garbage);
            } else if !failed {
                // It says that there is nothing to store: an expired entry must not be revived against that.
                garbage.keep(near.remove(key));
            }
        }
        drop(berth);
        permit.land(&slot);
        match lifetime {
            Some(_) if good => self.sweep_after(slot.kept_until()),
            Some(_) => counters.refused(),
            None => {}
        }
    }

    /// How long the result is served; `None` if it is not stored.
    pub(super) fn lifetime<R, S: Rules<R>>(
        &self,
        site: &'static Site,
        rules: &S,
        timeout: Option<Timeout>,
        outcome: Outcome<'_, S::Value>,
    ) -> Option<Timeout> {
        let lifetimes = &site.facts.lifetimes;
        let lifetime = match outcome {
            Outcome::Value(value) if !rules.passes(value) => None,
            Outcome::Value(value) => {
                let said = rules.timeout(value).or(timeout).or(lifetimes.value);
                Some(said.unwrap_or(self.core.defaults.timeout))
            }
            Outcome::Nothing => lifetimes.nothing,
            Outcome::Failed => lifetimes.failed,
        };
        lifetime.filter(|lifetime| !lifetime.is_zero())
    }

    /// What `slot` counts against the store's bound. May run the user's weighing function.
    pub(super) fn weight(&self, key: KeyRef<'_>, slot: &Slot) -> u64 {
        let weigh = || self.core.weights.weigh(key.as_bytes().len(), slot);
        self.core.near.as_ref().map_or(0, |near| near.weight(weigh))
    }

    pub(super) fn header(&self, generation: &Arc<Generation>, lifetime: Option<Timeout>) -> Header {
        let fresh_until = self.core.clock.now().after(lifetime.unwrap_or(Timeout::ZERO));
        Header { generation: Arc::clone(generation), fresh_until, grace: self.core.defaults.grace }
    }
}

/// Computes without storing or sharing.
pub(crate) async fn alone<R, C: Future<Output = R>>(
    site: &'static Site,
    rules: &impl Rules<R>,
    job: impl FnOnce() -> Job<C>,
) -> R {
    let started = Instant::now();
    let result = job().compute.await;
    site.counters.computed(started.elapsed());
    if let Outcome::Failed = rules.outcome(&result) {
        site.counters.errors();
    }
    result
}
