//! What does not fit is returned and not stored, and is no outage.

use larder::{ErrorKind, IntoCache, cached};
use larder_servers::{Memcached, Redis, or_skip};

use crate::stores::stores;

fn bytes(n_bytes: usize) -> String {
    "x".repeat(n_bytes)
}

#[test]
fn a_value_past_the_stores_limit_is_returned_and_not_stored() {
    #[cached(key = "limits:{n_bytes}", timeout = 60)]
    fn large(n_bytes: usize) -> String {
        bytes(n_bytes)
    }
    #[cached(key = "limits_small:{id}", timeout = 60)]
    fn small(id: u64) -> u64 {
        id
    }
    for store in stores() {
        larder::scoped(&store.cache, || {
            let name = store.name;
            let before = large::stats();
            for _ in 0..30 {
                assert_eq!(large(2 << 20).len(), 2 << 20, "{name}");
            }
            let after = large::stats();
            assert_eq!(after.computed - before.computed, 30, "{name}");
            assert_eq!(after.unstorable - before.unstorable, 30, "{name}");
            assert_eq!(after.store_failures, before.store_failures, "{name}");
            assert_eq!(large::get(2 << 20).unwrap(), None, "{name}");
            // Who sets it is told.
            let refused = large::set(2 << 20, bytes(2 << 20)).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::TooLarge, "{name}: {refused}");
            // The store is as well as before.
            assert_eq!((small(1), small::get(1).unwrap()), (1, Some(1)), "{name}");
            // What just fits is stored.
            assert_eq!(large(1_000_000).len(), 1_000_000);
            assert!(large::get(1_000_000).unwrap().is_some(), "{name}");
            small::clear_all().unwrap();
        });
    }
}

/// A server may be set up to take less than larder knows.
#[test]
fn a_value_past_the_servers_own_limit_is_no_outage() {
    #[cached(key = "limits_own:{n_bytes}", timeout = 60)]
    fn value(n_bytes: usize) -> String {
        bytes(n_bytes)
    }
    let Some(server) = or_skip(Memcached::with(&["-I", "512k"])) else { return };
    larder::scoped(server.url().as_str().into_cache().unwrap(), || {
        for round in 1..=30 {
            assert_eq!(value(700_000).len(), 700_000);
            assert_eq!((value::stats().unstorable, value::stats().store_failures), (round, 0));
        }
        assert_eq!(value(10).len(), 10);
        assert!(value::get(10).unwrap().is_some());
        assert_eq!(value::set(100_000, bytes(700_000)).unwrap_err().kind(), ErrorKind::TooLarge);
    });
}

/// One that has no room takes nothing, or makes room; functions go on in either case, and what is there is still found.
#[test]
fn a_full_store_is_no_outage() {
    #[cached(key = "limits_full:{id}", timeout = 60)]
    fn value(id: usize) -> String {
        format!("{id}:{}", bytes(if id == 0 { 1 } else { 100_000 }))
    }
    let redis = or_skip(Redis::with(&[("maxmemory", "4mb"), ("maxmemory-policy", "noeviction")]));
    let evicting = or_skip(Redis::with(&[("maxmemory", "4mb"), ("maxmemory-policy", "allkeys-lru")]));
    let memcached = or_skip(Memcached::with(&["-m", "4"]));
    let stubborn = or_skip(Memcached::with(&["-m", "4", "-M"]));
    let full = [
        redis.as_ref().map(|server| (server.url(), "redis", true)),
        evicting.as_ref().map(|server| (server.url(), "redis that evicts", false)),
        stubborn.as_ref().map(|server| (server.url(), "memcached", true)),
        memcached.as_ref().map(|server| (server.url(), "memcached that evicts", false)),
    ];
    for (url, name, keeps) in full.into_iter().flatten() {
        larder::scoped(url.as_str().into_cache().unwrap(), || {
            let before = value::stats();
            assert_eq!(value(0), "0:x");
            for round in 0..3 {
                for id in 1..100 {
                    assert!(value(id).starts_with(&format!("{id}:x")), "{name}, {round}");
                    assert_eq!(value(0), "0:x");
                }
            }
            let after = value::stats();
            assert_eq!(after.store_failures, before.store_failures, "{name}");
            assert!(!keeps || after.hits >= before.hits + 3 * 99, "{name}: {after:?}");
            value::clear(0).unwrap();
        });
    }
}
