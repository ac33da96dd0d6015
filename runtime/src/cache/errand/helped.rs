//! Errands of helpers, whose failures are seen.

use std::sync::Arc;
use std::time::Duration;

use super::imp::{Errand, Open, Stored};
use super::parcel::Packed;
use crate::adapter::{Entry, join_all};
use crate::cache::{Cache, Request, Undelivered};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::far::{Far, Limit, Place, owing};
use crate::io;
use crate::key::KeyRef;
use crate::near::Generation;
use crate::rules::Computed;
use crate::site::Site;
use crate::timeout::Timeout;

/// A result that is being set, written; only its epochs are open.
#[derive(Default)]
pub(crate) struct Setting(pub(super) Option<(Packed, Timeout, Timeout)>);

impl Setting {
    /// # Errors
    /// Where the codec cannot write the value, or the store cannot hold it.
    pub(crate) fn of(
        cache: &Cache,
        site: &'static Site,
        key: KeyRef<'_>,
        timeout: Timeout,
        result: &dyn Computed,
    ) -> Result<Self> {
        let errand = Errand::of_helper(cache, site, key);
        let Some(open) = errand.0 else { return Ok(Self(None)) };
        let packed = Packed::of(cache, site, result, &open.place, timeout, Duration::ZERO)?;
        Ok(Self(packed.map(|packed| (packed, timeout, cache.grace(site)))))
    }
}

impl Errand {
    pub(crate) fn of_helper(cache: &Cache, site: &'static Site, key: KeyRef<'_>) -> Self {
        let far = cache.core.tier.0.as_ref().filter(|_| !site.facts.local);
        Self(far.map(|(far, _)| {
            let place = cache.place(far, key, site);
            let journey = far.journey(Limit::Helper);
            Box::new(Open::new(far, place, journey))
        }))
    }

    /// The live record.
    pub(crate) async fn find(&mut self) -> Result<Option<Stored>> {
        let Some(open) = self.open()? else { return Ok(None) };
        let found = open.far.look(&open.place, &mut open.journey).await?;
        Ok(found.map(|(fetched, living)| open.stored(fetched, living)))
    }

    /// The record, live or in its grace.
    pub(crate) async fn stands(&mut self) -> Result<Option<Stored>> {
        let Some(open) = self.open()? else { return Ok(None) };
        let found = open.far.stands(&open.place, &mut open.journey).await?;
        Ok(found.map(|(fetched, living)| open.stored(fetched, living)))
    }

    /// Is there a live entry?
    pub(crate) async fn exists(&mut self) -> Result<bool> {
        let Some(open) = self.open()? else { return Ok(false) };
        open.far.exists(&open.place, &mut open.journey).await
    }

    /// Removes the entry. Was it live?
    pub(crate) async fn remove(&mut self) -> Result<bool> {
        let Some(open) = self.close_to_replace().await? else { return Ok(false) };
        open.far.remove(&open.place, &mut open.journey).await
    }

    /// Moves the deadline of an entry, live or in its grace; hands it out, if there is one.
    pub(crate) async fn touch(&mut self, timeout: Timeout, grace: Timeout) -> Result<Option<Stored>> {
        let Some(open) = self.open()? else { return Ok(None) };
        let touched = open.far.touch(&open.place, timeout, grace, &mut open.journey).await?;
        Ok(touched.map(|(fetched, living)| open.stored(fetched, living)))
    }

    /// Stores what was made up, whatever stands there. Was it a kind of result that is stored?
    pub(crate) async fn set(&mut self, setting: Setting) -> Result<bool> {
        let Some(open) = self.close_to_replace().await? else { return Ok(false) };
        let Some((packed, timeout, grace)) = setting.0 else { return Ok(false) };
        let Open { far, place, journey, .. } = open;
        // What stands there is out of date, whatever becomes of this.
        let mut promise = far.promise(std::slice::from_ref(place));
        let set = async {
            far.settle(std::slice::from_ref(place), journey).await?;
            // Read anew: what another process has cleared a moment ago would take this with it.
            let living = far.living_now(place, journey).await?;
            let entry = Entry { record: packed.seal(living), timeout, grace };
            far.put(place, entry, journey).await
        };
        let set = set.await;
        promise.told(&set);
        set.map(|()| true)
    }

    /// The same, if there is no live entry. Was there none?
    pub(crate) async fn add(&mut self, setting: Setting) -> Result<bool> {
        let Some(open) = self.close().await? else { return Ok(false) };
        let Some((packed, timeout, grace)) = setting.0 else { return Ok(false) };
        open.far.settle(std::slice::from_ref(&open.place), &mut open.journey).await?;
        let living = open.far.living_now(&open.place, &mut open.journey).await?;
        let entry = Entry { record: packed.seal(living), timeout, grace };
        open.far.add(&open.place, entry, living, &mut open.journey).await
    }

    /// Adds to the counter, or stores `fresh` if there is none.
    pub(crate) async fn increment(&mut self, delta: i64, fresh: Setting) -> Result<i64> {
        let Some(open) = self.close().await? else { return Ok(delta) };
        let Some((packed, timeout, grace)) = fresh.0 else { return Ok(delta) };
        open.far.settle(std::slice::from_ref(&open.place), &mut open.journey).await?;
        let living = open.far.living_now(&open.place, &mut open.journey).await?;
        let fresh = Entry { record: packed.seal(living), timeout, grace };
        open.far.increment(&open.place, delta, fresh, living, &mut open.journey).await
    }

    /// To change what stands there: nobody fills it until the errand is dropped, which is after permits were voided once more.
    async fn close(&mut self) -> Result<Option<&mut Open>> {
        let Some(open) = self.open()? else { return Ok(None) };
        open.closed = open.far.closed(std::slice::from_ref(&open.place)).await?;
        Ok(Some(open))
    }

    /// The same where what stands there is to go.
    async fn close_to_replace(&mut self) -> Result<Option<&mut Open>> {
        let Some(open) = self.open()? else { return Ok(None) };
        open.closed = open.far.closed_to_replace(std::slice::from_ref(&open.place)).await?;
        Ok(Some(open))
    }

    fn open(&mut self) -> Result<Option<&mut Open>> {
        if self.0.is_some() {
            refuse_io_thread()?;
        }
        Ok(self.0.as_deref_mut())
    }
}

pub(super) fn refuse_io_thread() -> Result<()> {
    if !io::is_io_thread() {
        return Ok(());
    }
    let message = "a helper was called on the thread that serves far stores, which would wait for itself";
    Err(Error::new(ErrorKind::Unavailable, message))
}

/// Waits until nothing is owed to any store, and no longer than that. Says what is.
pub(crate) async fn deliver_all(within: Duration) -> Undelivered {
    if !io::is_io_thread() {
        let delivered = join_all(owing().into_iter().map(|far| async move { far.all_delivered().await }));
        let _ = Clock::default().within(within.into(), delivered).await;
    }
    let mut undelivered = Undelivered::default();
    for far in owing() {
        let [removals, renewals, stores, forgotten] = far.count_undelivered();
        undelivered.removals += removals;
        undelivered.renewals += renewals;
        undelivered.stores += stores;
        undelivered.forgotten += forgotten;
        undelivered.sweeps += far.n_sweeps();
    }
    undelivered
}

impl Cache {
    pub(super) fn place(&self, far: &Arc<Far>, key: KeyRef<'_>, site: &'static Site) -> Place {
        let lifetime = site.facts.lifetimes.value.unwrap_or_else(|| self.timeout());
        far.know(lifetime, self.grace(site));
        far.place((self.namespace.id, &self.namespace.name), key, site.facts.template)
    }

    /// The generation of what is computed for a call that does not ask its store.
    pub(in crate::cache) fn far_generation(&self, request: Request<'_>) -> Option<Arc<Generation>> {
        let Request { site, key, .. } = request;
        let (far, _) = self.core.tier.0.as_ref().filter(|_| !site.facts.local)?;
        Some(self.place(far, key, site).generation())
    }

    /// How much is owed to the far store.
    pub(crate) fn n_owed(&self) -> usize {
        self.core.tier.0.as_ref().map_or(0, |(far, _)| far.n_undelivered())
    }

    /// Removes everything in the far store.
    pub(crate) async fn flush_far(&self) -> Result<()> {
        let Some((far, _)) = &self.core.tier.0 else { return Ok(()) };
        refuse_io_thread()?;
        far.flush().await
    }

    /// Makes sure that the far store is connected.
    pub(crate) async fn connect_far(&self) -> Result<()> {
        let Some((far, _)) = &self.core.tier.0 else { return Ok(()) };
        refuse_io_thread()?;
        far.connect().await
    }

    /// Gives up the far store's connections.
    pub(crate) async fn close_far(&self) -> Result<()> {
        let Some((far, _)) = &self.core.tier.0 else { return Ok(()) };
        refuse_io_thread()?;
        far.close().await
    }

    /// The same behind the caller. Who is under way gets an answer, and who comes connects again.
    pub(crate) fn retire(&self) {
        if let Some((far, _)) = &self.core.tier.0 {
            far.retire();
        }
    }

    /// Clears a template, or the whole namespace, in the far tier, if there is one.
    pub(crate) async fn renew(&self, template: Option<&'static str>) -> Result<()> {
        let Some((far, _)) = &self.core.tier.0 else { return Ok(()) };
        far.renew(&self.namespace.name, template).await
    }
}
