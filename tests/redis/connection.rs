//! The one connection: made late, lost, made anew, shared, and left in the middle.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use larder::adapter::{CacheAdapter, Condition, StoreKey};
use larder::{ErrorKind, RedisCache};
use larder_servers::{Behaviour, Proxy, Redis, or_skip};

use crate::support::{Store, entry, exists, key, live, raw, until, within};

/// How many connections the server has.
async fn n_connections(store: &Store) -> usize {
    store.raw::<String>(&["CLIENT", "LIST"]).await.lines().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_come_late_go_and_come_back() {
    let Some(mut server) = or_skip(Redis::start()) else { return };
    server.kill();
    let cache = RedisCache::open(server.url()).unwrap();
    let start = Instant::now();
    assert_eq!(cache.get(&key("a")).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(start.elapsed() < Duration::from_millis(200), "refused at once: {:?}", start.elapsed());

    for round in 0..5 {
        server.restart().unwrap();
        cache.put(&key("a"), &entry("1"), Condition::Always).await.unwrap_or_else(|error| panic!("{round}: {error:?}"));
        assert_eq!(live(&cache, &key("a")).await.as_deref(), Some("1"));
        server.kill();
        assert_eq!(cache.get(&key("a")).await.unwrap_err().kind(), ErrorKind::Unavailable);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_two_calls_is_not_noticed() {
    let Some(mut store) = Store::start() else { return };
    for _ in 0..5 {
        assert!(!exists(&store.cache, &key("a")).await);
        store.cache.put(&key("a"), &entry("1"), Condition::Always).await.unwrap();
        store.server.restart().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_first_callers_make_one_connection() {
    let Some(store) = Store::start() else { return };
    let other = RedisCache::open(store.server.url()).unwrap();
    let before = n_connections(&store).await;
    let callers = (0..1000).map(|_| {
        let other = other.clone();
        tokio::spawn(async move { other.get(&key("a")).await.unwrap() })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    assert_eq!(n_connections(&store).await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_never_answers_another() {
    const CALLS: usize = 100_000;
    let Some(Store { cache, server: _server }) = Store::start() else { return };
    let keys: Vec<_> = (0..100).map(|n| key(&n.to_string())).collect();
    let entries: Vec<_> = keys.iter().cloned().zip((0..100).map(|n| entry(&n.to_string()))).collect();
    cache.put_many(&entries).await.unwrap();
    let keys: &'static [StoreKey] = keys.leak();
    let answered: &'static AtomicUsize = Box::leak(Box::default());
    let callers = (0..100).map(|caller| {
        let cache = cache.clone();
        tokio::spawn(async move {
            for call in 0..CALLS / 100 {
                let n = (caller * 7 + call) % 100;
                let get = live(&cache, &keys[n]);
                if call % 2 == 0 {
                    assert_eq!(get.await, Some(n.to_string()));
                    answered.fetch_add(1, Ordering::Relaxed);
                } else {
                    // Polled, so that it is under way, and dropped before, while or after it is answered.
                    let mut get = std::pin::pin!(get);
                    for _ in 0..=call % 3 {
                        if let Some(found) = futures_lite::future::poll_once(get.as_mut()).await {
                            assert_eq!(found, Some(n.to_string()));
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                }
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    assert_eq!(answered.load(Ordering::Relaxed), CALLS / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_all_costs_seconds_and_not_minutes() {
    let Some(store) = Store::start() else { return };
    let proxy = Proxy::before(store.server.port()).unwrap();
    let cache = RedisCache::builder().port(proxy.port()).build().unwrap();
    cache.put(&key("a"), &entry("1"), Condition::Always).await.unwrap();
    proxy.switch(Behaviour::BlackHole).unwrap();
    assert!(within(Duration::from_millis(100), cache.get(&key("a"))).await.is_none(), "it waits as long as it is let");
    proxy.switch(Behaviour::Pass).unwrap();
    // The old connection stays silent for good.
    let took = until(Duration::from_secs(5), async || {
        within(Duration::from_millis(250), cache.get(&key("a"))).await.is_some_and(|found| found.is_ok())
    });
    let took = took.await;
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_has_a_limit_and_ends_for_all_who_wait() {
    let Some(store) = Store::start() else { return };
    let proxy = Proxy::before(store.server.port()).unwrap();
    proxy.switch(Behaviour::BlackHole).unwrap();
    let cache = RedisCache::builder().port(proxy.port()).build().unwrap();
    let keys = [key("a"), key("b")];
    let start = Instant::now();
    let (one, two, three) = tokio::join!(cache.get(&keys[0]), cache.connect(), cache.get_many(&keys));
    for error in [one.unwrap_err(), two.unwrap_err(), three.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
    assert!((1_900..2_600).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_leaves_does_not_stop_the_attempt_to_connect() {
    let Some(store) = Store::start() else { return };
    let proxy = Proxy::before(store.server.port()).unwrap();
    proxy.switch(Behaviour::Delay(Duration::from_millis(100))).unwrap();
    let cache = RedisCache::builder().port(proxy.port()).build().unwrap();
    // Connecting takes three trips, more than any of these callers waits.
    let took = until(Duration::from_secs(3), async || {
        within(Duration::from_millis(150), cache.head(&key("a"))).await.is_some_and(|found| found.is_ok())
    });
    took.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_ends_the_connection_and_the_next_call_makes_another() {
    let Some(store) = Store::start() else { return };
    let cache = RedisCache::open(store.server.url()).unwrap();
    cache.close().await.unwrap();
    cache.connect().await.unwrap();
    cache.connect().await.unwrap();
    assert_eq!(n_connections(&store).await, 2);
    cache.close().await.unwrap();
    cache.close().await.unwrap();
    until(Duration::from_secs(2), async || n_connections(&store).await == 1).await;
    assert!(!exists(&cache, &key("a")).await);
    drop(cache);
    until(Duration::from_secs(2), async || n_connections(&store).await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_handed_in_stays() {
    let Some(mut store) = Store::start() else { return };
    let client = redis::Client::open(format!("{}/4", store.server.url())).unwrap();
    let multiplexed = client.get_multiplexed_async_connection().await.unwrap();
    let manager = client.get_connection_manager().await.unwrap();
    let n_open = n_connections(&store).await;
    let (by_multiplexed, by_manager) = (RedisCache::from_connection(multiplexed), RedisCache::from_connection(manager));
    for cache in [&by_multiplexed, &by_manager] {
        cache.put(&key("a"), &entry("1"), Condition::Always).await.unwrap();
        cache.close().await.unwrap();
        assert_eq!(live(cache, &key("a")).await.as_deref(), Some("1"));
        assert_eq!(raw::<u64>(cache, &["DBSIZE"]).await, 1);
    }
    assert_eq!(n_connections(&store).await, n_open, "none of our own");

    let by_client = RedisCache::from_client(&client);
    assert_eq!(live(&by_client, &key("a")).await.as_deref(), Some("1"));
    store.server.restart().unwrap();
    assert!(!exists(&by_client, &key("a")).await);
    assert!(by_multiplexed.get(&key("a")).await.is_err(), "this client's kind does not come back");
    until(Duration::from_secs(5), async || by_manager.get(&key("a")).await.is_ok()).await;
}

#[test]
fn it_works_on_any_executor_and_outlives_each() {
    let Some(Store { cache, server: _server }) = Store::start() else { return };
    for round in 0..5 {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(cache.put(&key("a"), &entry("1"), Condition::Always)).unwrap();
        drop(runtime);
        assert_eq!(futures_lite::future::block_on(live(&cache, &key("a"))).as_deref(), Some("1"), "{round}");
        let n_keys: u64 = futures_lite::future::block_on(raw(&cache, &["DBSIZE"]));
        assert_eq!(n_keys, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_demoted_to_replica_is_left() {
    let Some(store) = Store::start() else { return };
    let port = store.server.port().to_string();
    let cache = RedisCache::open(store.server.url()).unwrap();
    cache.put(&key("a"), &entry("1"), Condition::Always).await.unwrap();
    let id = async || raw::<u64>(&cache, &["CLIENT", "ID"]).await;
    let before = id().await;
    store.raw::<()>(&["REPLICAOF", "127.0.0.1", &port]).await;
    let error = cache.put(&key("a"), &entry("2"), Condition::Always).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    store.raw::<()>(&["REPLICAOF", "NO", "ONE"]).await;
    assert_ne!(id().await, before, "another connection may lead to the new master");
    cache.put(&key("a"), &entry("3"), Condition::Always).await.unwrap();
}

/// As where its name leads to another master by now.
#[tokio::test(flavor = "multi_thread")]
async fn who_only_reads_leaves_a_server_demoted_to_replica() {
    let Some(store) = Store::start() else { return };
    let port = store.server.port().to_string();
    let cache = RedisCache::open(store.server.url()).unwrap();
    cache.put(&key("a"), &entry("1"), Condition::Always).await.unwrap();
    let id = async || raw::<u64>(&cache, &["CLIENT", "ID"]).await;
    let before = id().await;
    store.raw::<()>(&["REPLICAOF", "127.0.0.1", &port]).await;
    // It is asked once soon after connecting, and then twice a minute.
    until(Duration::from_secs(40), async || {
        let _ = cache.get(&key("a")).await;
        id().await != before
    })
    .await;
}
