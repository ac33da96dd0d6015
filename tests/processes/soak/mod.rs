//! The soak of invalidations: eight processes call functions of each kind on one store, change their source, and clear, and an
//! oracle looks at each result. No call that begins after a clear was acknowledged returns what is older; of `clear_all` and
//! `Cache::clear`, no call that begins a second after it. Executors poll the calls late, by chance.

mod dice;
mod figures;
mod kinds;
mod late;
mod worker;

use std::process::Child;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use larder_servers::{Memcached, Redis, RedisCluster, or_skip};

use crate::truth::Truth;
use crate::{N_PROCESSES, TURN};
use figures::{Board, Figures};
use kinds::{KINDS, N_KEYS};

/// Clears of each kind, on each store. `LARDER_SOAK_CLEARS` says otherwise.
fn n_clears() -> u64 {
    let is_full = std::env::var("LARDER_SCALE").as_deref() == Ok("full");
    let said = std::env::var("LARDER_SOAK_CLEARS").ok().and_then(|said| said.parse().ok());
    said.unwrap_or(if is_full { 2_500 } else { 20 })
}

/// Calls that are judged by each.
const N_CALLS: u64 = 8;
/// A machine that is busy takes its time.
const PATIENCE: Duration = Duration::from_secs(1_200);

#[test]
fn calls_return_nothing_older_than_a_clear_on_redis() {
    let _alone = TURN.write().unwrap_or_else(PoisonError::into_inner);
    let Some(redis) = or_skip(Redis::start()) else { return };
    soak("redis", &redis.url());
}

#[test]
fn calls_return_nothing_older_than_a_clear_on_a_redis_cluster() {
    let _alone = TURN.write().unwrap_or_else(PoisonError::into_inner);
    let Some(cluster) = or_skip(RedisCluster::start(3, 0)) else { return };
    soak("cluster", &cluster.url());
}

#[test]
fn calls_return_nothing_older_than_a_clear_on_memcached() {
    let _alone = TURN.write().unwrap_or_else(PoisonError::into_inner);
    let Some(memcached) = or_skip(Memcached::start()) else { return };
    soak("memcached", &memcached.url());
}

#[test]
fn calls_return_nothing_older_than_a_clear_on_sqlite() {
    let _alone = TURN.write().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    soak("sqlite", &format!("sqlite:{}", folder.path().join("soak.sqlite").display()));
}

/// The other side of [`soak`]: not a test of its own, so it does nothing where nobody asks for it.
#[test]
fn a_process_of_the_soak() {
    worker::run_if_asked();
}

fn soak(name: &str, store: &str) {
    let folder = tempfile::tempdir().unwrap();
    let truth = Truth::create(&folder.path().join("truth"), KINDS.len() * N_KEYS);
    let board = Board::beside(&truth.path);
    board.clear();
    let started = Instant::now();
    let mut processes: Vec<Child> = (0..N_PROCESSES).map(|index| worker::spawn(store, &truth, index)).collect();
    let is_enough = |number| {
        let figures: Figures = board.read(number);
        figures.n_clears() >= n_clears() && figures.n_shown() >= N_CALLS * n_clears()
    };
    while !(0..KINDS.len()).all(is_enough) {
        std::thread::sleep(Duration::from_millis(50));
        assert!(processes.iter_mut().all(|process| process.try_wait().unwrap().is_none()), "a process has failed");
        assert!(started.elapsed() < PATIENCE, "it does not come to an end");
    }
    truth.stop();
    for mut process in processes {
        assert!(process.wait().unwrap().success(), "a process of the soak has failed");
    }
    println!("{name}: {} in {:?}", Figures::HEADER, started.elapsed());
    for (number, kind) in KINDS.iter().enumerate() {
        println!("{name}: {:>17} {}", kind.name, board.read(number));
    }
    let all: Figures = (0..KINDS.len()).map(|number| board.read(number)).sum();
    println!("{name}: {:>17} {all}", "all");
    assert_eq!(all.n_stale(), 0, "{name}: results older than a clear");
}
