//! What helpers do, in both tiers: near first, where it voids what is being computed in this process, then far. Each is one
//! future that owns what it needs; where nothing is far it is ready at once.

use super::Cache;
use super::errand::{Errand, Stored};
use super::write::Set;
use crate::error::Result;
use crate::key::{Key, KeyRef};
use crate::near::Slot;
use crate::observer::{Command, Outcome};
use crate::rules::Computed;
use crate::site::Site;
use crate::timeout::{Remaining, Timeout};

/// What a helper finds.
pub(crate) enum Looked {
    Slot(std::sync::Arc<Slot>),
    Stored(Stored),
    Nothing,
}

/// A result that is being set: what is left to do is no longer about its type.
pub(crate) struct Setting {
    set: Set,
    parcel: super::errand::Setting,
}

/// What is done in any case, also where the caller goes away.
pub(super) struct Finally<F: Fn()>(pub(super) F);

impl<F: Fn()> Drop for Finally<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl Cache {
    pub(crate) async fn look(self, site: &'static Site, key: Key) -> Result<Looked> {
        if let Some(slot) = self.live(key.lend()) {
            return Ok(Looked::Slot(slot));
        }
        let found = Errand::of_helper(&self, site, key.lend()).find().await?;
        Ok(found.map_or(Looked::Nothing, Looked::Stored))
    }

    pub(crate) async fn clear_entry(self, site: &'static Site, key: Key) -> Result<bool> {
        let was_near = self.remove(key.lend());
        let mut errand = Errand::of_helper(&self, site, key.lend());
        let parting = Finally(|| self.part(site, key.lend()));
        let was_far = errand.remove().await;
        drop(parting);
        Ok(was_far? || was_near)
    }

    /// Once the far tier has changed, or is owed the change, or its caller has gone away: a call that began meanwhile may have
    /// found there what is to be gone now, and is joined by nobody who comes later.
    fn part(&self, site: &'static Site, key: KeyRef<'_>) {
        if !self.keeps_near(site) {
            self.remove(key);
        }
    }

    pub(crate) async fn update_timeout(self, site: &'static Site, key: Key, timeout: Timeout) -> Result<bool> {
        if self.keeps_near(site) {
            return Ok(self.retime(key.lend(), timeout).is_some());
        }
        let mut errand = Errand::of_helper(&self, site, key.lend());
        if !timeout.is_zero() {
            return errand.touch(timeout, self.grace(site)).await.map(|touched| touched.is_some());
        }
        // What is in its grace counts too, and `remove` does not see it.
        let was_there = errand.stands().await;
        self.remove(key.lend());
        let parting = Finally(|| self.part(site, key.lend()));
        let removed = errand.remove().await;
        drop(parting);
        removed?;
        Ok(was_there?.is_some())
    }

    pub(crate) async fn timeout_left(self, site: &'static Site, key: Key) -> Result<Option<Remaining>> {
        if self.keeps_near(site) {
            return Ok(self.remaining(key.lend()));
        }
        let found = Errand::of_helper(&self, site, key.lend()).find().await?;
        Ok(found.map(|stored| stored.remaining()))
    }

    pub(crate) async fn clear_function(self, site: &'static Site) -> Result<()> {
        let template = site.facts.template;
        self.clear_template(template);
        if !self.keeps_near(site) {
            // As in `part`.
            let _parting = Finally(|| self.clear_template(template));
            self.renew(Some(template)).await?;
        }
        Ok(())
    }

    /// The part of setting a result that is about its type.
    ///
    /// # Errors
    /// Where the codec cannot write the value.
    pub(crate) fn prepare(
        &self,
        site: &'static Site,
        key: &Key,
        timeout: Option<Timeout>,
        result: &dyn Computed,
    ) -> Result<Setting> {
        let set = self.set_near(site, key.lend(), timeout, result);
        let parcel = match set {
            Set::Far(timeout) => super::errand::Setting::of(self, site, key.lend(), timeout, result)?,
            _ => super::errand::Setting::default(),
        };
        Ok(Setting { set, parcel })
    }

    /// The rest. Was it stored?
    pub(crate) async fn finish(self, site: &'static Site, key: Key, setting: Setting) -> Result<bool> {
        match setting.set {
            Set::Near => Ok(true),
            Set::Refused => Ok(false),
            Set::Denied => self.clear_entry(site, key).await.map(|_| false),
            Set::Far(_) => {
                self.remove(key.lend());
                let mut errand = Errand::of_helper(&self, site, key.lend());
                let parting = Finally(|| self.part(site, key.lend()));
                let is_set = errand.set(setting.parcel).await;
                drop(parting);
                is_set
            }
        }
    }

    /// Clears every entry of this namespace, and nothing else; what is being computed is not stored. Blocks; from async code
    /// use [`clear_async`](Self::clear_async).
    ///
    /// Takes the same short time however many entries there are: the room they hold is given back behind the caller. Other
    /// processes see it within a second.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the far store did not take it, or not on all of its servers.
    ///
    /// # Examples
    /// ```
    /// use larder::{Cache, MemoryCache, cached};
    ///
    /// #[cached(key = "length:{text}")]
    /// fn length(text: &str) -> usize { text.len() }
    ///
    /// let cache = Cache::from(MemoryCache::new());
    /// larder::scoped(&cache, || {
    ///     length("seven");
    ///     assert_eq!(length::get("seven")?, Some(5));
    ///     cache.clear()?;
    ///     assert_eq!(length::get("seven")?, None);
    ///     Ok::<(), larder::Error>(())
    /// })?;
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn clear(&self) -> Result<()> {
        crate::park::block_on(self.clear_async())
    }

    /// [`clear`](Self::clear) for async code.
    ///
    /// # Errors
    /// As there.
    pub async fn clear_async(&self) -> Result<()> {
        let clear = async {
            self.clear_namespace();
            // As in `part`.
            let _parting = self.has_far().then(|| Finally(|| self.clear_namespace()));
            self.renew(None).await
        };
        self.watch_by_hand(Command::Clear).over(clear, |()| Outcome::Done).await
    }
}
