//! What commands by hand ask of a store, beside what calls and helpers do: adding, counting, and many keys at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Far, Found, Journey, Limit, Place};
use crate::adapter::{CacheAdapter, Condition, Counted, Entry, Fetched, Living, StoreKey, join_all};
use crate::error::{Error, ErrorKind, Result};

impl Far {
    /// Stores `entry`, if there is no live one. Was there none?
    pub(crate) async fn add(&self, place: &Place, entry: Entry, living: Living, journey: &mut Journey) -> Result<bool> {
        if self.put_if_absent(place, entry.clone(), living, journey).await? {
            return Ok(true);
        }
        // Whoever asks for no template meets entries of any, those of a template that was cleared too.
        let (adapter, key) = (journey.adapter(), place.key.clone());
        let living = match journey.trip(async move { adapter.head(&key).await }).await? {
            Some(head) if head.is_open(&living) => {
                let living = self.decide_now(place, &head, living, journey).await?;
                if head.is_live(&living) {
                    return Ok(false);
                }
                living
            }
            Some(_) => return Ok(false),
            // It was swept away meanwhile.
            None => living,
        };
        self.put_if_absent(place, entry, living, journey).await
    }

    async fn put_if_absent(&self, place: &Place, entry: Entry, living: Living, journey: &mut Journey) -> Result<bool> {
        self.undelivered.know(entry.kept_for());
        let (adapter, key) = (journey.adapter(), place.key.clone());
        journey.trip(async move { adapter.put(&key, &entry, Condition::IfAbsent(&living)).await }).await
    }

    /// Is there a live entry?
    pub(crate) async fn exists(self: &Arc<Self>, place: &Place, journey: &mut Journey) -> Result<bool> {
        // As in `stands`.
        let is_owed = self.undelivered.owes(place);
        let (adapter, key) = (journey.adapter(), place.key.clone());
        let (head, living) = self.beside(place, journey, async move { adapter.head(&key).await }).await?;
        self.keep_up();
        Ok(match head.filter(|head| head.left.is_live() && !is_owed) {
            Some(head) => self.is_alive(place, &head, living, journey).await?,
            None => false,
        })
    }

    /// Adds to the counter, or stores `fresh` if there is none.
    pub(crate) async fn increment(
        &self,
        place: &Place,
        delta: i64,
        fresh: Entry,
        living: Living,
        journey: &mut Journey,
    ) -> Result<i64> {
        self.undelivered.know(fresh.kept_for());
        let fresh = Arc::new(fresh);
        let head = match self.count(place, delta, &fresh, living, journey).await? {
            Counted::Sum(sum) => return Ok(sum),
            Counted::Open(head) => head,
        };
        // Whoever asks for no template meets counters of any, those of a template that was cleared too.
        let living = self.decide_now(place, &head, living, journey).await?;
        match self.count(place, delta, &fresh, living, journey).await? {
            Counted::Sum(sum) => Ok(sum),
            Counted::Open(_) => {
                Err(Error::new(ErrorKind::Unavailable, "the store does not count where it was told to"))
            }
        }
    }

    async fn count(
        &self,
        place: &Place,
        delta: i64,
        fresh: &Arc<Entry>,
        living: Living,
        journey: &mut Journey,
    ) -> Result<Counted> {
        let (adapter, key, fresh) = (journey.adapter(), place.key.clone(), Arc::clone(fresh));
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
        let first = &places[at[0]];
        let living = self.living(first, &mut journey).await?;
        let (adapter, keys) = (journey.adapter(), at.iter().map(|&at| places[at].key.clone()).collect::<Vec<_>>());
        let fetched = journey.trip(async move { adapter.get_many(&keys).await }).await?;
        self.keep_up();
        let fetched = fetched.into_iter().zip(are_owed);
        let fetched: Vec<_> =
            fetched.map(|(fetched, is_owed)| fetched.filter(|fetched| fetched.left.is_live() && !is_owed)).collect();
        if !self.is_plain() {
            let heads: Vec<_> = fetched.iter().flatten().filter_map(Fetched::head).collect();
            self.learn_templates(first, heads.iter(), &living, &mut journey).await?;
        }
        let mut found = Vec::with_capacity(at.len());
        for (&at, fetched) in at.iter().zip(fetched) {
            found.push(match fetched {
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
}

/// The numbers of the places on each shard.
pub(super) fn by_shard(places: &[Place]) -> Vec<Vec<usize>> {
    let mut shards = BTreeMap::<u16, Vec<usize>>::new();
    for (at, place) in places.iter().enumerate() {
        shards.entry(place.shard()).or_default().push(at);
    }
    shards.into_values().collect()
}
