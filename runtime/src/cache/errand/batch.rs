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
        self.close_to_set().await?;
        let Some((far, places)) = self.open()? else { return Ok(()) };
        let mut shards = BTreeMap::<u16, (Vec<Place>, Vec<Setting>)>::new();
        for (place, setting) in places.iter().zip(settings) {
            let (places, settings) = shards.entry(place.shard()).or_default();
            places.push(place.clone());
            settings.push(setting);
        }
        // Each with limits of its own: a server that is down must not keep the others from storing what is theirs.
        let parts =
            shards.into_values().map(|(places, settings)| async move { Self::set_shard(far, &places, settings).await });
        join_all(parts).await.into_iter().collect()
    }

    /// One trip after the other, each with a promise of its own: what a trip has stored stays, whatever becomes of the next.
    async fn set_shard(far: &Arc<Far>, places: &[Place], settings: Vec<Setting>) -> Result<()> {
        let Some(first) = places.first() else { return Ok(()) };
        let mut unsent = far.promise_unsent(places);
        let begun = async {
            far.settle(places, &mut far.journey(Limit::Helper)).await?;
            // Read anew: what another process has cleared a moment ago would take this with it.
            far.living_now(first, &mut far.journey(Limit::Helper)).await
        };
        let begun = begun.await;
        unsent.told(&begun);
        let living = begun?;
        let mut entries = places.iter().zip(settings).map(|(place, setting)| {
            let (packed, timeout, grace) = setting.0?;
            Some((place.key.clone(), Entry { record: packed.seal(living), timeout, grace }))
        });
        let (mut rest, mut next) = (places, entries.next());
        while let Some(first) = next {
            let (mut n_bytes, mut n_places, mut part) = (0, 0, Vec::new());
            next = Some(first);
            while let Some(entry) = next.take_if(|entry| fits(entry.as_ref(), part.len(), n_bytes)) {
                n_places += 1;
                n_bytes += entry.as_ref().map_or(0, |(_, entry): &(_, Entry)| entry.record.len());
                part.extend(entry);
                next = entries.next();
            }
            let (sent, unsent) = rest.split_at(n_places);
            rest = unsent;
            // As when one is set.
            let (mut unsent, mut sent) = (far.promise_unsent(unsent), far.promise(sent));
            let set = far.put_many(part, &mut far.journey(Limit::Helper)).await;
            sent.told(&set);
            unsent.told(&set);
            set?;
        }
        Ok(())
    }

    /// Removes the entries. Which were live?
    pub(crate) async fn remove(&mut self) -> Result<Vec<bool>> {
        let Some((far, places)) = self.close().await? else { return Ok(Vec::new()) };
        far.remove_all(places, MOST_KEYS).await
    }

    async fn close_to_set(&mut self) -> Result<()> {
        let Some((far, places)) = self.open()? else { return Ok(()) };
        let mut promise = far.promise_unsent(places);
        let closed = far.closed(places).await;
        promise.told(&closed);
        drop(promise);
        self.closed = closed?;
        Ok(())
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

/// Does it go in the same trip as so many others, of so many bytes? The first does in any case.
fn fits(entry: Option<&(StoreKey, Entry)>, n_others: usize, n_bytes: usize) -> bool {
    let size = entry.map_or(0, |(_, entry)| entry.record.len());
    n_others == 0 || n_others < MOST_KEYS && n_bytes + size <= MOST_BYTES
}
