//! Errands about many keys at once: one trip for each thousand of them, or for each megabyte that is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::helped::refuse_io_thread;
use super::imp::Stored;
use super::{Setting, imp};
use crate::adapter::{Entry, StoreKey, join_all};
use crate::cache::Cache;
use crate::error::Result;
use crate::far::{Closed, Far, Limit, Place};
use crate::key::KeyRef;
use crate::site::Site;

/// So many keys go in one trip.
const MOST_KEYS: usize = 1_000;
/// So many bytes do.
const MOST_BYTES: usize = 1 << 20;

/// Many places in a far tier, if there is one.
pub(crate) struct Batch {
    places: Option<(Arc<Far>, Vec<Place>)>,
    /// Held while the places are changed, until the batch is dropped.
    closed: Closed,
}

impl Batch {
    pub(crate) fn of<'a>(cache: &Cache, site: &'static Site, keys: impl Iterator<Item = KeyRef<'a>>) -> Self {
        let far = cache.core.tier.0.as_ref().filter(|_| !site.facts.local);
        let places = far.map(|(far, _)| (Arc::clone(far), keys.map(|key| cache.place(far, key, site)).collect()));
        Self { places, closed: Closed::default() }
    }

    /// The live records, in the order of the keys.
    pub(crate) async fn get(&self) -> Result<Vec<Option<Stored>>> {
        let Some((far, places)) = self.open()? else { return Ok(Vec::new()) };
        let mut all = Vec::with_capacity(places.len());
        for places in places.chunks(MOST_KEYS) {
            let found = far.look_many(places).await?;
            let stored = places
                .iter()
                .zip(found)
                .map(|(place, found)| found.map(|(fetched, living)| imp::stored(place.key.clone(), fetched, living)));
            all.extend(stored);
        }
        Ok(all)
    }

    /// Stores what was made up for each key, whatever stands there.
    pub(crate) async fn set(&mut self, settings: Vec<Setting>) -> Result<()> {
        let Some((far, places)) = self.close().await? else { return Ok(()) };
        let mut shards = BTreeMap::<u16, Vec<(&Place, Setting)>>::new();
        for (place, setting) in places.iter().zip(settings) {
            shards.entry(place.shard()).or_default().push((place, setting));
        }
        // Each with limits of its own: a server that is down must not keep the others from storing what is theirs.
        let parts = shards.into_values().map(|part| async move {
            let places: Vec<_> = part.iter().map(|(place, _)| (*place).clone()).collect();
            // As when one is set.
            let mut promise = far.promise(&places);
            let set = Self::set_shard(far, &places, part).await;
            promise.told(&set);
            set
        });
        join_all(parts).await.into_iter().collect()
    }

    async fn set_shard(far: &Arc<Far>, places: &[Place], part: Vec<(&Place, Setting)>) -> Result<()> {
        let Some(first) = places.first() else { return Ok(()) };
        far.settle(places, &mut far.journey(Limit::Helper)).await?;
        // Read anew: what another process has cleared a moment ago would take this with it.
        let living = far.living_now(first, &mut far.journey(Limit::Helper)).await?;
        let mut entries: Vec<(StoreKey, Entry)> = Vec::new();
        let mut n_bytes = 0;
        for (place, setting) in part {
            let Some((packed, timeout, grace)) = setting.0 else { continue };
            let entry = Entry { record: packed.seal(living), timeout, grace };
            let is_full = entries.len() == MOST_KEYS || n_bytes + entry.record.len() > MOST_BYTES;
            if is_full && !entries.is_empty() {
                far.put_many(std::mem::take(&mut entries), &mut far.journey(Limit::Helper)).await?;
                n_bytes = 0;
            }
            n_bytes += entry.record.len();
            entries.push((place.key.clone(), entry));
        }
        if entries.is_empty() {
            return Ok(());
        }
        far.put_many(entries, &mut far.journey(Limit::Helper)).await
    }

    /// Removes the entries. Which were live?
    pub(crate) async fn remove(&mut self) -> Result<Vec<bool>> {
        let Some((far, places)) = self.close().await? else { return Ok(Vec::new()) };
        let mut all = Vec::with_capacity(places.len());
        for part in places.chunks(MOST_KEYS) {
            // A store that is down is not asked for the rest: that would be a limit on time for each thousand. And who gives up
            // wants the rest gone too.
            let mut rest = far.promise(places.get(all.len() + part.len()..).unwrap_or_default());
            let removed = far.remove_many(part).await;
            rest.told(&removed);
            all.extend(removed?);
        }
        Ok(all)
    }

    /// To change them; see [`Errand`](super::Errand).
    async fn close(&mut self) -> Result<Option<(&Arc<Far>, &[Place])>> {
        let closed = match self.open()? {
            Some((far, places)) => far.closed_to_replace(places).await?,
            None => return Ok(None),
        };
        self.closed = closed;
        self.open()
    }

    fn open(&self) -> Result<Option<(&Arc<Far>, &[Place])>> {
        let Some((far, places)) = self.places.as_ref().filter(|(_, places)| !places.is_empty()) else {
            return Ok(None);
        };
        refuse_io_thread()?;
        Ok(Some((far, places)))
    }
}
