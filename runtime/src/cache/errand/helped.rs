//! Errands of helpers, whose failures are seen.

use std::sync::Arc;
use std::time::Duration;

use super::imp::{Errand, Open, Stored};
use super::parcel::Packed;
use crate::adapter::Entry;
use crate::cache::Cache;
use crate::error::{Error, ErrorKind, Result};
use crate::far::{Far, Limit, Place};
use crate::io;
use crate::key::KeyRef;
use crate::rules::Computed;
use crate::site::Site;
use crate::timeout::Timeout;

/// A result that is being set, written; only its epochs are open.
#[derive(Default)]
pub(crate) struct Setting(Option<(Packed, Timeout, Timeout)>);

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
        let packed = Packed::of(cache, site, result, &open.place.key, timeout, Duration::ZERO)?;
        Ok(Self(packed.map(|packed| (packed, timeout, cache.grace(site)))))
    }
}

impl Errand {
    pub(crate) fn of_helper(cache: &Cache, site: &'static Site, key: KeyRef<'_>) -> Self {
        let far = cache.core.tier.0.as_ref().filter(|_| !site.facts.local);
        Self(far.map(|(far, _)| {
            let place = cache.place(far, key, site);
            let journey = far.journey(Limit::Helper);
            Box::new(Open { far: Arc::clone(far), place, journey, permit: None })
        }))
    }

    /// The live record.
    pub(crate) async fn find(&mut self) -> Result<Option<Stored>> {
        let Some(open) = self.open()? else { return Ok(None) };
        let found = open.far.look(&open.place, &mut open.journey).await?;
        Ok(found.map(|(fetched, living)| open.stored(fetched, living)))
    }

    /// Is there an entry, live or in its grace?
    pub(crate) async fn stands(&mut self) -> Result<bool> {
        let Some(open) = self.open()? else { return Ok(false) };
        Ok(open.far.stands(&open.place, &mut open.journey).await?.is_some())
    }

    /// Removes the entry. Was it live?
    pub(crate) async fn remove(&mut self) -> Result<bool> {
        let Some(open) = self.open()? else { return Ok(false) };
        open.far.remove(&open.place, &mut open.journey).await
    }

    /// Moves the deadline of an entry, live or in its grace. Was there one?
    pub(crate) async fn touch(&mut self, timeout: Timeout, grace: Timeout) -> Result<bool> {
        let Some(open) = self.open()? else { return Ok(false) };
        open.far.touch(&open.place, timeout, grace, &mut open.journey).await
    }

    /// Stores what was made up, whatever stands there. Was it a kind of result that is stored?
    pub(crate) async fn set(&mut self, setting: Setting) -> Result<bool> {
        let Some(open) = self.open()? else { return Ok(false) };
        let Some((packed, timeout, grace)) = setting.0 else { return Ok(false) };
        // Read anew: what another process has cleared a moment ago would take this with it.
        let living = open.far.living_now(&open.place, &mut open.journey).await?;
        let entry = Entry { record: packed.seal(living), timeout, grace };
        open.far.put(&open.place, entry, &mut open.journey).await?;
        Ok(true)
    }

    fn open(&mut self) -> Result<Option<&mut Open>> {
        if self.0.is_some() && io::is_io_thread() {
            let message = "a helper was called on the thread that serves far stores, which would wait for itself";
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        Ok(self.0.as_deref_mut())
    }
}

impl Cache {
    pub(super) fn place(&self, far: &Arc<Far>, key: KeyRef<'_>, site: &'static Site) -> Place {
        far.place((self.namespace.id, &self.namespace.name), key, site.facts.template)
    }

    /// Closes its far tier behind the caller: nobody is going to come any more. Who is under way gets an answer, and who does
    /// come opens it again.
    pub(crate) fn retire(&self) {
        if let Some((far, _)) = &self.core.tier.0 {
            far.retire();
        }
    }

    /// Clears a template, or the whole namespace, in the far tier. Is there one?
    pub(crate) async fn renew(&self, template: Option<&'static str>) -> Result<bool> {
        let Some((far, _)) = &self.core.tier.0 else { return Ok(false) };
        far.renew(&self.namespace.name, template).await.map(|()| true)
    }
}
