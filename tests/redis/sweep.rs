//! Housekeeping over a whole namespace, and emptying a database.

use std::time::Duration;

use larder::adapter::{CacheAdapter, Condition, Entry, StoreKey};
use larder::{Cache, RedisCache, Timeout, cached};

use crate::support::{Store, entry, exists, live, raw, record_of, until};

#[tokio::test(flavor = "multi_thread")]
async fn sweeping_removes_the_dead_of_a_namespace_and_nothing_else() {
    let Some(store) = Store::start() else { return };
    let cache = &store.cache;
    let of = |namespace, template| Entry { record: record_of(namespace, template, ""), ..entry("") };
    let many = |namespace: &str, what: &str, entry: Entry| -> Vec<_> {
        (0..1000).map(|n| (StoreKey::new(namespace, format!("{what}:{n}")), entry.clone())).collect()
    };
    let groups = [
        ("foo", "dead namespace", of(91, 22), 0),
        ("foo", "dead template", of(11, 92), 0),
        ("foo", "alive", of(11, 22), 1000),
        ("foo", "by hand", of(11, 0), 1000),
        ("foobar", "of another namespace", of(91, 22), 1000),
        ("f*", "of another still", of(91, 22), 1000),
    ];
    for (namespace, what, entry, _) in &groups {
        cache.put_many(&many(namespace, what, entry.clone())).await.unwrap();
    }
    store.raw::<()>(&["RPUSH", "foo:list", "x"]).await;
    store.raw::<()>(&["SET", "foo:short", "x"]).await;

    assert_eq!(cache.sweep("foo", &[]).await.unwrap(), 0);
    assert_eq!(cache.sweep("foo", &[91, 92, 93]).await.unwrap(), 2000);
    for (namespace, what, entry, n_left) in groups {
        let keys: Vec<_> = many(namespace, what, entry).into_iter().map(|(key, _)| key).collect();
        assert_eq!(cache.get_many(&keys).await.unwrap().iter().flatten().count(), n_left, "{namespace} {what}");
    }
    assert_eq!(store.raw::<u64>(&["EXISTS", "foo:list", "foo:short"]).await, 2);
    assert_eq!(cache.sweep("f*", &[91]).await.unwrap(), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn namespaces_too_long_to_be_kept_apart_by_a_prefix_are_by_their_epochs() {
    let Some(Store { cache, server: _server }) = Store::start() else { return };
    let (one, two) = (format!("{}1", "n".repeat(300)), format!("{}2", "n".repeat(300)));
    let put = async |namespace: &str, epoch| {
        let entry = Entry { record: record_of(epoch, 0, "x"), ..entry("") };
        cache.put(&StoreKey::new(namespace, "a"), &entry, Condition::Always).await.unwrap();
    };
    put(&one, 91).await;
    put(&two, 95).await;
    assert_eq!(cache.sweep(&one, &[91]).await.unwrap(), 1);
    assert!(live(&cache, &StoreKey::new(&two, "a")).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn flushing_empties_the_selected_database_alone() {
    let Some(store) = Store::start() else { return };
    let second = RedisCache::builder().url(store.server.url()).database(2).build().unwrap();
    let key = StoreKey::new("shop", "a");
    for cache in [&store.cache, &second] {
        assert_eq!(live(cache, &key).await, None, "databases are apart");
        cache.put(&key, &entry("1"), Condition::Always).await.unwrap();
    }
    second.flush().await.unwrap();
    assert!(!exists(&second, &key).await);
    assert!(exists(&store.cache, &key).await);
}

#[cached(key = "swept:{id}", timeout = Timeout::NEVER)]
fn value(id: usize) -> usize {
    id
}

#[cached(key = "swept_beside:{id}", timeout = Timeout::NEVER)]
fn beside(id: usize) -> usize {
    id
}

/// As many entries by hand as a test takes, for a tenth of the time.
fn n_entries() -> usize {
    if std::env::var("LARDER_SCALE").is_ok_and(|scale| scale == "full") { 30_000 } else { 3_000 }
}

fn fill(cache: &Cache) {
    let pairs = (0..n_entries()).map(|number| (format!("by hand:{number}"), number));
    cache.blocking().multi_set(pairs, Timeout::NEVER).unwrap();
}

/// The keys of entries, by a connection of the test's own.
async fn entries(observer: &RedisCache) -> Vec<String> {
    let mut keys = raw::<Vec<String>>(observer, &["KEYS", "larder:*"]).await;
    keys.sort();
    keys
}

async fn until_only(observer: &RedisCache, left: &[&str]) {
    until(Duration::from_secs(60), || async { entries(observer).await == left }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cleared_is_removed_although_the_connection_is_cut_again_and_again() {
    let Some(Store { cache: observer, server }) = Store::start() else { return };
    let cache = Cache::far(RedisCache::open(server.url()).unwrap());
    fill(&cache);
    larder::scoped(&cache, || assert_eq!((value(7), beside(7)), (7, 7)));
    cache.clear_async().await.unwrap();
    larder::scoped(&cache, || assert_eq!(value(8), 8));
    for _ in 0..10 {
        raw::<u64>(&observer, &["CLIENT", "KILL", "TYPE", "normal"]).await;
        tokio::task::yield_now().await;
    }
    until_only(&observer, &["larder:swept:8"]).await;
}

/// A process that was killed before it could sweep; and a store that has evicted epochs.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_has_left_goes_with_the_next_clear_of_its_namespace() {
    let Some(Store { cache: observer, server }) = Store::start() else { return };
    let cache = Cache::far(RedisCache::open(server.url()).unwrap());
    fill(&cache);
    larder::scoped(&cache, || assert_eq!((value(7), beside(7)), (7, 7)));
    let other = cache.with_namespace("larder2");
    other.blocking().set("tea", 1, 60).unwrap();
    for name in raw::<Vec<String>>(&observer, &["KEYS", "larder!epoch!*"]).await {
        if name == "larder!epoch!" {
            raw::<()>(&observer, &["SET", &name, "8 bytes!"]).await;
        } else {
            raw::<u64>(&observer, &["DEL", &name]).await;
        }
    }
    larder::scoped(Cache::far(RedisCache::open(server.url()).unwrap()), || {
        assert_eq!((value(7), beside(8)), (7, 8));
        beside::clear_all().unwrap();
    });
    until_only(&observer, &["larder:swept:7"]).await;
    assert_eq!(other.blocking().get::<i32>("tea").unwrap(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_gets_its_room_back() {
    let Some(Store { cache: observer, server }) = Store::start() else { return };
    let cache = Cache::far(RedisCache::open(server.url()).unwrap());
    fill(&cache);
    let dead: Vec<u8> = raw(&observer, &["GET", "larder!epoch!"]).await;
    raw::<u64>(&observer, &["DEL", "larder!epoch!"]).await;
    raw::<()>(&observer, &["CONFIG", "SET", "maxmemory-policy", "noeviction"]).await;
    raw::<()>(&observer, &["CONFIG", "SET", "maxmemory", "1"]).await;
    assert_eq!(dead.len(), 8);
    let adapter = RedisCache::open(server.url()).unwrap();
    assert_eq!(adapter.sweep("larder", &[]).await.unwrap(), n_entries() as u64);
}
