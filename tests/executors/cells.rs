//! The cells: {places} x {sync, async} x {memory, redis, cluster, memcached, sqlite}. No panic, no hang, the right value, and the
//! second call is a hit.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures_lite::future::yield_now;
use larder::{IntoCache, cached, register_adapter};
use larder_servers::{Memcached, Redis, RedisCluster, or_skip};

use crate::places::{Job, PLACES};

/// Far more than a cell takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the cells of one store and one face call: the key is the cell, of which there is one at a time.
static CELL: AtomicUsize = AtomicUsize::new(0);

/// One at a time, as they share [`CELL`].
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

macro_rules! store {
    ($store:ident, $name:literal) => {
        mod $store {
            use super::*;

            #[cached(key = "cell:sync:{cell}", adapter = $name)]
            fn value(cell: usize) -> String {
                format!("value {cell}")
            }

            #[cached(key = "cell:async:{cell}", adapter = $name)]
            async fn later(cell: usize) -> String {
                yield_now().await;
                format!("value {cell}")
            }

            fn call() {
                let cell = CELL.load(Ordering::SeqCst);
                assert_eq!(value(cell), format!("value {cell}"));
            }

            fn call_async() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
                Box::pin(async {
                    let cell = CELL.load(Ordering::SeqCst);
                    assert_eq!(later(cell).await, format!("value {cell}"));
                })
            }

            pub(super) fn run_all() {
                run_cells($name, "sync", Job::Sync(call), || value::stats());
                run_cells($name, "async", Job::Async(call_async), || later::stats());
            }
        }
    };
}

store!(memory, "cells-memory");
store!(redis, "cells-redis");
store!(cluster, "cells-cluster");
store!(memcached, "cells-memcached");
store!(sqlite, "cells-sqlite");

fn run_cells(store: &str, face: &str, job: Job, stats: fn() -> larder::Stats) {
    let mut n_late = 0;
    for (number, (name, place)) in PLACES.iter().enumerate() {
        CELL.store(number, Ordering::SeqCst);
        let before = stats();
        let (tell, told) = mpsc::channel();
        let cell = thread::spawn(move || {
            place(job);
            let _ = tell.send(());
        });
        let ended = told.recv_timeout(PATIENCE);
        assert_ne!(ended, Err(mpsc::RecvTimeoutError::Timeout), "{store}, {face}, {name}: it hangs");
        assert!(cell.join().is_ok(), "{store}, {face}, {name}: it panics");
        let after = stats();
        let counted = (after.computed - before.computed, after.hits - before.hits);
        if after.store_failures > before.store_failures {
            // On a busy machine a store may be late, and is then done without.
            n_late += 1;
        } else {
            assert_eq!(counted, (1, 1), "{store}, {face}, {name}: computed, hits");
        }
    }
    assert!(n_late < PLACES.len() / 2, "{store}, {face}: the store has failed {n_late} cells");
}

fn over(store: &'static str, url: String, run_all: fn()) {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    register_adapter(store, move || url.as_str().into_cache());
    run_all();
}

#[test]
fn every_cell_over_memory() {
    over("cells-memory", "memory".into(), memory::run_all);
}

#[test]
fn every_cell_over_redis() {
    let Some(server) = or_skip(Redis::start()) else { return };
    over("cells-redis", server.url(), redis::run_all);
}

#[test]
fn every_cell_over_a_redis_cluster() {
    let Some(servers) = or_skip(RedisCluster::start(3, 0)) else { return };
    over("cells-cluster", servers.url(), cluster::run_all);
}

#[test]
fn every_cell_over_memcached() {
    let Some(server) = or_skip(Memcached::start()) else { return };
    over("cells-memcached", server.url(), memcached::run_all);
}

#[test]
fn every_cell_over_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    over("cells-sqlite", format!("sqlite:{}", folder.path().join("cells.sqlite").display()), sqlite::run_all);
}
