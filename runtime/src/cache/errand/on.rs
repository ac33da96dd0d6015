//! The errand of a call whose cache may have a far tier: look, claim, fill, each within what the call may spend. The first
//! failure of the store ends it, and the call goes on without the store.

use std::sync::Arc;
use std::time::Duration;

use super::parcel::Packed;
use crate::adapter::{Claim, Entry, Fetched, Left, Living, StoreKey};
use crate::cache::{Cache, Request};
use crate::codec::Codec;
use crate::error::{Error, ErrorKind};
use crate::far::{Claimed, Closed, Far, FarPermit, Filling, Journey, Place};
use crate::record::HEADER_LEN;
use crate::rules::Computed;
use crate::site::Site;
use crate::timeout::Timeout;

/// The far tier of a cache, if it has one, and the codec if the cache says.
#[derive(Default)]
pub(crate) struct Tier(pub(crate) Option<(Arc<Far>, Option<Codec>)>);

impl Tier {
    pub(super) fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

pub(crate) use super::batch::Batch;
pub(crate) use super::helped::{Setting, deliver_all};
pub(crate) use crate::io::is_io_thread;

/// What a call or a helper has to do there.
#[derive(Default)]
pub(crate) struct Errand(pub(super) Option<Box<Open>>);

pub(super) struct Open {
    pub(super) far: Arc<Far>,
    pub(super) place: Place,
    pub(super) journey: Journey,
    pub(super) permit: Option<FarPermit>,
    /// Held by a helper that changes the key, for as long as the errand lasts.
    pub(super) closed: Closed,
}

/// A live record, whose bytes are yet to be believed.
pub(crate) struct Stored {
    pub(crate) record: Vec<u8>,
    pub(crate) left: Left,
    pub(crate) living: Living,
    /// The whole physical key.
    pub(crate) key: StoreKey,
}

impl Errand {
    /// Nobody may wait for a store on the thread that serves it: a call made there goes without.
    pub(crate) fn of_call(cache: &Cache, request: Request<'_>) -> Self {
        let Request { site, key, .. } = request;
        let far = cache.core.tier.0.as_ref().filter(|_| !site.facts.local && !is_io_thread());
        Self(far.map(|(far, _)| {
            let place = cache.place(far, key, site);
            let journey = far.journey_of_call(&place);
            Box::new(Open { far: Arc::clone(far), place, journey, permit: None, closed: Closed::default() })
        }))
    }

    /// There is a store, it has not failed so far, and no permit was taken in it.
    pub(crate) fn is_unclaimed(&self) -> bool {
        self.0.as_ref().is_some_and(|open| !open.journey.has_failed() && open.permit.is_none())
    }

    /// Has the store failed this call? Then its result is kept near for a moment.
    pub(crate) fn has_failed(&self) -> bool {
        self.0.as_ref().is_some_and(|open| open.journey.has_failed())
    }

    /// What the store failed with; the failure stays one.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        self.0.as_mut()?.journey.take_failure()
    }

    /// Counts what has happened to the call's store.
    pub(crate) fn report(&self, site: &'static Site) {
        if self.has_failed() {
            site.counters.store_failures();
        }
    }

    /// The live record, if there is one.
    pub(crate) async fn look(&mut self) -> Option<Stored> {
        let open = self.0.as_mut().filter(|open| !open.journey.has_failed())?;
        match open.far.look(&open.place, &mut open.journey).await {
            Ok(found) => found.map(|(fetched, living)| open.stored(fetched, living)),
            Err(error) => {
                open.journey.fail(error);
                None
            }
        }
    }

    /// Takes a permit, unless there is a live record meanwhile. `over`: what stands there is of no use, and is to be
    /// replaced.
    pub(crate) async fn claim(&mut self, over: bool) -> Option<Stored> {
        let open = self.0.as_mut().filter(|open| !open.journey.has_failed())?;
        let claim = if over { Claim::Fresh } else { Claim::Shared };
        match open.far.claim(&open.place, claim, &mut open.journey).await {
            Ok(Claimed::Found(fetched, living)) => Some(open.stored(fetched, living)),
            Ok(Claimed::Permit(permit)) => {
                open.permit = Some(permit);
                None
            }
            Err(error) => {
                open.journey.fail(error);
                None
            }
        }
    }

    /// What goes to the far tier of a result that is stored.
    pub(crate) fn parcel(
        &self,
        cache: &Cache,
        site: &'static Site,
        computed: &dyn Computed,
        timeout: Timeout,
        took: Duration,
    ) -> Parcel {
        let open = self.0.as_ref().filter(|open| !open.journey.has_failed());
        let Some(open) = open else { return Parcel::Nothing };
        let Some(permit) = &open.permit else {
            // The store is there, and has no room even for a permit.
            site.counters.unstorable();
            return Parcel::Nothing;
        };
        match Packed::of(cache, site, computed, &open.place, timeout, took) {
            Ok(Some(packed)) => {
                Parcel::Record(Entry { record: packed.seal(permit.living), timeout, grace: cache.grace(site) })
            }
            Ok(None) => Parcel::Nothing,
            // What is stored is no result any more: a refresh, or the grace of the old one, would bring it back.
            Err(_) => {
                site.counters.unstorable();
                Parcel::denial(self)
            }
        }
    }

    /// Held from before a permit is looked at for the last time until its fill is through. `None`: it cannot be filled now.
    pub(crate) async fn filling(&mut self) -> Option<Filling> {
        match self.0.as_deref_mut() {
            Some(open) => open.far.filling(&open.place, &mut open.journey).await,
            None => Some(Filling::default()),
        }
    }

    /// What was sent while its permit was voided goes again, unless the store has refused it or somebody else sees to that.
    pub(crate) fn take_back(&self, filling: &Filling) {
        if let Some(open) = &self.0 {
            open.far.take_back(&open.place, filling);
        }
    }

    /// Takes the parcel where it goes. `true` if the permit was void.
    pub(crate) async fn send(&mut self, parcel: Parcel, site: &'static Site) -> bool {
        let Some(open) = self.0.as_mut().filter(|open| !open.journey.has_failed()) else { return false };
        let Some(permit) = open.permit.take() else { return false };
        let replaces = permit.replaces;
        let sent = match parcel {
            Parcel::Record(entry) => open.far.fill(&open.place, entry, permit, &mut open.journey).await,
            Parcel::Denial if open.far.is_plain() => {
                open.far.remove(&open.place, &mut open.journey).await.map(|_| true)
            }
            Parcel::Denial => open.far.fill(&open.place, dead(), permit, &mut open.journey).await,
            Parcel::Nothing => Ok(true),
        };
        match sent {
            Ok(stored) => !stored,
            Err(error) => {
                // The store's own limit may be lower than its capability says.
                if error.kind() == ErrorKind::TooLarge {
                    site.counters.unstorable();
                    // As in `parcel`; the permit may be gone with the attempt. What somebody has set meanwhile goes too.
                    if replaces {
                        let _ = open.far.remove(&open.place, &mut open.journey).await;
                    }
                }
                open.journey.fail(error);
                false
            }
        }
    }
}

/// What takes the place of an entry that is not to be revived, as a fill does: only if nobody else has changed the key
/// meanwhile. It is of no epoch, so nobody finds it, and it is gone at once.
fn dead() -> Entry {
    Entry { record: vec![0; HEADER_LEN], timeout: Timeout::from_millis(1), grace: Timeout::ZERO }
}

/// What goes to the far tier of a result.
#[derive(Default)]
pub(crate) enum Parcel {
    #[default]
    Nothing,
    Record(Entry),
    /// There is nothing to store, and what is stored is to go.
    Denial,
}

impl Parcel {
    /// Says that there is nothing to store, if there is something that says otherwise.
    pub(crate) fn denial(errand: &Errand) -> Self {
        let permit = errand.0.as_ref().and_then(|open| open.permit.as_ref());
        if permit.is_some_and(|permit| permit.replaces) { Self::Denial } else { Self::Nothing }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

impl Open {
    pub(super) fn stored(&self, fetched: Fetched, living: Living) -> Stored {
        stored(self.place.key.clone(), fetched, living)
    }
}

pub(super) fn stored(key: StoreKey, fetched: Fetched, living: Living) -> Stored {
    Stored { record: fetched.record, left: fetched.left, living, key }
}
