//! One file for all processes of a machine, or a database in memory. Verbs become requests to threads of their own, which
//! run all that wait together; so an async caller never blocks, and many callers cost little more than one.

mod client;
mod config;
mod damage;
mod database;
mod engine;
mod exchange;
mod fault;
mod file;
mod housekeeping;
mod leases;
mod life;
mod log;
mod queue;
mod reader;
mod request;
mod schema;
mod statements;
mod transaction;
mod worker;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use client::SqliteClient;
pub use config::SqliteCacheBuilder;

use crate::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Living, Permitted, Release,
    StoreKey, Token,
};
use crate::error::{Error, ErrorKind, Result};
use crate::timeout::Timeout;
use database::Place;
use engine::Engine;
use housekeeping::Dead;
use request::Purpose;

/// Keeps entries in a SQLite file, which outlives the process and which all processes of this machine share, or in memory.
///
/// The file and the folders that are made for it are for this user alone. A symlink in its place, a file that is no
/// database and another program's database are refused; a cache that turns out to be damaged is renamed to
/// `name.damaged-<time>` (the last two are kept) and built anew. Beside it lies `name.lock`, which stays. All of that
/// happens at first use: nothing here looks at a file. One that is removed or exchanged while it is used costs what is in it
/// and no more; its `-wal` and `-shm` are a part of it, and must never be removed alone.
///
/// Where there is no room, on the disk or in what the log may take ([`max_bytes`](SqliteCacheBuilder::max_bytes)), what is to be
/// stored is refused as [`ErrorKind::TooLarge`], and what is to be removed (and an epoch that is to be renewed) goes all the same: if
/// it cannot be written, with the whole file, which is removed and made anew, empty. So it does where the disk has no room to open it.
/// If not even that can be done, it is an error of kind [`ErrorKind::Unavailable`].
///
/// SQLite does not know whether a byte in its file has flipped: what is handed out has the bytes that were put, or bytes
/// that fail the checksum of their record.
///
/// A handle: clones are one store. Its threads start with the first request and end with the last handle.
///
/// # Examples
/// ```
/// use larder::SqliteCache;
///
/// let cache = SqliteCache::builder().memory().max_bytes(8 << 20).build()?;
/// let same = cache.clone();
/// assert_eq!(format!("{same:?}"), "SqliteCache(in memory)");
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone)]
pub struct SqliteCache(Arc<Engine>);

impl SqliteCache {
    /// In this file, which is made at first use if need be.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the path names no file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::builder().path(path).build()
    }

    /// In `larder/cache.sqlite` in the user's cache directory: `$XDG_CACHE_HOME`, `%LOCALAPPDATA%`, `~/Library/Caches` on
    /// macOS or else `~/.cache`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the environment names none of them.
    pub fn open_default() -> Result<Self> {
        Self::builder().build()
    }

    /// In this process's memory, until the last clone is dropped.
    pub fn memory() -> Self {
        Self::builder().memory().build().expect("the defaults are valid")
    }

    /// In this process's memory, shared by all caches of this name while there is one.
    pub fn memory_persist(name: impl Into<String>) -> Self {
        Self::builder().memory_persist(name).build().expect("the defaults are valid")
    }

    /// What a URL says: `sqlite:path`, `sqlite:///path?max_bytes=1000000`, `sqlite::memory:`, `sqlite::memory:?name=x`, and
    /// `sqlite:` for the default file. A path is taken as it is, up to the first `?`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`], naming what is wrong.
    pub fn from_url(url: &str) -> Result<Self> {
        SqliteCacheBuilder::url(url)?.build()
    }

    /// To say otherwise.
    pub fn builder() -> SqliteCacheBuilder {
        SqliteCacheBuilder::default()
    }

    /// The file; `None` in memory.
    pub fn path(&self) -> Option<&Path> {
        match self.0.place() {
            Place::File(path) => Some(path),
            Place::Memory => None,
        }
    }

    /// The database, for statements of one's own.
    pub fn client(&self) -> SqliteClient {
        SqliteClient(self.clone())
    }

    /// Removes what is past its grace, and says how many entries that were. It happens behind the callers anyway, a slice
    /// each second while there are writes.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if the database fails.
    pub async fn purge(&self) -> Result<u64> {
        self.walk(Dead::Past).await
    }

    /// Goes through all entries that there are now, a request for each slice, so that other writes come in between.
    async fn walk(&self, dead: Dead) -> Result<u64> {
        let last = self.read(|store| Ok(housekeeping::youngest(store)?)).await?;
        let mut from = i64::MIN;
        let mut n_removed = 0;
        loop {
            let dead = dead.clone();
            let step = self.write(move |store| Ok(housekeeping::walk(store, from, &dead)?)).await?;
            n_removed += step.n_removed;
            match step.next {
                Some(next) if next < last => from = next,
                _ => return Ok(n_removed),
            }
        }
    }

    async fn read<T: Send + 'static>(&self, work: impl Work<T>) -> Result<T> {
        self.0.ask(Purpose::Read, work).await
    }

    /// For what may be refused where there is no room.
    async fn store<T: Send + 'static>(&self, work: impl Work<T>) -> Result<T> {
        self.0.ask(Purpose::Store, work).await
    }

    /// For what has to be carried out.
    async fn write<T: Send + 'static>(&self, work: impl Work<T>) -> Result<T> {
        self.0.ask(Purpose::Remove, work).await
    }

    fn check(&self, key: &StoreKey, entry: &Entry) -> Result<()> {
        if entry.record.len() <= self.capability().largest_entry {
            return Ok(());
        }
        Err(Error::new(ErrorKind::TooLarge, format!("the entry of `{key}` is larger than the SQLite cache takes")))
    }
}

/// What a verb has done on a connection.
trait Work<T>: FnMut(&statements::Statements<'_>) -> Result<T, fault::Stop> + Send + 'static {}

impl<T, W: FnMut(&statements::Statements<'_>) -> Result<T, fault::Stop> + Send + 'static> Work<T> for W {}

impl fmt::Debug for SqliteCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteCache({})", self.0.place())
    }
}

/// One round trip is one request, and one transaction. Only `epochs` may take a second, to make those that are missing.
impl CacheAdapter for SqliteCache {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn capability(&self) -> Capability {
        let usual = Capability::new();
        let an_eighth = usize::try_from(self.0.limits().max_bytes / 8).unwrap_or(usize::MAX);
        Capability {
            largest_entry: usual.largest_entry.min(an_eighth),
            persistent: *self.0.place() != Place::Memory,
            ..usual
        }
    }

    fn shard(&self, _: &StoreKey) -> u16 {
        0
    }

    async fn connect(&self) -> Result<()> {
        self.read(|_| Ok(())).await
    }

    async fn close(&self) -> Result<()> {
        self.0.close().await;
        Ok(())
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        let key = key.clone();
        self.read(move |store| Ok(store.get(&key)?)).await
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys = keys.to_vec();
        self.read(move |store| Ok(keys.iter().map(|key| store.get(key)).collect::<Result<_, _>>()?)).await
    }

    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        let (key, living, groups) = (key.clone(), *living, groups.to_vec());
        self.store(move |store| Ok(store.permit(&key, claim, &living, &groups)?)).await
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        self.check(key, entry)?;
        let (key, entry) = (key.clone(), entry.clone());
        match condition {
            Condition::Always => self.store(move |store| Ok(store.put(&key, &entry, Condition::Always)?)).await,
            Condition::IfAbsent(&living) => {
                self.store(move |store| Ok(store.put(&key, &entry, Condition::IfAbsent(&living))?)).await
            }
            Condition::IfPermit(&token) => {
                self.store(move |store| Ok(store.put(&key, &entry, Condition::IfPermit(&token))?)).await
            }
        }
    }

    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        let (key, token) = (key.clone(), *token);
        self.write(move |store| Ok(store.release(&key, &token, release)?)).await
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        entries.iter().try_for_each(|(key, entry)| self.check(key, entry))?;
        if entries.is_empty() {
            return Ok(());
        }
        let entries = entries.to_vec();
        self.store(move |store| {
            let put = |(key, entry): &(StoreKey, Entry)| store.put(key, entry, Condition::Always).map(drop);
            Ok(entries.iter().try_for_each(put)?)
        })
        .await
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys = keys.to_vec();
        self.write(move |store| Ok(keys.iter().map(|key| store.remove(key)).collect::<Result<_, _>>()?)).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        let (key, living) = (key.clone(), *living);
        self.store(move |store| Ok(store.touch(&key, timeout, grace, &living)?)).await
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        let key = key.clone();
        self.read(move |store| Ok(store.head(&key)?)).await
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        self.check(key, fresh)?;
        let (key, fresh, living) = (key.clone(), fresh.clone(), *living);
        self.store(move |store| store.increment(&key, delta, &fresh, &living)).await
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let names = names.to_vec();
        let asked = names.clone();
        let known: Vec<_> =
            self.read(move |store| Ok(asked.iter().map(|name| store.epoch(name)).collect::<Result<_, _>>()?)).await?;
        match known.into_iter().collect() {
            Some(epochs) => Ok(epochs),
            None => self.write(move |store| Ok(store.epochs(&names)?)).await,
        }
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        let name = name.clone();
        self.write(move |store| Ok(store.renew(&name)?)).await
    }

    async fn sweep(&self, namespace: &str, dead: &[u64]) -> Result<u64> {
        self.walk(Dead::replaced(namespace, dead)).await
    }

    async fn flush(&self) -> Result<()> {
        self.write(|store| Ok(store.flush()?)).await
    }
}

#[cfg(test)]
mod tests;
