//! Many keys at once.

use std::collections::HashSet;

use super::{ByHand, HAND, in_slot};
use crate::cache::errand::{Batch, Setting};
use crate::cache::help::Finally;
use crate::error::Result;
use crate::key::Key;
use crate::rules::{self, Rules};
use crate::timeout::Timeout;
use crate::value::Storable;

/// What became of keys that were to be removed.
///
/// # Examples
/// ```
/// use larder::{Cache, MemoryCache};
///
/// let cache = Cache::from(MemoryCache::new()).blocking();
/// cache.set("a", 1, 60)?;
/// let removed = cache.remove(["a", "b", "b"])?;
/// assert_eq!((removed.asked, removed.removed, removed.all()), (2, 1, false));
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Removed {
    /// So many different keys were named.
    pub asked: usize,
    /// Under so many of them stood a live entry.
    pub removed: usize,
}

impl Removed {
    /// Was every key live?
    pub fn all(self) -> bool {
        self.removed == self.asked
    }
}

impl ByHand {
    pub(crate) async fn multi_get<T: Storable>(&self, keys: Vec<Key>) -> Result<Vec<Option<T>>> {
        let mut values: Vec<Option<T>> = Vec::with_capacity(keys.len());
        let mut asked = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            values.push(self.0.live(key.lend()).and_then(|slot| in_slot(&slot)));
            if values[at].is_none() {
                asked.push(at);
            }
        }
        let far = Batch::of(&self.0, &HAND, asked.iter().map(|&at| keys[at].lend()));
        for (at, stored) in asked.into_iter().zip(far.get().await?) {
            values[at] = stored.and_then(|stored| stored.open(&self.0, &HAND, rules::value::<T>().travel()));
        }
        Ok(values)
    }

    pub(crate) async fn multi_set<T: Storable>(&self, pairs: Vec<(Key, T)>, timeout: Option<Timeout>) -> Result<()> {
        let lifetime = self.timeout(timeout);
        if lifetime.is_zero() {
            return self.remove(pairs.into_iter().map(|(key, _)| key).collect()).await.map(drop);
        }
        if self.0.keeps_near(&HAND) {
            for (key, value) in pairs {
                self.set(key, value, timeout).await?;
            }
            return Ok(());
        }
        // All are written before the first is sent, so that one that cannot be written changes nothing.
        let (mut keys, mut settings) = (Vec::with_capacity(pairs.len()), Vec::with_capacity(pairs.len()));
        for (key, value) in pairs {
            settings.push(Setting::of(&self.0, &HAND, key.lend(), lifetime, &(&rules::value::<T>(), &value))?);
            keys.push(key);
        }
        self.void(&keys);
        let mut far = Batch::of(&self.0, &HAND, keys.iter().map(Key::lend));
        // What was found in the far tier meanwhile has been replaced, or is to be removed.
        let parting = Finally(|| self.void(&keys));
        let set = far.set(settings).await;
        drop(parting);
        set
    }

    pub(crate) async fn remove(&self, mut keys: Vec<Key>) -> Result<Removed> {
        let mut seen = HashSet::with_capacity(keys.len());
        keys.retain(|key| seen.insert(key.clone()));
        let near: Vec<bool> = keys.iter().map(|key| self.0.remove(key.lend())).collect();
        let mut batch = Batch::of(&self.0, &HAND, keys.iter().map(Key::lend));
        // What was found in the far tier meanwhile is gone there, or is to be.
        let parting = (!self.0.keeps_near(&HAND)).then(|| Finally(|| self.void(&keys)));
        let far = batch.remove().await;
        drop(parting);
        let far = far?.into_iter().chain(std::iter::repeat(false));
        let removed = near.into_iter().zip(far).filter(|(near, far)| *near || *far).count();
        Ok(Removed { asked: keys.len(), removed })
    }

    /// What is being computed for the keys in this process is stored no more.
    fn void(&self, keys: &[Key]) {
        for key in keys {
            self.0.remove(key.lend());
        }
    }
}
