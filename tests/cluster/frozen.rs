//! A master that is frozen takes its keys with it, and nobody waits for it again and again.

use std::time::{Duration, Instant};

use larder::{IntoCache, cached};
use larder_servers::or_skip;

fn is_full() -> bool {
    std::env::var("LARDER_SCALE").as_deref() == Ok("full")
}

#[cached(key = "frozen:{id}", timeout = 600)]
fn value(id: u64) -> u64 {
    id
}

/// Five in vain are enough, and one or two more may be under way by another connection.
const MOST_SLOW: usize = 8;

#[test]
fn one_caller_waits_a_few_times_for_one_of_three_masters() {
    freeze_one_of(3, if is_full() { 8 } else { 2 });
}

/// Each of the sixteen shards lies on two of them or more.
#[test]
fn one_caller_waits_a_few_times_for_one_of_many_masters() {
    let (n_masters, n_rounds) = if is_full() { (20, 8) } else { (7, 2) };
    freeze_one_of(n_masters, n_rounds);
}

fn freeze_one_of(n_masters: usize, n_rounds: usize) {
    const N_KEYS: u64 = 300;
    let Some(mut servers) = or_skip(larder_servers::RedisCluster::start(n_masters, 0)) else { return };
    let cache = servers.url().into_cache().unwrap();
    larder::scoped(&cache, || {
        for round in 0..n_rounds {
            let first = 1_000_000 * n_masters as u64 + 10_000 * round as u64;
            let keys = || first..first + N_KEYS;
            keys().for_each(|id| assert_eq!(value(id), id));
            let n_stored = || keys().filter(|id| matches!(value::get(*id), Ok(Some(_)))).count();
            wait_for("all keys are stored", || {
                keys().for_each(|id| _ = value(id));
                n_stored() == N_KEYS as usize
            });

            servers.freeze(round % n_masters).unwrap();
            let mut n_slow = 0;
            let start = Instant::now();
            for id in keys().chain(keys()) {
                let began = Instant::now();
                assert_eq!(value(id), id);
                n_slow += usize::from(began.elapsed() > Duration::from_millis(125));
            }
            let took = start.elapsed();
            println!("one of {n_masters} frozen: {n_slow} slow calls of {}, {took:?} in all", 2 * N_KEYS);
            assert!(n_slow <= MOST_SLOW, "{n_slow} slow calls");
            // What lies on the others is found, also where it shares a shard with what does not.
            let n_found = n_stored();
            assert!(n_found >= N_KEYS as usize * (n_masters - 1) / n_masters * 8 / 10, "{n_found} of {N_KEYS}");

            servers.thaw(round % n_masters).unwrap();
            wait_for("the frozen one is let in again", || n_stored() == N_KEYS as usize);
        }
    });
}

fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
