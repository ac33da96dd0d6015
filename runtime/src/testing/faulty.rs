//! An adapter that goes wrong by chance, as networks and servers do, and by seed, so that it goes wrong again the same way.

use std::time::Duration;

use super::dice::Dice;
use crate::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Living, Permitted, Release,
    StoreKey, Token,
};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::Mutex;
use crate::timeout::Timeout;

/// How often what goes wrong, each in a thousand calls; nothing does, unless it is said.
///
/// # Examples
/// ```
/// use larder::testing::Faults;
///
/// let faults = Faults { errors: 50, lost_replies: 50, ..Faults::default() };
/// assert_eq!(faults.swapped_replies, 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The call fails and has changed nothing.
    pub errors: u64,
    /// The call is made, and its answer lost: an error.
    pub lost_replies: u64,
    /// The answer takes up to [`delay`](Self::delay) longer.
    pub delays: u64,
    /// How long a delay may be.
    pub delay: Duration,
    /// A write is acknowledged and not made.
    pub lost_writes: u64,
    /// A write keeps only the first part of its record.
    pub torn_writes: u64,
    /// What is read (by itself, with a permit, or with a deadline that moves) is what was read before, under whatever key.
    pub swapped_replies: u64,
}

/// An adapter that goes wrong by chance.
pub struct FaultyAdapter<A> {
    adapter: A,
    faults: Faults,
    clock: Clock,
    chance: Mutex<Chance>,
}

struct Chance {
    dice: Dice,
    earlier: Option<Fetched>,
}

impl<A: CacheAdapter> std::fmt::Debug for FaultyAdapter<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaultyAdapter({}, {:?})", self.adapter.name(), self.faults)
    }
}

impl<A: CacheAdapter> FaultyAdapter<A> {
    /// `adapter`, going wrong by `faults`. Of one seed, the same calls in the same order go wrong.
    pub fn new(adapter: A, faults: Faults, seed: u64) -> Self {
        let chance = Mutex::new(Chance { dice: Dice::new(seed), earlier: None });
        Self { adapter, faults, clock: Clock::default(), chance }
    }

    /// Delays take their time from this clock.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    fn happens(&self, in_a_thousand: u64) -> bool {
        in_a_thousand > 0 && self.chance.lock().dice.below(1000) < in_a_thousand
    }

    /// A call that may fail, before or after it is made.
    async fn call<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        if self.happens(self.faults.errors) {
            return Err(fault("a fault, before anything was done"));
        }
        if self.happens(self.faults.delays) {
            let longest = u64::try_from(self.faults.delay.as_millis()).unwrap_or(u64::MAX);
            let delay = Timeout::from_millis(self.chance.lock().dice.below(longest) + 1);
            self.clock.sleep_until(self.clock.now().after(delay)).await;
        }
        let answer = call.await?;
        if self.happens(self.faults.lost_replies) { Err(fault("a fault, the answer was lost")) } else { Ok(answer) }
    }

    /// What is written of `entry`, if anything is.
    fn written(&self, entry: &Entry) -> Option<Entry> {
        if self.happens(self.faults.lost_writes) {
            return None;
        }
        let mut entry = entry.clone();
        if self.happens(self.faults.torn_writes) {
            let length = self.chance.lock().dice.below(entry.record.len() as u64);
            entry.record.truncate(usize::try_from(length).expect("it is less than a length"));
        }
        Some(entry)
    }

    /// What is read where `fetched` stands.
    fn read(&self, fetched: Option<Fetched>) -> Option<Fetched> {
        let is_swapped = self.happens(self.faults.swapped_replies);
        let mut chance = self.chance.lock();
        let earlier = if fetched.is_some() { chance.earlier.replace(fetched.clone()?) } else { chance.earlier.clone() };
        if is_swapped { earlier.or(fetched) } else { fetched }
    }
}

fn fault(message: &'static str) -> Error {
    Error::with_kind(ErrorKind::Unavailable, message)
}

impl<A: CacheAdapter> CacheAdapter for FaultyAdapter<A> {
    fn name(&self) -> &'static str {
        self.adapter.name()
    }

    fn capability(&self) -> Capability {
        self.adapter.capability()
    }

    fn shard(&self, key: &StoreKey) -> u16 {
        self.adapter.shard(key)
    }

    async fn connect(&self) -> Result<()> {
        self.call(self.adapter.connect()).await
    }

    async fn close(&self) -> Result<()> {
        self.call(self.adapter.close()).await
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        Ok(self.read(self.call(self.adapter.get(key)).await?))
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        let fetched = self.call(self.adapter.get_many(keys)).await?;
        Ok(fetched.into_iter().map(|fetched| self.read(fetched)).collect())
    }

    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        let permitted = self.call(self.adapter.permit(key, claim, living, groups)).await?;
        Ok(Permitted { found: self.read(permitted.found), ..permitted })
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        match self.written(entry) {
            Some(entry) => self.call(self.adapter.put(key, &entry, condition)).await,
            None => self.call(async { Ok(true) }).await,
        }
    }

    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        self.call(self.adapter.release(key, token, release)).await
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        let written: Vec<_> =
            entries.iter().filter_map(|(key, entry)| Some((key.clone(), self.written(entry)?))).collect();
        self.call(self.adapter.put_many(&written)).await
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        self.call(self.adapter.remove(keys)).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        Ok(self.read(self.call(self.adapter.touch(key, timeout, grace, living)).await?))
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        self.call(self.adapter.head(key)).await
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        self.call(self.adapter.increment(key, delta, fresh, living)).await
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        self.call(self.adapter.epochs(names)).await
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        self.call(self.adapter.renew(name)).await
    }

    async fn sweep(&self, namespace: &str, dead: &[u64]) -> Result<u64> {
        self.call(self.adapter.sweep(namespace, dead)).await
    }

    async fn flush(&self) -> Result<()> {
        self.call(self.adapter.flush()).await
    }
}
