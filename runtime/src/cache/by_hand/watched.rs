//! Commands by hand, watched.

use super::{ByHand, HAND, Removed, not_found};
use crate::cache::Cache;
use crate::cache::watched::{done_if, hit_if, stored_if};
use crate::error::Result;
use crate::key::Key;
use crate::observer::{Command, Outcome, Watch};
use crate::timeout::{Remaining, Timeout};
use crate::value::Storable;

/// A cache as commands by hand see it, each of them watched.
pub(crate) struct WatchedHand(pub(crate) ByHand);

impl WatchedHand {
    pub(crate) async fn get<T: Storable>(&self, key: Key) -> Result<Option<T>> {
        self.watch(Command::Get, &key).over(self.0.get(key), hit_if).await
    }

    pub(crate) async fn fetch<T: Storable>(&self, key: Key) -> Result<T> {
        let found = self.get(key).await?;
        found.ok_or_else(not_found)
    }

    pub(crate) async fn set<T: Storable>(&self, key: Key, value: T, timeout: Option<Timeout>) -> Result<()> {
        self.watch(Command::Set, &key).over(self.0.set(key, value, timeout), done).await
    }

    pub(crate) async fn add<T: Storable>(&self, key: Key, value: T, timeout: Option<Timeout>) -> Result<bool> {
        self.watch(Command::Add, &key).over(self.0.add(key, value, timeout), stored_if).await
    }

    pub(crate) async fn multi_get<T: Storable>(&self, keys: Vec<Key>) -> Result<Vec<Option<T>>> {
        let watch = self.0.0.watch(Command::MultiGet, &HAND, keys.iter().map(Key::lend));
        let found = |values: &Vec<Option<T>>| {
            let hits = values.iter().flatten().count();
            Outcome::Found { hits, misses: values.len() - hits }
        };
        watch.over(self.0.multi_get(keys), found).await
    }

    pub(crate) async fn multi_set<T: Storable>(&self, pairs: Vec<(Key, T)>, timeout: Option<Timeout>) -> Result<()> {
        let watch = self.0.0.watch(Command::MultiSet, &HAND, pairs.iter().map(|(key, _)| key.lend()));
        watch.over(self.0.multi_set(pairs, timeout), done).await
    }

    pub(crate) async fn exists(&self, key: Key) -> Result<bool> {
        self.watch(Command::Exists, &key).over(self.0.exists(key), done_if).await
    }

    pub(crate) async fn increment(&self, key: Key, delta: i64, timeout: Timeout) -> Result<i64> {
        self.watch(Command::Increment, &key).over(self.0.increment(key, delta, timeout), |_| Outcome::Done).await
    }

    pub(crate) async fn remove(&self, keys: Vec<Key>) -> Result<Removed> {
        let watch = self.0.0.watch(Command::Remove, &HAND, keys.iter().map(Key::lend));
        watch.over(self.0.remove(keys), |removed| done_if(&(removed.removed > 0))).await
    }

    pub(crate) async fn delete(&self, key: Key) -> Result<bool> {
        self.watch(Command::Remove, &key).over(self.0.delete(key), done_if).await
    }

    pub(crate) async fn update_timeout<T: Storable>(&self, key: Key, timeout: Timeout) -> Result<T> {
        self.watch(Command::UpdateTimeout, &key).over(self.0.update_timeout(key, timeout), |_| Outcome::Done).await
    }

    pub(crate) async fn timeout_of(&self, key: Key) -> Result<Option<Remaining>> {
        let watch = self.watch(Command::TimeoutOf, &key);
        watch.over(self.0.timeout_of(key), |left| done_if(&left.is_some())).await
    }

    pub(crate) async fn clear(&self) -> Result<()> {
        self.0.0.clear_async().await
    }

    pub(crate) async fn flush_store(&self) -> Result<()> {
        self.0.0.watch_by_hand(Command::FlushStore).over(self.0.flush_store(), done).await
    }

    pub(crate) async fn connect(&self) -> Result<()> {
        self.0.0.watch_by_hand(Command::Connect).over(self.0.connect(), done).await
    }

    pub(crate) async fn close(&self) -> Result<()> {
        self.0.0.watch_by_hand(Command::Close).over(self.0.close(), done).await
    }

    fn watch(&self, command: Command, key: &Key) -> Watch {
        self.0.0.watch(command, &HAND, [key.lend()])
    }
}

impl Cache {
    /// Begins a command about no key.
    pub(in crate::cache) fn watch_by_hand(&self, command: Command) -> Watch {
        self.watch(command, &HAND, [])
    }
}

fn done((): &()) -> Outcome {
    Outcome::Done
}
