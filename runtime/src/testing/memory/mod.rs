//! The reference adapter: all that the contract says, over bytes in this process. What a check expects of a store is what
//! happens here, so it is written to be read.

mod shard;

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use self::shard::Shard;
use crate::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Living, Permitted, Release,
    StoreKey, Sweep, Token,
};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::{Mutex, MutexGuard};
use crate::timeout::Timeout;

/// A far store in this process: bytes in a map, on a clock that a test may move. Clones are one store.
///
/// It stands in for a server in tests of whatever is built over [`CacheAdapter`]. It is not bounded, and an entry that is
/// past its grace goes when its key is next touched: for production there is `MemoryCache`, which keeps values as they are.
///
/// # Examples
/// ```
/// use larder::Timeout;
/// use larder::adapter::{CacheAdapter, Condition, Entry, Left, StoreKey};
/// use larder::testing::{ManualClock, MemoryAdapter};
/// use std::time::Duration;
///
/// # futures_lite::future::block_on(async {
/// let clock = ManualClock::new();
/// let adapter = MemoryAdapter::new().with_clock(clock.clock());
/// let (key, record) = (StoreKey::new("shop", "user:7"), vec![0; 100]);
/// let entry = Entry { record, timeout: Timeout::from_secs(60), grace: Timeout::from_secs(60) };
/// assert!(adapter.put(&key, &entry, Condition::Always).await?);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(adapter.get(&key).await?.map(|fetched| fetched.left), Some(Left::Expired));
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(adapter.get(&key).await?, None);
/// # Ok::<(), larder::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct MemoryAdapter {
    clock: Clock,
    largest_entry: usize,
    /// Is there no room for anything, not even for what removes?
    is_full: Arc<AtomicBool>,
    /// Each under a lock of its own, as servers are: what a verb does to one is one step.
    shards: Arc<[Mutex<Shard>]>,
}

impl MemoryAdapter {
    /// An empty store of one shard, on the system's clock.
    pub fn new() -> Self {
        let largest_entry = Capability::new().largest_entry;
        Self { clock: Clock::default(), largest_entry, is_full: Arc::default(), shards: shards(1) }
    }

    /// With this clock.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// An empty one of so many shards; of one, if 0.
    pub fn with_shards(self, n_shards: u16) -> Self {
        Self { shards: shards(n_shards.max(1)), ..self }
    }

    /// Refusing entries of more bytes than that.
    pub fn with_largest_entry(self, largest_entry: usize) -> Self {
        Self { largest_entry, ..self }
    }

    /// How many permits there are.
    #[cfg(all(test, shuttle))]
    pub(crate) fn n_permits(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().n_permits()).sum()
    }

    /// From now on, is the store full for everything? Then all that would have to write fails and changes nothing, removals and new
    /// epochs included, as where a disk has no room even for a journal. For all clones.
    pub fn set_full(&self, is_full: bool) {
        self.is_full.store(is_full, Ordering::SeqCst);
    }

    /// For what stores something.
    fn check_room(&self) -> Result<()> {
        let full = || Error::with_kind(ErrorKind::TooLarge, "there is no room left in the store");
        if self.is_full.load(Ordering::SeqCst) { Err(full()) } else { Ok(()) }
    }

    /// For what removes, or changes what is there.
    fn check_writable(&self) -> Result<()> {
        self.check_room().map_err(|full| Error::unavailable("the store cannot write", full))
    }

    fn of(&self, key: &StoreKey) -> MutexGuard<'_, Shard> {
        self.numbered(self.shard(key))
    }

    fn numbered(&self, shard: u16) -> MutexGuard<'_, Shard> {
        self.shards[usize::from(shard) % self.shards.len()].lock()
    }

    fn check(&self, entry: &Entry) -> Result<()> {
        if entry.record.len() <= self.largest_entry {
            return Ok(());
        }
        let (n_bytes, most) = (entry.record.len(), self.largest_entry);
        Err(Error::with_kind(ErrorKind::TooLarge, format!("an entry of {n_bytes} bytes does not fit: {most} at most")))
    }
}

fn shards(n_shards: u16) -> Arc<[Mutex<Shard>]> {
    (0..n_shards).map(|_| Mutex::new(Shard::default())).collect()
}

impl Default for MemoryAdapter {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for MemoryAdapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemoryAdapter({:?}, {} shards)", self.clock, self.shards.len())
    }
}

impl CacheAdapter for MemoryAdapter {
    fn name(&self) -> &'static str {
        "memory-adapter"
    }

    fn capability(&self) -> Capability {
        let shards = u16::try_from(self.shards.len()).expect("it was made of that many");
        Capability { largest_entry: self.largest_entry, shards, ..Capability::new() }
    }

    fn shard(&self, key: &StoreKey) -> u16 {
        // The same for every process, as a server's place is.
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key.as_str());
        u16::try_from(hash % self.shards.len() as u64).expect("there are no more shards than that")
    }

    async fn connect(&self) -> Result<()> {
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        Ok(self.of(key).get(key, self.clock.now()))
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        Ok(keys.iter().map(|key| self.of(key).get(key, self.clock.now())).collect())
    }

    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        let mut shard = self.of(key);
        if claim == Claim::Fresh || !shard.is_live(key, living, self.clock.now()) || !shard.has_epochs(groups) {
            self.check_room()?;
        }
        let epochs: Vec<_> = groups.iter().map(|name| shard.epoch(name)).collect();
        let (token, found) = shard.permit(key, claim, living, &epochs, self.clock.now());
        Ok(Permitted { token, found, epochs })
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        self.check(entry)?;
        let (mut shard, now) = (self.of(key), self.clock.now());
        let holds = match condition {
            Condition::Always => true,
            Condition::IfAbsent(living) => !shard.is_live(key, living, now),
            Condition::IfPermit(token) => shard.is_good(key, token, now),
        };
        if holds {
            self.check_room()?;
            shard.store(key, entry, now);
        }
        Ok(holds)
    }

    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        self.check_writable()?;
        Ok(self.of(key).release(key, token, release, self.clock.now()))
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        entries.iter().try_for_each(|(_, entry)| self.check(entry))?;
        self.check_room()?;
        entries.iter().for_each(|(key, entry)| self.of(key).store(key, entry, self.clock.now()));
        Ok(())
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        self.check_writable()?;
        Ok(keys.iter().map(|key| self.of(key).remove(key, self.clock.now())).collect())
    }

    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        self.check_writable()?;
        Ok(self.of(key).touch(key, (timeout, grace), living, self.clock.now()))
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        Ok(self.of(key).head(key, self.clock.now()))
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        self.check(fresh)?;
        self.check_room()?;
        self.of(key).increment(key, delta, fresh, living, self.clock.now())
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        if !names.iter().all(|name| self.numbered(name.shard()).has_epochs(std::slice::from_ref(name))) {
            self.check_room()?;
        }
        Ok(names.iter().map(|name| self.numbered(name.shard()).epoch(name)).collect())
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        self.check_writable()?;
        Ok(self.numbered(name.shard()).renew(name))
    }

    async fn sweep(&self, namespace: &str, replaced: &[u64]) -> Result<u64> {
        self.check_writable()?;
        let prefix = StoreKey::prefix(namespace);
        let shards = (0..).zip(self.shards.iter());
        let swept = shards.map(|(number, shard)| shard.lock().sweep(&prefix, &Sweep::new(number, namespace, replaced)));
        Ok(swept.sum())
    }

    async fn flush(&self) -> Result<()> {
        self.check_writable()?;
        self.shards.iter().for_each(|shard| *shard.lock() = Shard::default());
        Ok(())
    }
}
