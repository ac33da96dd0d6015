//! The far tier: records in a store, read and written within what a call may spend on it. It knows no types and no
//! codec; a store that fails costs a call time, never its answer.

mod by_hand;
mod courier;
mod debts;
mod epochs;
mod invalidation;
mod journey;
mod lease;
mod life;
mod plain;
mod refresh;
mod sweeping;
mod undelivered;

use std::sync::Arc;

pub(crate) use epochs::{Group, GroupId};
pub(crate) use journey::{Journey, Limit};
pub(crate) use lease::Lease;
pub(crate) use plain::{Closed, Filling};

pub(crate) use courier::owing;

use epochs::Epochs;
use lease::{Claiming, Held};
use undelivered::Ledger;

use crate::adapter::{
    CacheAdapter, Capability, Claim, Condition, Entry, EpochName, Fetched, Living, Permitted, StoreKey, join_all,
};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::io;
use crate::key::KeyRef;
use crate::layer::Guarded;
use crate::near::Generation;
use crate::timeout::Timeout;

/// One store, with what is known of it.
pub(crate) struct Far {
    store: Guarded,
    epochs: Epochs,
    undelivered: Ledger,
    clock: Clock,
    refresh: refresh::Refresh,
    sweeps: sweeping::Sweeps,
    /// `Some` where the store keeps bare values; see [`plain`].
    plain: Option<plain::Gates>,
}

/// One key in a far store, and the epochs that its entry carries.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) key: StoreKey,
    group: Arc<Group>,
}

impl Place {
    /// The server that holds it.
    pub(crate) fn shard(&self) -> u16 {
        self.group.names[0].shard()
    }

    /// The generation of what is computed for its entry from now on.
    pub(crate) fn generation(&self) -> Arc<Generation> {
        self.group.generation()
    }

    /// The same, if `living` are its epochs as far as this process knows.
    pub(crate) fn generation_of(&self, living: &Living) -> Option<Arc<Generation>> {
        self.group.generation_of(living)
    }

    /// The epoch of a template in its namespace, where it is.
    fn of_template(&self, template: u64) -> EpochName {
        self.group.names[0].and_template(template)
    }

    /// The fingerprint of the template that its entry belongs to.
    pub(crate) fn template(&self) -> u64 {
        self.group.template
    }
}

/// What a look finds: an entry of a dead epoch is not found.
pub(crate) type Found = Option<(Fetched, Living)>;

/// What a claim comes to.
pub(crate) enum Claimed {
    /// An entry that came to be meanwhile.
    Found(Fetched, Living),
    Permit(Lease),
}

impl Far {
    pub(crate) fn new(store: Guarded, clock: Clock) -> Arc<Self> {
        let capability = store.calls.capability();
        Arc::new(Self {
            store,
            epochs: Epochs::default(),
            undelivered: Ledger::new(capability.shards),
            clock,
            refresh: refresh::Refresh::default(),
            sweeps: sweeping::Sweeps::default(),
            plain: capability.plain.then(plain::Gates::default),
        })
    }

    /// Ends the generations of a template, or of all templates of a namespace, in this process.
    pub(crate) fn end_generations(&self, namespace: u32, template: Option<&str>) {
        self.epochs.end_generations(namespace, template);
    }

    /// What the store can do.
    pub(crate) fn capability(&self) -> Capability {
        self.store.calls.capability()
    }

    pub(crate) fn journey(&self, limit: Limit) -> Journey {
        let adapter = match limit {
            Limit::Function => &self.store.calls,
            Limit::Helper => &self.store.helpers,
        };
        Journey::new(adapter, &self.clock, limit, &self.store.limits)
    }

    /// The journey of a call to `place`; one that has failed already where the store would refuse it.
    pub(crate) fn journey_of_call(&self, place: &Place) -> Journey {
        let breaker = self.store.breaker(place.shard());
        let mut journey = self.journey(Limit::Function).watched_by(breaker);
        if breaker.is_down() {
            journey.fail(Error::new(ErrorKind::Unavailable, "the store is not asked while it is down"));
        }
        journey
    }

    /// Closes the store, behind the caller.
    pub(crate) fn retire(&self) {
        let adapter = self.store.helpers.clone();
        io::spawn(async move {
            let _ = adapter.close().await;
        });
    }

    /// Where the entry of a template under `key` stands; an empty template is none.
    pub(crate) fn place(&self, namespace: (u32, &str), key: KeyRef<'_>, template: &'static str) -> Place {
        let (id, name) = namespace;
        let key = if self.is_plain() { StoreKey::plain_of(name, key) } else { StoreKey::of(name, key) };
        let shard = self.store.calls.shard(&key);
        let id = GroupId { namespace: id, template, shard };
        let namespace = || EpochName::namespace(shard, name);
        let group = self.epochs.group(id, name, || (namespace(), fingerprint(template)));
        Place { key, group }
    }

    /// The live entry of `place`.
    pub(crate) async fn look(self: &Arc<Self>, place: &Place, journey: &mut Journey) -> Result<Found> {
        let found = self.stands(place, journey).await?;
        Ok(found.filter(|(fetched, _)| fetched.left.is_live()))
    }

    /// The entry of `place`, live or in its grace. One round trip: where the epochs are not known, they are asked for beside
    /// the entry.
    pub(crate) async fn stands(self: &Arc<Self>, place: &Place, journey: &mut Journey) -> Result<Found> {
        // Asked before the trip, which may see what is delivered in the middle of it.
        let is_owed = self.undelivered.owes(place);
        let (adapter, key) = (journey.adapter(), place.key.clone());
        let (fetched, living) = self.beside(place, journey, async move { adapter.get(&key).await }).await?;
        self.keep_up();
        match fetched {
            Some(fetched) if !is_owed => self.alive(place, fetched, living, journey).await,
            _ => Ok(None),
        }
    }

    /// Reads again what is in use, behind the callers.
    fn keep_up(self: &Arc<Self>) {
        if !self.is_plain() {
            self.refresh.keep_up(self);
        }
    }

    /// A permit to fill `place`, and a second look in the same trip. `claim` as the adapter has it.
    ///
    /// # Errors
    /// Those of the store; and where its entry is to be removed still, as a fill would be too.
    pub(crate) async fn claim(self: &Arc<Self>, place: &Place, claim: Claim, journey: &mut Journey) -> Result<Claimed> {
        if self.undelivered.owes(place) {
            return Err(self.untold());
        }
        if self.is_plain() {
            return self.claim_plain(place, claim, journey).await;
        }
        // Where nothing is known, nothing can be alive.
        let unknown = Living { namespace: 0, template: Some(0) };
        let living = place.group.living(self.clock.now()).unwrap_or(unknown);
        let permitted = self.permit(place, claim, living, journey).await?;
        match permitted {
            (Permitted { found, .. }, held @ Some(_), living) => {
                Ok(Claimed::Permit(Lease { held, living, replaces: found.is_some() }))
            }
            (Permitted { found: Some(found), .. }, None, living) => {
                if let Some((found, living)) = self.alive(place, found, living, journey).await? {
                    return Ok(Claimed::Found(found, living));
                }
                // It was alive by the epochs that were known before the trip, and is not by those that were read since.
                self.claim_anew(place, living, journey).await
            }
            (_, None, living) => self.claim_anew(place, living, journey).await,
        }
    }

    async fn claim_anew(self: &Arc<Self>, place: &Place, living: Living, journey: &mut Journey) -> Result<Claimed> {
        match self.permit(place, Claim::Fresh, living, journey).await? {
            (_, held @ Some(_), living) => Ok(Claimed::Permit(Lease { held, living, replaces: true })),
            _ => Err(Error::new(ErrorKind::Unavailable, "the store gave no permit")),
        }
    }

    async fn permit(
        self: &Arc<Self>,
        place: &Place,
        claim: Claim,
        living: Living,
        journey: &mut Journey,
    ) -> Result<(Permitted, Option<Held>, Living)> {
        let (adapter, key, group) = (journey.adapter(), place.key.clone(), Arc::clone(&place.group));
        let asked = self.epochs.ask(self.clock.now());
        let asking = async move { adapter.permit(&key, claim, &living, &group.names).await };
        let (permitted, held) = journey.trip(Claiming::new(self, place, asking)).await?;
        let living = self.learn(place, &permitted.epochs, asked);
        Ok((permitted, held, living))
    }

    /// Stores `entry` if the permit is still good. Did it?
    pub(crate) async fn fill(&self, place: &Place, entry: Entry, lease: Lease, journey: &mut Journey) -> Result<bool> {
        let Some(token) = lease.token() else { return self.put(place, entry, journey).await.map(|()| true) };
        self.undelivered.know(entry.kept_for());
        let (adapter, key) = (journey.adapter(), place.key.clone());
        let stored = journey.trip(async move { adapter.put(&key, &entry, Condition::IfPermit(&token)).await }).await?;
        lease.end();
        Ok(stored)
    }

    /// Stores `entry`, whatever stands there.
    pub(crate) async fn put(&self, place: &Place, entry: Entry, journey: &mut Journey) -> Result<()> {
        self.undelivered.know(entry.kept_for());
        let (adapter, key) = (journey.adapter(), place.key.clone());
        journey.trip(async move { adapter.put(&key, &entry, Condition::Always).await }).await.map(drop)
    }

    /// Moves the deadline of an entry, live or in its grace; hands it out, if there is one.
    pub(crate) async fn touch(
        self: &Arc<Self>,
        place: &Place,
        timeout: Timeout,
        grace: Timeout,
        journey: &mut Journey,
    ) -> Result<Found> {
        if self.undelivered.owes(place) {
            // What is to be removed is not prolonged. A store that is down says so.
            return self.stands(place, journey).await;
        }
        self.know(timeout, grace);
        let living = self.living(place, journey).await?;
        let (adapter, key) = (journey.adapter(), place.key.clone());
        let touched = journey.trip(async move { adapter.touch(&key, timeout, grace, &living).await }).await?;
        match touched {
            Some(fetched) => self.alive(place, fetched, living, journey).await,
            None => Ok(None),
        }
    }
}

/// The same in every process and release.
fn fingerprint(template: &str) -> u64 {
    if template.is_empty() {
        return 0;
    }
    let digest = blake2b_simd::Params::new().hash_length(8).personal(b"larder template").hash(template.as_bytes());
    digest.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
