//! `connect`, `close`, `reconnect`, `session`: idempotent, and never in the way.

use futures_lite::future::block_on;
use larder::{Cache, ErrorKind, IntoCache, RedisCache};
use larder_servers::{Memcached, Redis, or_skip};

use crate::hand::{FACES, Hand};
use crate::shop::{everywhere, in_turn};

#[test]
fn connections_come_and_go_as_often_as_one_likes() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.close().unwrap();
        hand.connect().unwrap();
        hand.connect().unwrap();
        hand.set("key", "value".to_owned(), 60).unwrap();
        hand.close().unwrap();
        hand.close().unwrap();
        assert_eq!(hand.get::<String>("key").unwrap().as_deref(), Some("value"), "it connects by itself");
        hand.reconnect().unwrap();
        hand.reconnect().unwrap();
        assert_eq!(hand.get::<String>("key").unwrap().as_deref(), Some("value"));
        hand.in_sessions(5).unwrap();
        assert_eq!(hand.get::<String>("key").unwrap().as_deref(), Some("value"));
    });
}

#[test]
fn a_session_closes_when_it_is_dropped_unless_told_not_to() {
    let Some(server) = or_skip(Redis::start()) else { return };
    let cache = server.url().into_cache().unwrap();
    let observer = RedisCache::open(server.url()).unwrap();
    let n_clients = || {
        let list: String = block_on(async {
            redis::cmd("CLIENT").arg("LIST").arg("TYPE").arg("normal").query_async(&mut observer.client()).await
        })
        .unwrap();
        list.lines().count()
    };
    let alone = n_clients();
    let eventually = |n: usize, when: &str| {
        let start = std::time::Instant::now();
        while n_clients() != n {
            assert!(start.elapsed().as_secs() < 5, "{when}: {} connections and not {n}", n_clients());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    };
    let blocking = cache.blocking();
    let unconnected = blocking.session_unconnected();
    assert_eq!(n_clients(), alone, "not before it is used");
    drop(unconnected);
    let session = blocking.session().unwrap();
    eventually(alone + 1, "connected");
    session.set("key", 7, 60).unwrap();
    drop(session);
    eventually(alone, "dropped");
    drop(blocking.session().unwrap().keep_open());
    eventually(alone + 1, "kept open");
    blocking.close().unwrap();
    eventually(alone, "closed");
    let session = block_on(cache.asynchronous().session()).unwrap();
    eventually(alone + 1, "connected, async");
    drop(session);
    eventually(alone, "dropped, async");
    let session = block_on(cache.asynchronous().session()).unwrap();
    block_on(session.end()).unwrap();
    eventually(alone, "ended, async");
    drop(block_on(cache.asynchronous().session()).unwrap().keep_open());
    eventually(alone + 1, "kept open, async");
}

#[test]
fn a_session_stays_with_the_cache_that_it_began_with() {
    let [one, other] = ["memory", "memory"].map(|_| Cache::from(larder::MemoryCache::new()));
    let session = larder::scoped(&one, || larder::cache().session()).unwrap();
    larder::scoped(&other, || session.set("key", 7, 60)).unwrap();
    assert_eq!(one.blocking().get("key").unwrap(), Some(7));
    assert_eq!(other.blocking().get::<i32>("key").unwrap(), None);
}

/// A client that was handed in is what is used after every close, whatever else could be reached.
#[test]
fn a_client_that_was_handed_in_is_never_replaced() {
    let Some(server) = or_skip(Redis::start()) else { return };
    let client = redis::Client::open(server.url()).unwrap();
    let handed_in = Cache::far(RedisCache::from_client(&client));
    let by_url = server.url().into_cache().unwrap();
    for face in FACES {
        let (hand, other) = (Hand::of(&handed_in, face), Hand::of(&by_url, face));
        for round in 0..3 {
            hand.set("key", round, 60).unwrap();
            hand.close().unwrap();
            hand.reconnect().unwrap();
            assert_eq!(hand.get("key").unwrap(), Some(round));
            assert_eq!(other.get("key").unwrap(), Some(round), "it is the same server");
        }
    }
}

/// Programs start while their store is down, and meet it when it is up.
#[test]
fn connecting_to_what_is_down_is_an_error_and_no_verdict() {
    let (redis, memcached) = (or_skip(Redis::start()), or_skip(Memcached::start()));
    let (Some(mut redis), Some(mut memcached)) = (redis, memcached) else { return };
    for server in [&mut *redis, &mut *memcached] {
        let cache = server.url().into_cache().unwrap();
        for face in FACES {
            let hand = Hand::of(&cache, face);
            server.kill();
            let _ = hand.close();
            for refused in [hand.connect(), hand.reconnect(), hand.in_sessions(1)] {
                assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unavailable, "{}", cache.adapter());
            }
            server.restart().unwrap();
            let start = std::time::Instant::now();
            while let Err(error) = hand.connect() {
                assert!(start.elapsed().as_secs() < 10, "{error}");
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            hand.set("key", 7, 60).unwrap();
            assert_eq!(hand.get("key").unwrap(), Some(7));
        }
    }
}

#[test]
fn two_stores_of_one_kind_are_two() {
    let (one, other) = (or_skip(Redis::start()), or_skip(Redis::start()));
    let (Some(one), Some(other)) = (one, other) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    for urls in [[one.url(), other.url()], [file("one.sqlite"), file("other.sqlite")]] {
        for face in FACES {
            let [one, other] = urls.clone().map(|url| Hand::of(&url.into_cache().unwrap(), face));
            one.set("key", 1, 60).unwrap();
            assert_eq!(other.get::<i32>("key").unwrap(), None);
            other.set("key", 2, 60).unwrap();
            one.clear().unwrap();
            assert_eq!((one.get::<i32>("key").unwrap(), other.get("key").unwrap()), (None, Some(2)));
            other.clear().unwrap();
        }
    }
}

/// Blocking commands inside a runtime block its thread and nothing else; no panic, no deadlock.
#[test]
fn commands_work_inside_any_runtime() {
    in_turn(|shop| {
        let one_thread = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let several = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let (blocking, asynchronous) = (shop.cache.blocking(), shop.cache.asynchronous());
        for runtime in [&one_thread, &several] {
            let (blocking, asynchronous) = (blocking.clone(), asynchronous.clone());
            let commands = async move {
                blocking.set("key", 7, 60).unwrap();
                assert_eq!(asynchronous.get("key").await.unwrap(), Some(7));
                asynchronous.set("key", 8, 60).await.unwrap();
                assert_eq!(blocking.get_or_set("key", 60, || 0).unwrap(), 8);
                assert_eq!(asynchronous.multi_get::<i32>(["key", "absent"]).await.unwrap(), [Some(8), None]);
                asynchronous.multi_set([("many", 1)], 60).await.unwrap();
                assert_eq!(
                    asynchronous.increment("many", 1).await.unwrap() + blocking.increment("many", 1).unwrap(),
                    5
                );
                assert!(asynchronous.remove(["key", "many"]).await.unwrap().all());
                asynchronous.clear().await.unwrap();
                blocking.clear().unwrap();
            };
            // On another thread of the runtime, so its future is one that can be sent.
            runtime.block_on(runtime.spawn(commands)).unwrap();
        }
    });
}
