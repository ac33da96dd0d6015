//! A call that computes: around the computation its parents are known, and after it the result is stored, if it is to be
//! stored and nothing was cleared meanwhile, and handed to those who wait.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Context;
use std::time::Instant;

use super::Cache;
use super::errand::{Errand, Parcel, Sent};
use crate::defaults::default_timeout;
use crate::error::Error;
use crate::flight::{Inside, LeaderTask, Mark, Permit, Polling, Reach, tend};
use crate::near::{Garbage, Generation, Header, Slot};
use crate::observer::{self, Watch};
use crate::rules::{Computed, Outcome};
use crate::site::Site;
use crate::timeout::Timeout;

/// A turn to compute. Dropped before the result is there (a panic, a cancelled task), it goes to the next in the queue.
#[must_use]
pub(crate) struct Lead {
    cache: Cache,
    /// `None`: what it computes is neither stored nor shared.
    permit: Option<Permit>,
    errand: Errand,
    started: Instant,
    // Last, so that its hooks run when everything else is done.
    watch: Watch,
}

/// A result on its way to where it is kept, and to those who wait.
#[must_use]
pub(crate) struct Delivery {
    cache: Cache,
    site: &'static Site,
    permit: Permit,
    errand: Errand,
    /// `None`: it is not stored.
    lifetime: Option<Timeout>,
    failed: bool,
    /// What a far store has answered about its permit, to what was sent at this mark.
    sent: Sent,
    sent_at: Mark,
    /// `None`: it cannot be shared.
    slot: Option<Arc<Slot>>,
    /// What goes to the far tier.
    parcel: Parcel,
    watch: Watch,
}

impl Lead {
    pub(super) fn new(cache: Cache, permit: Option<Permit>) -> Self {
        Self { cache, permit, errand: Errand::default(), started: Instant::now(), watch: Watch::default() }
    }

    /// Is what it computes stored?
    pub(super) fn stores(&self) -> bool {
        self.permit.is_some()
    }

    /// The same, with an errand in the far tier.
    pub(super) fn with(mut self, errand: Errand) -> Self {
        self.errand = errand;
        // The far tier has taken its time before this.
        self.started = Instant::now();
        self
    }

    /// The same, for a command that is watched.
    pub(super) fn watched(mut self, watch: Watch) -> Self {
        self.watch = watch;
        self
    }

    /// Has still to take its permit in the far tier: a refresh, which comes straight to its turn.
    pub(crate) fn must_claim(&self) -> bool {
        self.errand.is_unclaimed()
    }

    /// Takes that permit, whatever is stored.
    pub(crate) async fn claim(&mut self) {
        // With what it finds it would have nothing to do.
        let _ = tend(self.task(), pin!(self.errand.claim(true))).await;
        self.started = Instant::now();
        if let Some(permit) = &mut self.permit {
            begin(permit, &self.errand);
        }
    }

    /// A store is asked for a permit, and may answer with a result: that is for those who have come to wait by now.
    pub(super) fn mark(&mut self) {
        if let Some(permit) = &mut self.permit {
            permit.begin();
        }
    }

    /// The store has answered with a permit, or has none: the computation begins.
    pub(super) fn begin(&mut self, errand: &Errand) {
        if let Some(permit) = &mut self.permit {
            begin(permit, errand);
        }
    }

    /// Has another computation ended before this one, whose result was too old for some who waited?
    pub(super) fn follows(&self) -> bool {
        self.permit.as_ref().is_some_and(Permit::follows)
    }

    /// What the far tier has failed with, for a function that wants to know. It has failed all the same.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        self.errand.take_failure().inspect(|error| self.watch.note_failure(error))
    }

    /// Held while a part of the computation runs: the calls in it have this one for a parent.
    pub(crate) fn inside(&self) -> Option<Inside> {
        self.permit.as_ref().map(Permit::inside)
    }

    /// Held while a part of its computation is polled.
    pub(crate) fn polling<'a>(lead: Option<&'a Self>, context: &'a Context<'_>) -> Polling<'a> {
        let permit = lead.and_then(|lead| lead.permit.as_ref());
        Polling::new(permit.map(Permit::inside), permit.and_then(Permit::task), context)
    }

    /// For what it awaits beside its computation.
    pub(crate) fn task(&self) -> Option<Arc<LeaderTask>> {
        self.permit.as_ref().and_then(Permit::task).cloned()
    }

    /// The computation is through. `None` if its result goes nowhere.
    // What borrows nothing costs users less to compile.
    pub(crate) fn pack(
        mut self,
        site: &'static Site,
        timeout: Option<Timeout>,
        computed: &dyn Computed,
    ) -> Option<Delivery> {
        let took = self.started.elapsed();
        site.counters.computed(took);
        let outcome = computed.outcome();
        let failed = matches!(outcome, Outcome::Failed);
        if failed {
            site.counters.errors();
        }
        let Some(permit) = self.permit.take() else {
            self.watch.note(ran(&self.errand));
            return None;
        };
        let lifetime = self.cache.lifetime(site, timeout, outcome);
        let slot = computed.pack(self.cache.header(site, &permit.generation(), lifetime));
        let parcel = match lifetime {
            Some(lifetime) => self.errand.parcel(&self.cache, site, computed, lifetime, took),
            None if failed => Parcel::failure(&self.errand),
            // It says that there is nothing to store: an old entry must not be revived against that.
            None => Parcel::denial(&self.errand),
        };
        let Self { cache, errand, watch, .. } = self;
        let (sent, sent_at) = (Sent::Nothing, permit.start());
        Some(Delivery { cache, site, permit, errand, lifetime, failed, sent, sent_at, slot, parcel, watch })
    }

    /// Hands a result that was not computed to those who wait, and keeps nothing.
    pub(crate) fn share(mut self, site: &'static Site, result: &dyn Computed) {
        self.watch.note_raised();
        let Some(permit) = self.permit.take() else { return self.errand.report(site) };
        let Self { cache, errand, watch, .. } = self;
        // It runs code of the user's, which may call the function too.
        let inside = permit.inside();
        let slot = result.pack(cache.header(site, &permit.generation(), None));
        drop(inside);
        let parcel = Parcel::default();
        let (sent, sent_at) = (Sent::Found, permit.start());
        Delivery { cache, site, permit, errand, lifetime: None, failed: true, sent, sent_at, slot, parcel, watch }
            .land();
    }
}

impl Delivery {
    /// Is there something to do in the far tier before it lands? A permit that is merely given back goes behind the caller
    /// where nobody waits, and nobody can come to wait any more.
    pub(crate) fn goes_far(&self) -> bool {
        let follows = || self.parcel.may_follow() && self.permit.end_if_alone();
        self.slot.is_some() && !self.parcel.is_empty() && !follows()
    }

    /// Does that, as a part of what its leader does.
    // Its type has no name in users' code, which does not compile it.
    pub(crate) fn storing(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let task = self.permit.task().cloned();
        Box::pin(async move { tend(task, pin!(self.store())).await })
    }

    /// Held while code of the user's runs for it.
    pub(crate) fn inside(&self) -> Inside {
        self.permit.inside()
    }

    /// Does what there is to do in the far tier. The flight goes on meanwhile, so that whoever comes waits for what is then
    /// stored.
    pub(crate) async fn store(&mut self) {
        let filling = self.errand.filling().await;
        self.sent_at = self.permit.mark();
        if !self.permit.is_good() {
            return;
        }
        self.sent = match filling {
            Some(filling) => {
                let sent = self.errand.send(std::mem::take(&mut self.parcel), self.site).await;
                if !self.permit.is_good() {
                    self.errand.take_back(&filling);
                }
                sent
            }
            None => Sent::Refused,
        };
        if let Sent::Refused = self.sent {
            if self.lifetime.take().is_some() {
                self.site.counters.refused();
                self.watch.note(observer::Outcome::Refused);
            }
            self.failed = true;
        }
    }

    /// Which of those who wait get the result. Where a store could be asked, those who had come before it was: a clear of
    /// another process that ended before one of the others came may have gone unnoticed here.
    fn reach(&self) -> Reach {
        let start = self.permit.start();
        let until = |mark, is_stored| Reach::Until { mark, start, is_stored };
        if self.cache.keeps_near(self.site) || self.errand.has_failed() && !self.permit.is_outlived() {
            return Reach::Everyone;
        }
        match self.sent {
            Sent::Refused => until(self.permit.start(), false),
            _ if self.cache.is_plain() => Reach::Everyone,
            Sent::Verified { is_stored } => until(self.sent_at, is_stored),
            Sent::Found => Reach::Until { mark: self.sent_at, start: self.sent_at, is_stored: true },
            Sent::Nothing => until(self.permit.start(), false),
        }
    }

    /// Keeps it near, if that is where it is kept, and hands it to those who wait. Answers what they got.
    pub(crate) fn land(self) -> Option<Arc<Slot>> {
        let reach = self.reach();
        let Self { cache, site, permit, errand, lifetime, failed, slot, mut watch, .. } = self;
        errand.report(site);
        watch.settle(ran(&errand));
        let Some(slot) = slot else {
            permit.scatter();
            return None;
        };
        let stays = cache.keeps_near(site) || errand.has_failed();
        let weight = cache.weight(permit.key(), &slot);

        let mut garbage = Garbage::default();
        let mut berth = permit.berth();
        let good = permit.is_good_in(&berth);
        if let (true, Some(near)) = (good, &cache.core.near) {
            let key = permit.key();
            if lifetime.is_some() && stays {
                near.insert(key.to_owned(), Arc::clone(&slot), weight, &mut garbage);
            } else if !failed {
                // An expired entry must not be revived against what has been computed since.
                garbage.keep(near.remove(key));
            }
        }
        let published = permit.publish(&mut berth, &slot, reach);
        drop(berth);
        published.wake();
        if good && (lifetime.is_some() || !failed) {
            errand.owe_refresh();
        }
        match lifetime {
            Some(_) if good && stays => cache.sweep_after(slot.kept_until()),
            Some(_) if !good => {
                site.counters.refused();
                watch.note(observer::Outcome::Refused);
            }
            _ => {}
        }
        Some(slot)
    }
}

/// The computation begins after everybody who waits by now; and by the permit of a later generation, if it has one.
fn begin(permit: &mut Permit, errand: &Errand) {
    permit.begin();
    if let Some(generation) = errand.leased_generation() {
        permit.renew(generation);
    }
}

/// What a call that computed comes to, if nothing was changed meanwhile.
fn ran(errand: &Errand) -> observer::Outcome {
    if errand.has_failed() { observer::Outcome::StoreFailed } else { observer::Outcome::Computed }
}

impl Cache {
    /// How long the result is served; `None` if it is not stored.
    pub(super) fn lifetime(&self, site: &'static Site, timeout: Option<Timeout>, outcome: Outcome) -> Option<Timeout> {
        let lifetimes = &site.facts.lifetimes;
        let lifetime = match outcome {
            Outcome::Value(said) => {
                let said = said.or(timeout).or(lifetimes.value);
                Some(said.unwrap_or_else(|| self.timeout()))
            }
            Outcome::Refused => None,
            Outcome::Nothing => lifetimes.nothing,
            Outcome::Failed => lifetimes.failed,
        };
        lifetime.filter(|lifetime| !lifetime.is_zero())
    }

    pub(super) fn header(
        &self,
        site: &'static Site,
        generation: &Arc<Generation>,
        lifetime: Option<Timeout>,
    ) -> Header {
        let lifetime = lifetime.unwrap_or(Timeout::ZERO);
        let now = self.core.clock.now();
        if self.keeps_near(site) {
            let grace = self.grace(site);
            Header { generation: Arc::clone(generation), fresh_until: now.after(lifetime), grace }
        } else {
            // Beside a far tier that has failed, for a moment.
            let fresh_until = now.after(lifetime.min(OUTAGE));
            Header { generation: Arc::clone(generation), fresh_until, grace: Timeout::ZERO }
        }
    }

    /// How long a value is served where its function does not say.
    pub(crate) fn timeout(&self) -> Timeout {
        self.core.defaults.timeout.unwrap_or_else(default_timeout)
    }

    /// How long past its timeout an entry of the function can be revived.
    pub(super) fn grace(&self, site: &'static Site) -> Timeout {
        site.facts.grace.unwrap_or(self.core.defaults.grace)
    }
}

/// How long a result is kept near while its store fails: so an outage costs at most one computation of a key per second.
const OUTAGE: Timeout = Timeout::from_secs(1);
