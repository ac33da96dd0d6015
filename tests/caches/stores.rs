//! What the names of stores are made to stand for, and that what was replaced is closed.

use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use larder::adapter::CacheAdapter;
use larder::{
    Cache, MemcachedCache, RedisCache, SqliteCache, cached, caches, configure_memcached, configure_redis,
    configure_sqlite,
};
use larder_servers::{Memcached, Redis, or_skip};
use serde_json::json;

#[cached(adapter = "redis", key = "in-redis:{x}")]
fn in_redis(x: u64) -> u64 {
    x
}

#[cached(adapter = "store-named", key = "in-named:{x}")]
fn in_named(x: u64) -> u64 {
    x
}

/// How many connections there are beside the one that asks.
fn n_connections(control: &RedisCache) -> usize {
    let list = async { redis::cmd("CLIENT").arg("LIST").query_async::<String>(&mut control.client()).await };
    block_on(list).unwrap().lines().count() - 1
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(5), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn redis_stands_for_what_was_configured_last() {
    let _quiet = crate::quiet();
    let Some(server) = or_skip(Redis::start()) else { return };
    let control = RedisCache::open(server.url()).unwrap();
    configure_redis(server.url()).unwrap();
    caches::configure(json!({ "store-named": { "adapter": "RedisCache", "namespace": "named" } })).unwrap();
    in_redis::set(1, 1).unwrap();
    in_named::set(1, 1).unwrap();
    assert_eq!((in_redis(1), in_named(1)), (1, 1));
    // Held on to, so that nothing is closed for want of a user.
    let old = [caches::get("redis").unwrap(), caches::get("store-named").unwrap()];
    assert_eq!(old[1].namespace(), "named");
    until("both are connected", || n_connections(&control) == 2);
    // What does not work changes nothing.
    assert!(configure_redis("redis://h:port").is_err());
    let other = Cache::builder(MemcachedCache::builder().server("h").build().unwrap());
    let error = configure_redis(other).unwrap_err();
    assert_eq!(error.to_string(), "the name `redis` cannot stand for a cache over `memcached`");
    assert_eq!(in_redis::get(1).unwrap(), Some(1));

    // A builder with a namespace of its own: the name follows, and so does the cache that stands on it.
    let builder = Cache::builder(RedisCache::open(server.url()).unwrap()).namespace("second");
    configure_redis(builder).unwrap();
    until("both are closed", || n_connections(&control) == 0);
    assert_eq!(caches::get("AsyncRedisCache").unwrap().namespace(), "second");
    assert_eq!(caches::get("store-named").unwrap().namespace(), "named");
    assert_eq!(in_redis::get(1).unwrap(), None);
    assert_eq!(in_named::get(1).unwrap(), Some(1), "the same place in the same server");

    // Who still has the old one can go on using it.
    assert_eq!(larder::scoped(&old[0], || in_redis::get(1)).unwrap(), Some(1));

    // A store that could not hold what a named cache says: nothing changes.
    caches::configure(json!({ "store-named": { "adapter": "redis", "database": 1 } })).unwrap_err();
    configure_redis(RedisCache::builder().url(server.url())).unwrap();
    caches::configure(json!({ "store-named": { "adapter": "redis", "database": 1 } })).unwrap();
    let error = configure_redis(control).unwrap_err();
    assert!(error.to_string().starts_with("store-named.database: a cache over `redis` has no such setting"), "{error}");
    assert_eq!(caches::get("redis").unwrap().namespace(), "larder");
    assert_eq!(in_redis::get(1).unwrap(), Some(1));
}

#[cached(adapter = "mcache", key = "in-memcached:{x}")]
async fn in_memcached(x: u64) -> u64 {
    x
}

#[test]
fn memcached_stands_for_what_was_configured_last() {
    let _quiet = crate::quiet();
    let Some((one, other)) = or_skip(Memcached::start()).zip(or_skip(Memcached::start())) else { return };
    let is_stored = || block_on(in_memcached::get(1)).unwrap().is_some();
    configure_memcached(one.url()).unwrap();
    block_on(in_memcached::set(1, 1)).unwrap();
    assert_eq!(block_on(in_memcached(1)), 1);
    assert!(is_stored());
    configure_memcached(MemcachedCache::builder().url(&other.url()).unwrap()).unwrap();
    assert!(!is_stored());
    configure_memcached(MemcachedCache::builder().url(&one.url()).unwrap().build().unwrap()).unwrap();
    assert!(is_stored());
}

#[cached(adapter = "sqlite3", key = "in-sqlite:{x}")]
fn in_sqlite(x: u64) -> u64 {
    x
}

#[test]
fn sqlite_stands_for_a_path_a_url_or_an_instance() {
    let _quiet = crate::quiet();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    configure_sqlite(path("one.sqlite")).unwrap();
    in_sqlite::set(1, 1).unwrap();
    assert_eq!(in_sqlite(1), 1);
    let old = caches::get("sqlite").unwrap();
    configure_sqlite(format!("sqlite:{}?namespace=x", path("two.sqlite"))).unwrap();
    assert_eq!(in_sqlite::get(1).unwrap(), None);
    in_sqlite::set(1, 1).unwrap();
    // Closed, a file is one file: its write-ahead log has gone into it.
    let log = folder.path().join("one.sqlite-wal");
    until("the first is closed", || !log.exists());
    assert!(folder.path().join("two.sqlite-wal").exists());
    drop(old);
    let store = SqliteCache::open(path("one.sqlite")).unwrap();
    assert_eq!(store.name(), "sqlite");
    configure_sqlite(store).unwrap();
    assert_eq!(in_sqlite::get(1).unwrap(), Some(1));
}
