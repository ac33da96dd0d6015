//! The end of a program that cleared something while its store was down. A program of its own, as it is about all caches that
//! there are.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use larder::adapter::{CacheAdapter, StoreKey};
use larder::{Cache, IntoCache, RedisCache, SqliteCache, Timeout, Undelivered, cached};
use larder_servers::{Memcached, Redis, or_skip};

#[cached(key = "shutdown:{id}", timeout = 600, skip(version))]
fn value(id: u64, version: u64) -> u64 {
    id + version
}

/// What is owed is counted for all stores there are.
static ALONE: Mutex<()> = Mutex::new(());

#[cached(key = "shutdown_kept:{id}", timeout = Timeout::NEVER)]
fn kept(id: u64) -> u64 {
    id
}

#[test]
fn a_program_that_ends_has_removed_what_it_cleared() {
    const N: u64 = 2_000;
    let _alone = ALONE.lock().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteCache::open(folder.path().join("cache.sqlite")).unwrap();
    let redis = or_skip(Redis::start());
    let redis = redis.as_ref().map(|server| RedisCache::open(server.url()).unwrap());
    let keys: Vec<_> = (0..N).map(|id| StoreKey::new("larder", format!("shutdown_kept:{id}"))).collect();
    fn n_left(adapter: &impl CacheAdapter, keys: &[StoreKey]) -> usize {
        let left = keys.chunks(500).map(|keys| block_on(adapter.get_many(keys)).unwrap().into_iter().flatten().count());
        left.sum()
    }
    let check = |cache: Cache, n_left: &dyn Fn() -> usize| {
        let clears: [fn(&Cache); 2] = [|_| kept::clear_all().unwrap(), |cache| cache.clear().unwrap()];
        for clear in clears {
            larder::scoped(&cache, || {
                (0..N).for_each(|id| assert_eq!(kept(id), id));
                // A store that is late for a call on a busy machine keeps nothing of it.
                assert!(n_left() > 0);
                clear(&cache);
            });
            let undelivered = larder::shutdown(Duration::from_secs(60));
            assert_eq!((undelivered.is_empty(), n_left()), (true, 0), "{} {undelivered:?}", cache.adapter());
        }
    };
    check(Cache::far(sqlite.clone()), &|| n_left(&sqlite, &keys));
    if let Some(redis) = redis {
        check(Cache::far(redis.clone()), &|| n_left(&redis, &keys));
    }
}

#[test]
fn a_program_that_ends_tells_its_stores_what_it_can_and_its_caller_the_rest() {
    let _alone = ALONE.lock().unwrap();
    assert!(larder::shutdown(Duration::from_secs(1_000)).is_empty(), "nothing is owed, and nobody waits");
    let (Some(mut redis), Some(mut memcached)) = (or_skip(Redis::start()), or_skip(Memcached::start())) else { return };
    let caches = [&*redis, &*memcached].map(|server| server.url().as_str().into_cache().unwrap());
    caches.iter().for_each(|cache| larder::scoped(cache, || assert_eq!((value(7, 1), value(7, 2)), (8, 8))));
    redis.kill();
    memcached.kill();
    for cache in &caches {
        larder::scoped(cache, || assert!((0..20).all(|id| value::clear(id).is_err()) && value::clear_all().is_err()));
    }
    let start = Instant::now();
    let Undelivered { removals, renewals, stores, forgotten, .. } = larder::shutdown(Duration::from_millis(100));
    assert_eq!([removals, renewals, stores, forgotten], [40, 2, 2, 0]);
    // The clock is a coarse one.
    assert!(start.elapsed() >= Duration::from_millis(80), "it has waited for what might come");

    memcached.restart().unwrap();
    let is_delivered = |undelivered: Undelivered| (undelivered.removals, undelivered.stores) == (20, 1);
    let start = Instant::now();
    while !is_delivered(larder::shutdown(Duration::from_millis(50))) {
        assert!(start.elapsed() < Duration::from_secs(30), "it is not told");
    }
    // A handle that is gone takes nothing with it.
    drop(caches);
    redis.restart().unwrap();
    let undelivered = block_on(larder::shutdown_async(Duration::from_secs(30)));
    assert!(undelivered.is_empty(), "{undelivered:?}");
    larder::scoped(redis.url().as_str().into_cache().unwrap(), || assert_eq!(value(7, 3), 10));
}
