//! Folders that go away, and entries whose bytes tell whether they are whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use futures_lite::future::block_on;
use larder::adapter::{CacheAdapter, Condition, Entry, Fetched, Living, StoreKey, layout};
use larder::{Result, SqliteCache, Timeout};

/// A folder of a test's own.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("larder-sqlite-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The names in it, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) const LIVING: Living = Living { namespace: 7, template: None };

pub(crate) fn key(name: &str) -> StoreKey {
    StoreKey::new("test", name)
}

/// Where a record of the tests says what it was made from.
const SEED: std::ops::Range<usize> = 24..32;

/// A record of `n_bytes` past its head, which all follow from `seed`.
pub(crate) fn record(seed: u64, n_bytes: usize) -> Vec<u8> {
    let mut record = vec![0; layout::PAYLOAD];
    record[layout::NAMESPACE_EPOCH].copy_from_slice(&LIVING.namespace.to_le_bytes());
    record[layout::CODEC] = layout::INTEGER;
    record[SEED].copy_from_slice(&seed.to_le_bytes());
    let mut random = Random(seed | 1);
    record.extend((0..n_bytes).map(|_| random.next() as u8));
    record
}

/// Is it a record that [`record`] has made?
pub(crate) fn is_whole(found: &[u8]) -> bool {
    let Some(seed) = found.get(SEED) else { return false };
    let seed = u64::from_le_bytes(seed.try_into().unwrap());
    found == record(seed, found.len() - layout::PAYLOAD)
}

pub(crate) fn entry(seed: u64, n_bytes: usize) -> Entry {
    Entry { record: record(seed, n_bytes), timeout: Timeout::from(60), grace: Timeout::from(60) }
}

pub(crate) fn put(cache: &SqliteCache, name: &str, entry: &Entry) -> Result<bool> {
    block_on(cache.put(&key(name), entry, Condition::Always))
}

pub(crate) fn get(cache: &SqliteCache, name: &str) -> Result<Option<Fetched>> {
    block_on(cache.get(&key(name)))
}

/// Does a whole entry stand there?
pub(crate) fn has(cache: &SqliteCache, name: &str) -> bool {
    get(cache, name).unwrap().is_some_and(|found| is_whole(&found.record))
}

pub(crate) fn close(cache: &SqliteCache) {
    block_on(cache.close()).unwrap();
}

/// So many, and more where there is time.
pub(crate) fn scaled(quick: u64, full: u64) -> u64 {
    match std::env::var("LARDER_SCALE").as_deref() {
        Ok("full") => full,
        _ => quick,
    }
}

/// The same numbers for the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end
    }
}
