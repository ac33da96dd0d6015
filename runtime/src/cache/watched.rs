//! Commands that are watched: which of them there are, and what each comes to. What only reads or writes an entry knows nothing
//! of it; calls carry a [`Watch`] on their way.

use std::sync::Arc;

use super::help::{Looked, Setting};
use super::{Cache, errand};
use crate::error::{Error, Result};
use crate::key::{Key, KeyRef};
use crate::near::Sight;
use crate::observer::{Command, Named, Observation, Observer, Outcome, Subject, Watch};
use crate::rules::Computed;
use crate::site::Site;
use crate::timeout::{Remaining, Timeout};

/// A cache whose helpers are watched.
pub(crate) struct WatchedCache(pub(crate) Cache);

impl Cache {
    /// Has `observer` watch the commands of this cache's store, in all of its namespaces and by all of its handles: calls of
    /// annotated functions, their helpers, and commands by hand. It stays until [`Observation::end`], and the observation can
    /// be dropped before. An observer that is to be read is kept as an `Arc`, of which a clone goes in here.
    ///
    /// While one is attached, a hit in memory costs some hundred nanoseconds more, and three allocations.
    ///
    /// Where another instance takes its place in the [configuration](crate::caches), the observer watches that one too from then
    /// on. What [`adapter_set`](crate::adapter_set) replaces it by is another cache: [`observer::observe`](crate::observer::observe)
    /// is for all.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    ///
    /// use larder::observer::{Command, Timing};
    /// use larder::{Cache, MemoryCache};
    ///
    /// let (cache, timing) = (Cache::from(MemoryCache::new()), Arc::new(Timing::new()));
    /// cache.observe(Arc::clone(&timing));
    /// cache.with_namespace("billing").blocking().exists("tea")?;
    /// assert_eq!(timing.of(Command::Exists).unwrap().count, 1);
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn observe(&self, observer: impl Observer) -> Observation {
        Observation::new(observer, &self.core.observers)
    }

    /// The observer of this type that watches its store, if one was attached in an `Arc`: by [`observe`](Self::observe), by
    /// [`observer::observe`](crate::observer::observe), or by name in the [configuration](crate::caches). Of several, the first.
    ///
    /// # Examples
    /// ```
    /// use larder::caches;
    /// use larder::observer::{Command, HitMissRatio, Timing};
    ///
    /// caches::configure(serde_json::json!({ "pages": { "observers": ["timing"] } }))?;
    /// let pages = caches::get("pages")?;
    /// pages.blocking().set("home", 1, 60)?;
    /// let timing = pages.observer::<Timing>().expect("it is configured");
    /// assert_eq!(timing.of(Command::Set).unwrap().count, 1);
    /// assert!(pages.observer::<HitMissRatio>().is_none());
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn observer<O: Observer>(&self) -> Option<Arc<O>> {
        self.core.observers.find()
    }

    /// Has it watched by the observers that go by these names, those that watch `before` by the same name included.
    ///
    /// # Errors
    /// With the place of the name that cannot be had.
    pub(crate) fn observe_named(&self, names: &[Named], before: Option<&Self>) -> Result<(), (usize, Error)> {
        self.core.observers.attach_named(names, before.map(|before| &before.core.observers))
    }

    /// Is the one that stands in the place of `before`: whom the program has attached there goes on here.
    pub(crate) fn succeed(&self, before: &Self) {
        self.core.observers.inherit(&before.core.observers);
    }

    /// Is there anybody to watch? One load, of what a hit reads anyway.
    #[inline(always)]
    pub(crate) fn is_observed(&self) -> bool {
        self.core.observers.any()
    }

    /// Where the live entry under `key` is seen; `None` while somebody watches, as it is found then on the way of a call that
    /// misses.
    #[inline(always)]
    pub(crate) fn sight<'a>(&'a self, key: KeyRef<'a>) -> Option<Sight<'a>> {
        if self.is_observed() {
            return None;
        }
        let near = self.core.near.as_ref()?;
        Some(near.sight(self.near_key(key), &self.core.clock))
    }

    /// Begins a command. No hook runs on the thread that serves far stores, which nobody may keep waiting.
    #[inline]
    pub(crate) fn watch<'a>(
        &self,
        command: Command,
        site: &'static Site,
        keys: impl IntoIterator<Item = KeyRef<'a>>,
    ) -> Watch {
        if !self.is_observed() || errand::is_io_thread() {
            return Watch::default();
        }
        let keys = keys.into_iter().map(|key| String::from_utf8_lossy(key.as_bytes()).into()).collect();
        let (function, namespace) = (site.function(), self.namespace.name.clone());
        let subject = Subject { command, function, adapter: self.core.adapter, namespace, keys };
        Watch::begin(&self.core.observers, subject)
    }
}

impl WatchedCache {
    /// What is found, and the watch, which has still to be told whether it is of use.
    pub(crate) async fn look(self, site: &'static Site, key: Key) -> Result<(Looked, Watch)> {
        let mut watch = self.0.watch(Command::Get, site, [key.lend()]);
        let looked = watch.check(self.0.look(site, key).await)?;
        Ok((looked, watch))
    }

    pub(crate) fn prepare(
        &self,
        site: &'static Site,
        key: &Key,
        timeout: Option<Timeout>,
        result: &dyn Computed,
    ) -> Result<(Setting, Watch)> {
        let mut watch = self.0.watch(Command::Set, site, [key.lend()]);
        let setting = watch.check(self.0.prepare(site, key, timeout, result))?;
        Ok((setting, watch))
    }

    pub(crate) async fn finish(
        self,
        site: &'static Site,
        key: Key,
        (setting, watch): (Setting, Watch),
    ) -> Result<bool> {
        watch.over(self.0.finish(site, key, setting), stored_if).await
    }

    pub(crate) async fn clear_entry(self, site: &'static Site, key: Key) -> Result<bool> {
        let watch = self.0.watch(Command::Clear, site, [key.lend()]);
        watch.over(self.0.clear_entry(site, key), done_if).await
    }

    pub(crate) async fn update_timeout(self, site: &'static Site, key: Key, timeout: Timeout) -> Result<bool> {
        let watch = self.0.watch(Command::UpdateTimeout, site, [key.lend()]);
        watch.over(self.0.update_timeout(site, key, timeout), done_if).await
    }

    pub(crate) async fn timeout_left(self, site: &'static Site, key: Key) -> Result<Option<Remaining>> {
        let watch = self.0.watch(Command::TimeoutOf, site, [key.lend()]);
        watch.over(self.0.timeout_left(site, key), |left| done_if(&left.is_some())).await
    }

    pub(crate) async fn clear_function(self, site: &'static Site) -> Result<()> {
        let watch = self.0.watch(Command::ClearAll, site, []);
        watch.over(self.0.clear_function(site), |()| Outcome::Done).await
    }
}

/// Of what changes an entry, or asks for one.
pub(super) fn done_if(is_there: &bool) -> Outcome {
    if *is_there { Outcome::Done } else { Outcome::Absent }
}

/// Of what may be stored or not.
pub(super) fn stored_if(is_stored: &bool) -> Outcome {
    if *is_stored { Outcome::Done } else { Outcome::NotStored }
}

/// Of what reads a value.
pub(crate) fn hit_if<T>(found: &Option<T>) -> Outcome {
    if found.is_some() { Outcome::Hit } else { Outcome::Miss }
}
