//! Clear beats fill: what voids a permit, and what does not.

use std::pin::pin;
use std::time::Duration;

use futures_lite::future::poll_once;
use larder::adapter::{CacheAdapter, Claim, Condition, Counted, Entry, EpochName, Release};
use larder::{ErrorKind, MemcachedCache};
use larder_servers::{Behaviour, Memcached, Proxy, or_skip};

use crate::support::{
    LIVING, cache, cleared, entry, exists, fill, got, key, permit, put, remove, server, stat, until, with,
};

#[tokio::test]
async fn a_permit_stores_once_and_a_stub_is_absent() {
    let Some((_server, cache)) = server() else { return };
    let key = key("a");
    let first = permit(&cache, &key, Claim::Shared).await;
    let second = permit(&cache, &key, Claim::Shared).await;
    assert_eq!(first, second);
    assert_eq!(got(&cache, &key).await, None);
    assert_eq!(cache.get_many(std::slice::from_ref(&key)).await.unwrap(), [None]);
    assert!(!exists(&cache, &key).await);
    assert!(fill(&cache, &key, &first, "1").await);
    assert!(!fill(&cache, &key, &second, "2").await);
    assert_eq!(got(&cache, &key).await.as_deref(), Some("1"));
    assert_eq!(remove(&cache, std::slice::from_ref(&key)).await, [true]);
    permit(&cache, &key, Claim::Shared).await;
    assert_eq!(remove(&cache, std::slice::from_ref(&key)).await, [false]);
}

#[tokio::test]
async fn whatever_changes_the_key_voids_its_permit() {
    let Some((_server, cache)) = server() else { return };
    let key = key("a");
    for change in ["remove", "put", "put_many", "add", "increment", "flush", "fresh"] {
        for before in [None, Some(cleared("old"))] {
            remove(&cache, std::slice::from_ref(&key)).await;
            if let Some(entry) = &before {
                put(&cache, &key, entry).await;
            }
            let token = permit(&cache, &key, Claim::Shared).await;
            match change {
                "remove" => drop(remove(&cache, std::slice::from_ref(&key)).await),
                "put" => put(&cache, &key, &entry("new")).await,
                "put_many" => cache.put_many(&[(key.clone(), entry("new"))]).await.unwrap(),
                "add" => assert!(cache.put(&key, &entry("new"), Condition::IfAbsent(&LIVING)).await.unwrap()),
                "increment" => {
                    assert_eq!(cache.increment(&key, 3, &entry("3"), &LIVING).await.unwrap(), Counted::Sum(3));
                }
                "flush" => cache.flush().await.unwrap(),
                _ => assert_ne!(permit(&cache, &key, Claim::Fresh).await, token),
            }
            let stands = got(&cache, &key).await;
            assert!(!fill(&cache, &key, &token, "late").await, "after {change}");
            assert_eq!(got(&cache, &key).await, stands, "after {change}");
        }
    }
}

#[tokio::test]
async fn a_permit_outlives_a_touch_and_other_keys() {
    let Some((_server, cache)) = server() else { return };
    let token = permit(&cache, &key("a"), Claim::Shared).await;
    put(&cache, &key("ab"), &entry("other")).await;
    cache.touch(&key("a"), 60.into(), 60.into(), &LIVING).await.unwrap();
    assert!(fill(&cache, &key("a"), &token, "1").await);
}

#[tokio::test]
async fn a_live_entry_is_handed_out_and_only_a_fresh_claim_gets_a_permit_beside_it() {
    let Some((_server, cache)) = server() else { return };
    let key = key("a");
    put(&cache, &key, &entry("1")).await;
    let shared = cache.permit(&key, Claim::Shared, &LIVING, &[]).await.unwrap();
    assert!(shared.token.is_none() && shared.found.unwrap().left.is_live());
    let fresh = cache.permit(&key, Claim::Fresh, &LIVING, &[]).await.unwrap();
    assert!(fresh.found.unwrap().left.is_live());
    let newer = permit(&cache, &key, Claim::Fresh).await;
    assert_eq!(got(&cache, &key).await.as_deref(), Some("1"));
    assert!(!fill(&cache, &key, &fresh.token.unwrap(), "late").await);
    assert!(fill(&cache, &key, &newer, "2").await);
    assert_eq!(got(&cache, &key).await.as_deref(), Some("2"));
}

#[tokio::test]
async fn what_has_expired_is_found_with_its_permit_and_replaced_by_the_fill() {
    let Some((_server, cache)) = server() else { return };
    let key = key("a");
    put(&cache, &key, &with(1, 60)).await;
    until(async || !exists(&cache, &key).await).await;
    let permitted = cache.permit(&key, Claim::Shared, &LIVING, &[]).await.unwrap();
    assert!(!permitted.found.unwrap().left.is_live());
    assert!(fill(&cache, &key, &permitted.token.unwrap(), "new").await);
    assert_eq!(got(&cache, &key).await.as_deref(), Some("new"));
}

#[tokio::test]
async fn a_permit_is_void_after_a_restart_though_the_server_counts_anew() {
    let Some((mut server, cache)) = server() else { return };
    let key = key("a");
    let token = permit(&cache, &key, Claim::Shared).await;
    server.restart().unwrap();
    until(async || cache.connect().await.is_ok()).await;
    // The same number again, for another's computation.
    let again = permit(&cache, &key, Claim::Shared).await;
    assert_eq!(token.as_bytes()[..8], again.as_bytes()[..8]);
    assert!(!fill(&cache, &key, &token, "late").await);
    assert!(fill(&cache, &key, &again, "new").await);
}

/// A server that was restarted gives the same numbers again, to other entries.
#[tokio::test]
async fn what_takes_two_trips_is_void_after_a_restart_between_them() {
    let Some(mut server) = or_skip(Memcached::start()) else { return };
    // No answer is there before the poll that has asked for it has ended, however busy the machine.
    let proxy = Proxy::before(server.port()).unwrap();
    proxy.switch(Behaviour::Delay(Duration::from_millis(100))).unwrap();
    let url = format!("memcached://127.0.0.1:{}", proxy.port());
    let cache = MemcachedCache::builder().url(&url).unwrap().build().unwrap();
    let key = key("a");
    for change in ["increment", "plain increment", "touch", "add"] {
        server.restart().unwrap();
        until(async || cache.connect().await.is_ok()).await;
        // "add" is for what has expired or was cleared; the plain one knows nothing but the payload.
        let before = match change {
            "add" => cleared("5"),
            "plain increment" => Entry { record: b"5".into(), ..entry("") },
            _ => entry("5"),
        };
        put(&cache, &key, &before).await;
        let mut under_way = pin!(async {
            match change {
                "increment" => cache.increment(&key, 1, &entry("1"), &LIVING).await.map(drop),
                "plain increment" => {
                    larder::adapter::PlainAdapter::increment(&cache, &key, 1, 60.into()).await.map(drop)
                }
                "touch" => cache.touch(&key, 60.into(), 7.into(), &LIVING).await.map(drop),
                _ => cache.put(&key, &entry("6"), Condition::IfAbsent(&LIVING)).await.map(drop),
            }
        });
        assert!(poll_once(&mut under_way).await.is_none());
        // Its first trip is over once this one is.
        cache.connect().await.unwrap();
        server.restart().unwrap();
        until(async || cache.connect().await.is_ok()).await;
        put(&cache, &key, &entry("new")).await;
        assert_eq!(under_way.await.unwrap_err().kind(), ErrorKind::Unavailable, "{change}");
        assert_eq!(got(&cache, &key).await.as_deref(), Some("new"), "{change}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permit_that_was_evicted_is_void() {
    // Room for 90,000 stubs or so.
    let Some(server) = or_skip(Memcached::with(&["-m", "8"])) else { return };
    let cache = cache(&server);
    let first = permit(&cache, &key("first"), Claim::Shared).await;
    let claimants: Vec<_> = (0..100)
        .map(|claimant| {
            let cache = cache.clone();
            tokio::spawn(async move {
                for number in 0..2000 {
                    permit(&cache, &key(&format!("{claimant}/{number}")), Claim::Shared).await;
                }
            })
        })
        .collect();
    for claimant in claimants {
        claimant.await.unwrap();
    }
    assert!(stat(&server, "evictions") > 0);
    assert!(!fill(&cache, &key("first"), &first, "late").await);
}

/// The stub is the permit of all who share it, and goes by itself.
#[tokio::test]
async fn a_release_looks_at_the_permit_and_takes_it_from_nobody() {
    let Some((server, store)) = server() else { return };
    let (other, key) = (cache(&server), key("a"));
    let tokens = [permit(&store, &key, Claim::Shared).await, permit(&store, &key, Claim::Shared).await];
    let foreign = permit(&other, &key, Claim::Shared).await;
    for way in [Release::Keep, Release::Remove] {
        assert!(store.release(&key, &tokens[0], way).await.unwrap(), "{way:?}");
        assert!(!store.release(&key, &foreign, way).await.unwrap(), "of another connection, {way:?}");
    }
    assert!(other.release(&key, &foreign, Release::Keep).await.unwrap());
    assert!(fill(&store, &key, &tokens[1], "1").await);
    assert!(!store.release(&key, &tokens[0], Release::Remove).await.unwrap(), "filled by another");
    assert_eq!(got(&store, &key).await.as_deref(), Some("1"));

    let refresh = permit(&store, &key, Claim::Fresh).await;
    assert!(store.release(&key, &refresh, Release::Remove).await.unwrap());
    assert_eq!(got(&store, &key).await, None);
    assert!(!store.release(&key, &refresh, Release::Keep).await.unwrap());
}

/// As a server without eviction is, once all its memory is given away.
#[tokio::test]
async fn where_there_is_no_room_for_an_epoch_it_is_replaced_all_the_same() {
    let Some(server) = or_skip(Memcached::with(&["-M", "-m", "2"])) else { return };
    let cache = cache(&server);
    let name = EpochName::template(0, "shop", u64::MAX);
    let before = cache.epochs(std::slice::from_ref(&name)).await.unwrap();
    let mut n_made = 0;
    loop {
        let names: Vec<_> = (n_made..n_made + 500).map(|n| EpochName::template(0, "shop", n)).collect();
        if cache.epochs(&names).await.is_err() {
            break;
        }
        n_made += 500;
    }
    let unseen = EpochName::template(0, "shop", n_made + 500);
    assert_eq!(cache.epochs(&[unseen]).await.unwrap_err().kind(), ErrorKind::TooLarge);
    cache.renew(&name).await.unwrap();
    assert_ne!(cache.epochs(std::slice::from_ref(&name)).await.unwrap(), before);
}
