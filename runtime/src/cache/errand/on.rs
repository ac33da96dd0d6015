//! The errand of a call whose cache may have a far tier: look, claim, fill, each within what the call may spend. The first
//! failure of the store ends it, and the call goes on without the store.

use std::sync::Arc;
use std::time::Duration;

use super::parcel::Packed;
use crate::adapter::{Claim, Entry, Fetched, Left, Living, Release, StoreKey};
use crate::cache::{Cache, Request};
use crate::codec::Codec;
use crate::error::{Error, ErrorKind};
use crate::far::{Claimed, Closed, Far, Filling, Journey, Lease, Place};
use crate::near::Generation;
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

    /// Ends the generations of a template, or of all templates of a namespace, in this process.
    pub(in crate::cache) fn end_generations(&self, namespace: u32, template: Option<&'static str>) {
        if let Some((far, _)) = &self.0 {
            far.end_generations(namespace, template);
        }
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
    pub(super) permit: Option<Lease>,
    /// The caller wants the result in place of what stands there, whatever becomes of this.
    pub(super) is_refresh: bool,
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
            Box::new(Open::new(far, place, journey))
        }))
    }

    /// The same for a computation that is to take the place of what stands there.
    pub(crate) fn of_refresh(cache: &Cache, request: Request<'_>) -> Self {
        let mut errand = Self::of_call(cache, request);
        if let Some(open) = &mut errand.0 {
            open.is_refresh = true;
        }
        errand
    }

    /// Does this process know the epochs of the call's entry, or does the call need none? Where its store is late for the call or has
    /// no place for it, it may not.
    pub(crate) fn knows_epochs(&self) -> bool {
        self.0.as_ref().is_none_or(|open| open.far.knows_epochs(&open.place))
    }

    /// The generation of what is computed for this call from now on.
    pub(crate) fn generation(&self) -> Option<Arc<Generation>> {
        self.0.as_ref().map(|open| open.place.generation())
    }

    /// The generation of the permit, if nothing later is known.
    pub(crate) fn leased_generation(&self) -> Option<Arc<Generation>> {
        let open = self.0.as_ref()?;
        open.place.generation_of(&open.permit.as_ref()?.living)
    }

    /// Has the call no time left for its store?
    pub(crate) fn is_spent(&self) -> bool {
        self.0.as_ref().is_some_and(|open| open.journey.is_spent())
    }

    /// There is a store, it has not failed so far, and no permit was taken in it.
    pub(crate) fn is_unclaimed(&self) -> bool {
        self.0.as_ref().is_some_and(|open| !open.journey.is_over() && open.permit.is_none())
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
        let open = self.0.as_mut().filter(|open| !open.journey.is_over())?;
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
        let open = self.0.as_mut().filter(|open| !open.journey.is_over())?;
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
        let open = self.0.as_ref().filter(|open| !open.journey.is_over());
        let Some(open) = open else { return Parcel::Nothing };
        let Some(permit) = &open.permit else {
            // The store is there, and has no room even for a permit.
            site.counters.unstorable();
            return if open.is_refresh { Parcel::Removal } else { Parcel::Nothing };
        };
        match Packed::of(cache, site, computed, &open.place, timeout, took) {
            Ok(Some(packed)) => {
                Parcel::Record(Entry { record: packed.seal(permit.living), timeout, grace: cache.grace(site) })
            }
            Ok(None) => Parcel::failure(self),
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

    /// Takes the parcel where it goes, and says what the store has answered about the permit.
    pub(crate) async fn send(&mut self, parcel: Parcel, site: &'static Site) -> Sent {
        let Some(open) = self.0.as_mut().filter(|open| !open.journey.is_over()) else { return Sent::Nothing };
        let Open { far, place, journey, permit, is_refresh, .. } = &mut **open;
        let (lease, is_record) = (permit.take(), matches!(parcel, Parcel::Record(_)));
        let is_verified = lease.is_some();
        // What stands there is out of date, whatever becomes of this.
        let replaces = if is_record { *is_refresh } else { matches!(parcel, Parcel::Release(Release::Remove)) };
        let mut promise = replaces.then(|| far.promise(std::slice::from_ref(place)));
        let replaced = lease.as_ref().is_some_and(|lease| lease.replaces) || *is_refresh;
        let answer = match (parcel, lease) {
            (Parcel::Record(entry), Some(lease)) => far.fill(place, entry, lease, journey).await,
            (Parcel::Release(release), Some(lease)) if !far.is_plain() => {
                far.release(place, lease, release, journey).await
            }
            (Parcel::Release(Release::Remove) | Parcel::Removal, _) => far.remove(place, journey).await.map(|_| true),
            (Parcel::Release(_) | Parcel::Record(_) | Parcel::Nothing, _) => return Sent::Nothing,
        };
        if let Some(promise) = &mut promise {
            promise.told(&answer);
        }
        match answer {
            Ok(true) if is_verified => Sent::Verified { is_stored: is_record },
            Ok(true) => Sent::Nothing,
            Ok(false) => Sent::Refused,
            Err(error) => {
                // The store's own limit may be lower than its capability says.
                if is_record && error.kind() == ErrorKind::TooLarge {
                    site.counters.unstorable();
                    // As in `parcel`; the permit may be gone with the attempt. What somebody has set meanwhile goes too.
                    if replaced {
                        let removed = far.remove(place, journey).await;
                        if let Some(promise) = &mut promise {
                            promise.told(&removed);
                        }
                        removed.err().into_iter().for_each(|error| journey.fail(error));
                    }
                }
                journey.fail(error);
                Sent::Nothing
            }
        }
    }

    /// A result that was to take the place of what stands there could not be stored: that is to go, now or later.
    pub(crate) fn owe_refresh(&self) {
        let Some(open) = self.0.as_ref().filter(|open| open.is_refresh && open.journey.is_over()) else { return };
        let places = std::slice::from_ref(&open.place);
        if open.journey.has_failed() {
            open.far.owe_removals(places);
        } else {
            // There was no place for it: nothing says that the store is not well.
            drop(open.far.promise(places));
        }
    }
}

/// What a store has answered to what was sent.
pub(crate) enum Sent {
    /// Nothing was asked, or nothing answered, about a permit.
    Nothing,
    /// The permit was still there when it was asked.
    Verified { is_stored: bool },
    /// It was not: the key has been cleared or stored meanwhile.
    Refused,
    /// A record was found in place of a permit, and its epochs were read with it.
    Found,
}

/// What goes to the far tier of a result.
#[derive(Default)]
pub(crate) enum Parcel {
    #[default]
    Nothing,
    Record(Entry),
    /// There is nothing to store; what is stored stays, or goes.
    Release(Release),
    /// What is stored is to go, though there is no permit.
    Removal,
}

impl Parcel {
    /// Says that there is nothing to store, and takes away what says otherwise.
    pub(crate) fn denial(errand: &Errand) -> Self {
        let permit = errand.0.as_ref().and_then(|open| open.permit.as_ref());
        match permit {
            Some(permit) if permit.replaces => Self::Release(Release::Remove),
            None if errand.0.as_ref().is_some_and(|open| open.is_refresh) => Self::Removal,
            _ => Self::failure(errand),
        }
    }

    /// Says that the computation has failed, and leaves what is stored.
    pub(crate) fn failure(errand: &Errand) -> Self {
        let holds = |open: &Open| open.permit.is_some() && !open.far.is_plain();
        if errand.0.as_deref().is_some_and(holds) { Self::Release(Release::Keep) } else { Self::Nothing }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// May it go behind the caller, where nobody waits for the result?
    pub(crate) fn may_follow(&self) -> bool {
        matches!(self, Self::Release(Release::Keep))
    }
}

impl Open {
    pub(super) fn new(far: &Arc<Far>, place: Place, journey: Journey) -> Self {
        Self { far: Arc::clone(far), place, journey, permit: None, is_refresh: false, closed: Closed::default() }
    }

    pub(super) fn stored(&self, fetched: Fetched, living: Living) -> Stored {
        stored(self.place.key.clone(), fetched, living)
    }
}

pub(super) fn stored(key: StoreKey, fetched: Fetched, living: Living) -> Stored {
    Stored { record: fetched.record, left: fetched.left, living, key }
}
