//! The contract, shared out among a fleet's stores.

use super::{Fleet, join_all};
use crate::adapter::{
    AnyAdapter, CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Living,
    Permitted, Release, StoreKey, Token,
};
use crate::error::{Error, Result};
use crate::timeout::Timeout;

impl CacheAdapter for Fleet {
    fn name(&self) -> &'static str {
        self.members[0].adapter.name()
    }

    /// What all of them can do.
    fn capability(&self) -> Capability {
        let each = self.members.iter().map(|member| member.adapter.capability());
        let all = each.reduce(|all, one| Capability {
            largest_entry: all.largest_entry.min(one.largest_entry),
            timeout_step: all.timeout_step.max(one.timeout_step),
            shared: all.shared && one.shared,
            walks: all.walks && one.walks,
            releases: all.releases && one.releases,
            persistent: all.persistent && one.persistent,
            ..all
        });
        Capability { shards: self.members.len() as u16, ..all.unwrap_or_default() }
    }

    fn shard(&self, key: &StoreKey) -> u16 {
        self.shard_of(key)
    }

    async fn connect(&self) -> Result<()> {
        done(join_all(self.adapters().map(CacheAdapter::connect)).await)
    }

    async fn close(&self) -> Result<()> {
        done(join_all(self.adapters().map(CacheAdapter::close)).await)
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        self.member(key).get(key).await
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        let parts = self.split(keys, |key| self.shard(key));
        let answers = join_all(parts.iter().map(|part| part.adapter.get_many(&part.items))).await;
        let mut all = vec![None; keys.len()];
        let (mut n_answers, mut failure) = (0, None);
        for (part, answer) in parts.iter().zip(answers) {
            match answer {
                Ok(found) => {
                    n_answers += 1;
                    part.put_back(found, &mut all);
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match failure {
            Some(error) if n_answers == 0 => Err(error),
            _ => Ok(all),
        }
    }

    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        self.member(key).permit(key, claim, living, groups).await
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        self.member(key).put(key, entry, condition).await
    }

    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        self.member(key).release(key, token, release).await
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        let parts = self.split(entries, |(key, _)| self.shard(key));
        done(join_all(parts.iter().map(|part| part.adapter.put_many(&part.items))).await)
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        let parts = self.split(keys, |key| self.shard(key));
        let answers = join_all(parts.iter().map(|part| part.adapter.remove(&part.items))).await;
        gather(keys.len(), &parts, answers)
    }

    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        self.member(key).touch(key, timeout, grace, living).await
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        self.member(key).head(key).await
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        self.member(key).increment(key, delta, fresh, living).await
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        names.iter().try_for_each(|name| self.at(name.shard()).map(drop))?;
        let parts = self.split(names, EpochName::shard);
        let answers = join_all(parts.iter().map(|part| part.adapter.epochs(&part.items))).await;
        gather(names.len(), &parts, answers)
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        self.at(name.shard())?.renew(name).await
    }

    async fn sweep(&self, namespace: &str, dead: &[u64]) -> Result<u64> {
        let swept = join_all(self.adapters().map(|adapter| adapter.sweep(namespace, dead))).await;
        swept.into_iter().sum()
    }

    async fn flush(&self) -> Result<()> {
        done(join_all(self.adapters().map(CacheAdapter::flush)).await)
    }
}

/// What one store has to do of a verb for many.
struct Part<'a, T> {
    adapter: &'a AnyAdapter,
    items: Vec<T>,
    /// Where each item stood among all.
    places: Vec<usize>,
}

impl<T> Part<'_, T> {
    /// Puts the answers for its items where these stood.
    fn put_back<R>(&self, answers: Vec<R>, all: &mut [R]) {
        for (place, answer) in self.places.iter().zip(answers) {
            all[*place] = answer;
        }
    }
}

impl Fleet {
    fn adapters(&self) -> impl Iterator<Item = &AnyAdapter> {
        self.members.iter().map(|member| &member.adapter)
    }

    /// The items by store; stores without items left out.
    fn split<T: Clone>(&self, items: &[T], shard: impl Fn(&T) -> u16) -> Vec<Part<'_, T>> {
        let empty = |adapter| Part { adapter, items: Vec::new(), places: Vec::new() };
        let mut parts: Vec<_> = self.adapters().map(empty).collect();
        for (item, place) in items.iter().zip(0..) {
            let part = &mut parts[usize::from(shard(item))];
            part.items.push(item.clone());
            part.places.push(place);
        }
        parts.retain(|part| !part.items.is_empty());
        parts
    }
}

/// All answers in the order of the items, if no store has failed.
fn gather<T, R: Clone + Default>(
    n_items: usize,
    parts: &[Part<'_, T>],
    answers: Vec<Result<Vec<R>>>,
) -> Result<Vec<R>> {
    let mut all = vec![R::default(); n_items];
    for (part, answer) in parts.iter().zip(answers) {
        part.put_back(answer?, &mut all);
    }
    Ok(all)
}

fn done(outcomes: Vec<Result<()>>) -> Result<()> {
    outcomes.into_iter().collect::<Result<_, Error>>()
}
