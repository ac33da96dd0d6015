//! larder's contenders, and the floor under every cache whose keys are text.

use std::hash::BuildHasher;
use std::hint::black_box;
use std::sync::{LazyLock, PoisonError, RwLock};

use coarsetime::{Duration, Instant};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use larder::{__private, KeyPart, cached};

use crate::work::answer;

/// A hit in the current cache: memory, bounded by entries.
#[cached(key = "user:{id}:{name}", timeout = 300)]
pub fn user(id: u64, name: &str) -> String {
    answer(id, name)
}

/// The same, async.
#[cached(key = "user:{id}:{name}", timeout = 300)]
pub async fn user_async(id: u64, name: &str) -> String {
    answer(id, name)
}

/// The key of both, as the macro writes it.
#[inline(always)]
fn key<'a>(writer: &'a mut __private::KeyWriter, id: u64, name: &str) -> &'a [u8] {
    __private::written(writer, |key| {
        __private::literal(key, "user:");
        id.write_key(key);
        __private::literal(key, ":");
        name.write_key(key);
    })
}

/// Renders the key, hashes it, and clones a value: what no cache with such keys can do without.
pub fn floor(id: u64, name: &str) -> String {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    static VALUE: LazyLock<String> = LazyLock::new(|| answer(0, ""));
    let mut writer = __private::KeyWriter::new();
    let key = key(&mut writer, id, name);
    black_box(HASHER.hash_one(key));
    black_box(&*VALUE).clone()
}

/// The least that is a cache at all: the floor, and a table behind locks, in shards, from keys to values with deadlines. It evicts
/// nothing, clears nothing, counts nothing and serves but one function.
pub fn table(id: u64, name: &str) -> String {
    struct Held {
        key: Box<[u8]>,
        until: Instant,
        value: String,
    }
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    static SHARDS: LazyLock<[RwLock<HashTable<Held>>; 8]> = LazyLock::new(Default::default);
    let mut writer = __private::KeyWriter::new();
    let key = key(&mut writer, id, name);
    let hash = HASHER.hash_one(key);
    let shard = &SHARDS[(hash >> 32) as usize & 7];
    let held = shard.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(held) = held.find(hash, |held| *held.key == *key)
        && Instant::now() < held.until
    {
        return held.value.clone();
    }
    drop(held);
    let (key, value, until) = (key.into(), answer(id, name), Instant::now() + Duration::from_secs(300));
    let held = Held { key, until, value: value.clone() };
    shard.write().unwrap_or_else(PoisonError::into_inner).insert_unique(hash, held, |held| HASHER.hash_one(&*held.key));
    value
}
