//! Caches, adapters and runtimes that go away while calls are under way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use larder::{Cache, IntoCache, cached, register_adapter};

use crate::moody::{Mood, Moody};
use crate::stores::{Store, servers, stores};

#[cached(key = "churn:{id}", timeout = 60)]
async fn later(id: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(id % 3)).await;
    id * 7
}

#[test]
fn a_cache_that_is_dropped_while_calls_run_leaves_nothing_behind() {
    let moods = [Mood::Works, Mood::Slow(Duration::from_millis(20)), Mood::Fails, Mood::Hangs];
    for (number, mood) in moods.into_iter().enumerate() {
        let store = Moody::new(mood);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let cache = Cache::far(store.clone());
        let calls: Vec<_> = (0..100).map(|id| runtime.spawn(larder::scoped_async(&cache, later(id)))).collect();
        thread::sleep(Duration::from_millis(10));
        // The calls hold the cache; every other one is given up, and the rest come to their end.
        drop(cache);
        for (id, call) in (0_u64..).zip(calls) {
            match id % 2 {
                0 => call.abort(),
                _ => assert_eq!(runtime.block_on(call).unwrap(), id * 7),
            }
        }
        drop(runtime);
        // What runs behind the calls (epochs that are read again, a store that is connected anew) ends too.
        let start = Instant::now();
        while store.n_handles() > 1 {
            assert!(start.elapsed() < Duration::from_secs(30), "{number}: {} handles are left", store.n_handles());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_runtime_that_is_dropped_in_the_middle_of_calls_harms_no_other() {
    for store in stores() {
        let name = store.name;
        for round in 0..10 {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            for id in 0..200 {
                runtime.spawn(larder::scoped_async(&store.cache, later(id % 20)));
            }
            thread::sleep(Duration::from_millis(round));
            runtime.shutdown_timeout(Duration::from_secs(30));
            assert_eq!(store.cache.n_flights(), 0, "{name}");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(larder::scoped_async(&store.cache, async {
                for id in 0..20 {
                    assert_eq!(later(id).await, id * 7, "{name}");
                    let _ = later::clear(id).await.unwrap();
                }
            }));
        }
    }
}

/// The current adapter is another one every few milliseconds, and goes away with its last call.
#[test]
fn the_adapter_is_switched_under_load() {
    #[cached(key = "churn_sync:{id}", adapter = "churn", timeout = 60)]
    fn value(id: u64) -> u64 {
        id * 7
    }
    #[cached(key = "churn_async:{id}", adapter = "churn", timeout = 60)]
    async fn awaited(id: u64) -> u64 {
        tokio::task::yield_now().await;
        id * 7
    }
    let far: Vec<Store> = stores().collect();
    let n_stores = far.len() + 2;
    register_adapter("churn", || "memory".into_cache());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for caller in 0..4_u64 {
            let is_over = &is_over;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let mut id = caller;
                while !is_over.load(Ordering::Relaxed) {
                    id = (id + 1) % 100;
                    assert_eq!(value(id), id * 7);
                    assert_eq!(runtime.block_on(awaited(id)), id * 7);
                    assert!(value::get(id).unwrap().is_none_or(|value| value == id * 7));
                    let _ = value::clear(id).unwrap();
                }
            });
        }
        for round in 0..60 {
            let number = round % n_stores;
            match far.get(number).map(Store::patient) {
                Some(connect) => register_adapter("churn", move || Ok(connect())),
                None => register_adapter("churn", move || ["memory", "null"][number % 2].into_cache()),
            }
            thread::sleep(Duration::from_millis(10));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!((value::stats().unresolved, awaited::stats().unresolved), (0, 0));
    assert_eq!((value::stats().store_failures, awaited::stats().store_failures), (0, 0));
}

/// Caches come and go by the hundred, and their connections with them.
#[test]
fn caches_that_are_made_and_dropped_leave_no_connections() {
    for store in servers() {
        for round in 0..100 {
            let cache = store.url.as_str().into_cache().unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            assert_eq!(runtime.block_on(larder::scoped_async(&cache, later(round))), round * 7);
        }
        let port: u16 = store.url.rsplit_once(':').unwrap().1.parse().unwrap();
        let start = Instant::now();
        while n_connections(port) > 0 {
            assert!(start.elapsed() < Duration::from_secs(30), "{}: {} are left", store.name, n_connections(port));
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Of this machine, to a port of its own.
fn n_connections(port: u16) -> usize {
    let Ok(table) = std::fs::read_to_string("/proc/net/tcp") else { return 0 };
    let (remote, established) = (format!("0100007F:{port:04X}"), "01");
    let is_one = |line: &&str| {
        let mut columns = line.split_whitespace().skip(2);
        columns.next() == Some(&remote) && columns.next() == Some(established)
    };
    table.lines().filter(is_one).count()
}
