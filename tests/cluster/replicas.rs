//! What replicas must confirm: a replica that is missing is no outage, and a confirmation is never made up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use larder::{Cache, ErrorKind, IntoCache, cached};
use larder_servers::{Behaviour, Proxy, RedisCluster, RedisSentinel, or_skip};

const PATIENT: Duration = Duration::from_secs(30);

#[cached(key = "replicas:{id}", timeout = 600)]
fn value(id: u64) -> u64 {
    id
}

/// Of one test alone, as all tests of a program share what is counted of a function.
#[cached(key = "replicas_down:{id}", timeout = 600)]
fn read_beside(id: u64) -> u64 {
    id
}

/// How many callers clear at once, each a key of its own; and what they are told.
fn clear_at_once(cache: &Cache, n_callers: u64) -> Vec<ErrorKind> {
    let start = std::sync::Barrier::new(n_callers as usize);
    thread::scope(|scope| {
        let callers = (0..n_callers).map(|id| {
            let start = &start;
            scope.spawn(move || {
                larder::scoped(cache, || {
                    start.wait();
                    read_beside::clear(id).unwrap_err().kind()
                })
            })
        });
        callers.collect::<Vec<_>>().into_iter().map(|caller| caller.join().unwrap()).collect()
    })
}

#[test]
fn with_a_replica_down_clears_at_once_are_not_replicated_and_others_are_read() {
    let Some(mut servers) = or_skip(RedisSentinel::start(PATIENT)) else { return };
    let cache = format!("{}?wait_replicas=2", servers.node(0).url()).into_cache().unwrap();
    larder::scoped(&cache, || {
        (0..200).for_each(|id| _ = read_beside(id));
        read_beside::clear(0).unwrap();
        servers.node(2).freeze().unwrap();
        let before = read_beside::stats();
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                larder::scoped(&cache, || {
                    while !is_over.load(Ordering::Relaxed) {
                        (100..200).for_each(|id| assert_eq!(read_beside(id), id));
                    }
                });
            });
            let told: Vec<_> = [2, 8, 8, 8].into_iter().map(|n_callers| clear_at_once(&cache, n_callers)).collect();
            is_over.store(true, Ordering::Relaxed);
            reader.join().unwrap();
            let after = read_beside::stats();
            println!(
                "told {told:?}; of {} calls {} computed",
                after.hits - before.hits,
                after.computed - before.computed
            );
            assert!(told.iter().flatten().all(|kind| *kind == ErrorKind::NotReplicated), "{told:?}");
        });
        let after = read_beside::stats();
        assert_eq!((after.computed - before.computed, after.store_failures), (0, before.store_failures));
        // What was cleared is so.
        assert!((0..8).all(|id| read_beside::get(id).unwrap().is_none()));
        servers.node(2).thaw().unwrap();
    });
}

#[test]
fn a_set_that_replicas_lack_is_not_replicated_and_stands() {
    let Some(mut servers) = or_skip(RedisSentinel::start(PATIENT)) else { return };
    let cache = format!("{}?wait_replicas=2", servers.node(0).url()).into_cache().unwrap().blocking();
    cache.set("tea", 1, 600).unwrap();
    servers.node(1).freeze().unwrap();
    assert_eq!(cache.set("tea", 2, 600).unwrap_err().kind(), ErrorKind::NotReplicated);
    assert_eq!(cache.multi_set([("tea", 3), ("cup", 3)], 600).unwrap_err().kind(), ErrorKind::NotReplicated);
    assert_eq!((cache.get::<i32>("tea").unwrap(), cache.get::<i32>("cup").unwrap()), (Some(3), Some(3)));
    servers.node(1).thaw().unwrap();
    cache.set("tea", 4, 600).unwrap();
}

#[test]
fn one_clear_of_all_with_a_replica_of_a_cluster_down_is_not_replicated() {
    #[cached(key = "replicas_clear_all:{id}", timeout = 600)]
    fn value(id: u64) -> u64 {
        id
    }
    let Some(mut servers) = or_skip(RedisCluster::start(3, 1)) else { return };
    let cache = format!("{}?wait_replicas=1", servers.url()).into_cache().unwrap();
    larder::scoped(&cache, || {
        (0..50).for_each(|id| _ = value(id));
        cache.clear().unwrap();
        (0..50).for_each(|id| _ = value(id));
        servers.freeze(3).unwrap();
        for _ in 0..3 {
            assert_eq!(cache.clear().unwrap_err().kind(), ErrorKind::NotReplicated);
            assert_eq!(value::clear_all().unwrap_err().kind(), ErrorKind::NotReplicated);
        }
        let before = value::stats();
        (0..50).for_each(|id| _ = value(id));
        assert_eq!(value::stats().store_failures, before.store_failures);
        servers.thaw(3).unwrap();
        value::clear_all().unwrap();
    });
}

/// The replicas hear of everything late, and clears share their confirmations.
#[test]
fn what_was_confirmed_is_on_the_replica() {
    let Some(mut servers) = or_skip(RedisSentinel::start(PATIENT)) else { return };
    let proxy = Proxy::before(servers.node(0).port()).unwrap();
    proxy.switch(Behaviour::Delay(Duration::from_millis(30))).unwrap();
    servers.node(2).kill();
    servers.ask(1, &["REPLICAOF", "127.0.0.1", &proxy.port().to_string()]).unwrap();
    let url = format!("{}?wait_replicas=1", servers.node(0).url());
    let cache = url.as_str().into_cache().unwrap();
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while cache.blocking().set("tea", 1, 600).is_err() {
        assert!(std::time::Instant::now() < until, "the replica does not follow");
    }
    let servers = &servers;
    thread::scope(|scope| {
        for caller in 0..6_u64 {
            let cache = &cache;
            scope.spawn(move || {
                larder::scoped(cache, || {
                    for id in (0..12).map(|round| round * 6 + caller) {
                        value::set(id, id).unwrap();
                        let key = format!("larder:replicas:{id}");
                        assert_eq!(servers.ask(1, &["EXISTS", &key]).unwrap(), ["1"], "{key}");
                        value::clear(id).unwrap();
                        assert_eq!(servers.ask(1, &["EXISTS", &key]).unwrap(), ["0"], "{key}");
                    }
                });
            });
        }
    });
}

/// With no room left, and nothing evicted, on any of its nodes.
#[test]
fn a_full_cluster_is_cleared_and_replicas_confirm_it() {
    #[cached(key = "replicas_full:{id}", timeout = 600)]
    fn value(id: u64) -> u64 {
        id
    }
    let Some(servers) = or_skip(RedisCluster::start(3, 1)) else { return };
    let cache = format!("{}?wait_replicas=1", servers.url()).into_cache().unwrap();
    larder::scoped(&cache, || {
        (1_000..1_050).for_each(|id| _ = value(id));
        (0..3).for_each(|at| drop(servers.ask(at, &["CONFIG", "SET", "maxmemory", "1"]).unwrap()));
        let before = value::stats();
        value::clear_all().unwrap();
        cache.clear().unwrap();
        (1_000..1_050).for_each(|id| _ = value(id));
        let after = value::stats();
        assert_eq!((after.computed - before.computed, after.store_failures), (50, before.store_failures));
        (0..3).for_each(|at| drop(servers.ask(at, &["CONFIG", "SET", "maxmemory", "0"]).unwrap()));
        for _ in 0..2 {
            (1_000..1_050).for_each(|id| _ = value(id));
        }
        assert_eq!(value::stats().computed - after.computed, 50, "there is room again");
    });
}

/// It is cleared all the same, so what it has left is dead.
#[test]
fn what_a_clear_that_replicas_lack_has_left_is_swept_away() {
    let Some(mut servers) = or_skip(RedisSentinel::start(PATIENT)) else { return };
    let cache = format!("{}?wait_replicas=2", servers.node(0).url()).into_cache().unwrap();
    larder::scoped(&cache, || {
        let n_left = |servers: &RedisSentinel| {
            let keys = (0..50).map(|id| format!("larder:replicas:{id}"));
            keys.filter(|key| servers.ask(0, &["EXISTS", key]).unwrap() == ["1"]).count()
        };
        for clear in [|| value::clear_all().map(drop), || larder::adapter_get().clear()] {
            (0..50).for_each(|id| {
                value::set(id, id).unwrap();
                assert_eq!(value(id), id);
            });
            assert_eq!(n_left(&servers), 50);
            servers.node(2).freeze().unwrap();
            assert_eq!(clear().unwrap_err().kind(), ErrorKind::NotReplicated);
            let until = std::time::Instant::now() + Duration::from_secs(10);
            while n_left(&servers) > 0 {
                assert!(std::time::Instant::now() < until, "{} are left", n_left(&servers));
            }
            servers.node(2).thaw().unwrap();
        }
    });
}

#[test]
fn who_has_replicas_confirm_what_is_changed_gives_helpers_time_for_it() {
    for url in ["redis://127.0.0.1", "redis+cluster://127.0.0.1", "redis+sentinel://127.0.0.1/main"] {
        let refused = format!("{url}?wait_replicas=1&helper_request_timeout=500ms").into_cache().unwrap_err();
        let said = refused.to_string();
        assert!(refused.kind() == ErrorKind::Config && said.contains("`helper_request_timeout` (500 ms)"), "{said}");
        format!("{url}?helper_request_timeout=500ms").into_cache().unwrap();
        format!("{url}?wait_replicas=1&helper_request_timeout=2s").into_cache().unwrap();
    }
}
