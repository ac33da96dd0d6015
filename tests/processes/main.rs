//! Clear beats fill across processes: eight of them compute and clear the same keys on one store, some are killed on the
//! way, and two seconds after the last no value is older than the last clear that was acknowledged.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod soak;
mod truth;
mod worker;

use std::process::Child;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use larder_servers::{Memcached, Redis, RedisCluster, or_skip};
use truth::Truth;

const N_PROCESSES: usize = 8;
const N_KEYS: usize = 2_000;

/// Races may be on at once, and a soak is alone.
static TURN: RwLock<()> = RwLock::new(());

/// How long the processes race: ten times as long in a soak.
fn race_for() -> Duration {
    let full = std::env::var("LARDER_SCALE").as_deref() == Ok("full");
    Duration::from_secs(if full { 30 } else { 3 })
}

#[test]
fn no_process_reads_what_another_cleared_on_redis() {
    let Some(redis) = or_skip(Redis::start()) else { return };
    race(&redis.url());
}

#[test]
fn no_process_reads_what_another_cleared_on_a_redis_cluster() {
    let Some(cluster) = or_skip(RedisCluster::start(3, 1)) else { return };
    race(&cluster.url());
}

#[test]
fn no_process_reads_what_another_cleared_on_memcached() {
    let Some(memcached) = or_skip(Memcached::start()) else { return };
    race(&memcached.url());
}

#[test]
fn no_process_reads_what_another_cleared_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    race(&format!("sqlite:{}", folder.path().join("race.sqlite").display()));
}

/// The other side of [`race`]: not a test of its own, so it does nothing where nobody asks for it.
#[test]
fn a_process_of_the_race() {
    worker::run_if_asked();
}

fn race(store: &str) {
    let _turn = TURN.read().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let truth = Truth::create(&folder.path().join("truth"), N_KEYS);
    let until = Instant::now() + race_for();
    let mut processes: Vec<Child> = (0..N_PROCESSES).map(|index| worker::spawn(store, &truth, index)).collect();
    let mut n_killed = 0;
    let mut seed = 1_u64;
    while Instant::now() < until {
        // One in ten of all that run is killed, and another takes its place.
        std::thread::sleep(race_for() / 8);
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let index = (seed >> 33) as usize % N_PROCESSES;
        processes[index].kill().unwrap();
        processes[index].wait().unwrap();
        processes[index] = worker::spawn(store, &truth, index);
        n_killed += 1;
    }
    truth.stop();
    for mut process in processes {
        assert!(process.wait().unwrap().success(), "a process of the race has failed");
    }
    std::thread::sleep(Duration::from_secs(2));
    let verdict = worker::verify(store, &truth);
    println!("{store}: {n_killed} killed, {verdict:?}");
    assert_eq!(verdict.stale, Vec::<usize>::new(), "values older than an acknowledged clear");
    // Else the race has shown nothing.
    assert!(verdict.n_hits > 0 && verdict.n_cleared > N_KEYS / 50 && n_killed > 0, "{n_killed} killed, {verdict:?}");
}
