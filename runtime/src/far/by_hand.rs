//! What commands by hand ask of a store, beside what calls and helpers do: adding, counting, and many keys at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Far, Found, Journey, Limit, Place};
use crate::adapter::{CacheAdapter, Condition, Entry, Fetched, Living, StoreKey, join_all, layout};
use crate::error::{Error, Result};

impl Far {
    /// Stores `entry`, if there is no live one. Was there none?
    pub(crate) async fn add(&self, place: &Place, entry: Entry, living: Living, journey: &mut Journey) -> Result<bool> {
        if self.put_if_absent(place, entry.clone(), living, journey).await? {
            return Ok(true);
        }
        // Whoever asks for no template meets entries of any, those of a template that was cleared too.
        let living = match self.fetch(place, journey).await? {
            Some(fetched) => self.dead_by(place, &fetched, living, journey).await?,
            // It was swept away meanwhile.
            None => Some(living),
        };
        match living {
            Some(living) => self.put_if_absent(place, entry, living, journey).await,
            None => Ok(false),
        }
    }

    async fn put_if_absent(&self, place: &Place, entry: Entry, living: Living, journey: &mut Journey) -> Result<bool> {
        self.undelivered.know(entry.kept_for());
        let (adapter, key) = (journey.adapter(), place.key.clone());
        journey.trip(async move { adapter.put(&key, &entry, Condition::IfAbsent(&living)).await }).await
    }

    /// Is there a live entry? Looks at it, as the record alone says which epochs decide.
    pub(crate) async fn exists(self: &Arc<Self>, place: &Place, journey: &mut Journey) -> Result<bool> {
        if !self.is_plain() {
            return self.look(place, journey).await.map(|found| found.is_some());
        }
        let is_owed = self.undelivered.owes(place);
        let living = self.living(place, journey).await?;
        let (adapter, key) = (journey.adapter(), place.key.clone());
        let exists = journey.trip(async move { adapter.exists(&key, &living).await }).await?;
        Ok(exists && !is_owed)
    }

    /// Adds to the counter, or stores `fresh` if there is none. Looks first: whoever asks for no template would add to the counter
    /// of one that was cleared, and the record alone says whose it is.
    pub(crate) async fn increment(
        &self,
        place: &Place,
        delta: i64,
        fresh: Entry,
        living: Living,
        journey: &mut Journey,
    ) -> Result<i64> {
        self.undelivered.know(fresh.kept_for());
        let stands = if self.is_plain() { None } else { self.fetch(place, journey).await? };
        let living = match stands.as_ref().and_then(|fetched| template_of(fetched, &living)) {
            Some(template) => self.living_of(place, template, living, journey).await?,
            None => living,
        };
        // A store counts whatever is decimal text, and some codecs write other values so.
        let is_alive = |fetched: &Fetched| fetched.left.is_live() && living.admits(&fetched.record);
        if stands.is_some_and(|fetched| is_alive(&fetched) && !layout::is_integer(&fetched.record)) {
            return Err(layout::no_integer());
        }
        let (adapter, key) = (journey.adapter(), place.key.clone());
        journey.trip(async move { adapter.increment(&key, delta, &fresh, &living).await }).await
    }

    /// The live entries of places of one namespace, in their order. One trip for each shard; one that fails means none of its
    /// entries, and all of them the error.
    pub(crate) async fn look_many(self: &Arc<Self>, places: &[Place]) -> Result<Vec<Found>> {
        let mut found: Vec<Found> = places.iter().map(|_| None).collect();
        let (mut has_answered, mut failure) = (false, None);
        let parts = by_shard(places).into_iter().map(|at| async move {
            let part = self.look_shard(places, &at).await?;
            Ok::<_, Error>((at, part))
        });
        for part in join_all(parts).await {
            match part {
                Ok((at, part)) => {
                    has_answered = true;
                    at.into_iter().zip(part).for_each(|(at, entry)| found[at] = entry);
                }
                Err(error) => failure = Some(error),
            }
        }
        failure.filter(|_| !has_answered).map_or(Ok(found), Err)
    }

    /// Of those places that are numbered, all on one shard.
    async fn look_shard(self: &Arc<Self>, places: &[Place], at: &[usize]) -> Result<Vec<Found>> {
        let mut journey = self.journey(Limit::Helper);
        // As in `stands`.
        let are_owed: Vec<bool> = at.iter().map(|&at| self.undelivered.owes(&places[at])).collect();
        let living = self.living(&places[at[0]], &mut journey).await?;
        let (adapter, keys) = (journey.adapter(), at.iter().map(|&at| places[at].key.clone()).collect::<Vec<_>>());
        let fetched = journey.trip(async move { adapter.get_many(&keys).await }).await?;
        self.keep_up();
        let mut found = Vec::with_capacity(at.len());
        for ((&at, fetched), is_owed) in at.iter().zip(fetched).zip(are_owed) {
            found.push(match fetched.filter(|fetched| fetched.left.is_live() && !is_owed) {
                Some(fetched) => self.alive(&places[at], fetched, living, &mut journey).await?,
                None => None,
            });
        }
        Ok(found)
    }

    /// Stores all, whatever stands there.
    pub(crate) async fn put_many(&self, entries: Vec<(StoreKey, Entry)>, journey: &mut Journey) -> Result<()> {
        entries.iter().for_each(|(_, entry)| self.undelivered.know(entry.kept_for()));
        let adapter = journey.adapter();
        journey.trip(async move { adapter.put_many(&entries).await }).await
    }

    pub(crate) async fn connect(&self) -> Result<()> {
        let mut journey = self.journey(Limit::Helper);
        let adapter = journey.adapter();
        journey.trip(async move { adapter.connect().await }).await
    }

    pub(crate) async fn close(&self) -> Result<()> {
        let mut journey = self.journey(Limit::Helper);
        let adapter = journey.adapter();
        journey.trip(async move { adapter.close().await }).await
    }

    /// What stands there, whatever it is.
    async fn fetch(&self, place: &Place, journey: &mut Journey) -> Result<Option<Fetched>> {
        let (adapter, key) = (journey.adapter(), place.key.clone());
        journey.trip(async move { adapter.get(&key).await }).await
    }

    /// The epochs by which what was fetched is dead, if it is of a template that was cleared.
    async fn dead_by(
        &self,
        place: &Place,
        fetched: &Fetched,
        living: Living,
        journey: &mut Journey,
    ) -> Result<Option<Living>> {
        if self.is_plain() || !fetched.left.is_live() {
            return Ok(None);
        }
        let Some(template) = template_of(fetched, &living) else { return Ok(None) };
        let living = self.living_of(place, template, living, journey).await?;
        Ok((!living.admits(&fetched.record)).then_some(living))
    }

    /// The same epochs, with that of a template.
    pub(super) async fn living_of(
        &self,
        place: &Place,
        template: u64,
        living: Living,
        journey: &mut Journey,
    ) -> Result<Living> {
        let name = place.group.names[0].and_template(template);
        // Of what is still to be cleared nothing is alive.
        let epoch = if self.undelivered.owes_epoch(&name) { 0 } else { self.epoch(name, journey).await? };
        Ok(Living { template: Some(epoch), ..living })
    }
}

/// The template whose epoch decides about a record, where no template was asked for. What is of no living namespace is dead
/// already, and is not believed to have one.
pub(super) fn template_of(fetched: &Fetched, living: &Living) -> Option<u64> {
    let epoch = layout::word(&fetched.record, layout::TEMPLATE_EPOCH).filter(|&epoch| epoch != 0);
    let is_open = living.template.is_none() && living.admits(&fetched.record);
    epoch.filter(|_| is_open).and_then(|_| layout::word(&fetched.record, layout::TEMPLATE))
}

/// The numbers of the places on each shard.
pub(super) fn by_shard(places: &[Place]) -> Vec<Vec<usize>> {
    let mut shards = BTreeMap::<u16, Vec<usize>>::new();
    for (at, place) in places.iter().enumerate() {
        shards.entry(place.shard()).or_default().push(at);
    }
    shards.into_values().collect()
}
