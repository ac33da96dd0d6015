//! Eight processes that count on one store lose nothing, and of eight that add one does.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use larder::{ErrorKind, IntoCache};
use larder_servers::{Memcached, Redis, or_skip};

const N_PROCESSES: i64 = 8;
const N_STEPS: i64 = 300;

#[test]
fn processes_that_count_lose_nothing_on_redis() {
    let Some(redis) = or_skip(Redis::start()) else { return };
    count(&redis.url());
}

#[test]
fn processes_that_count_lose_nothing_on_memcached() {
    let Some(memcached) = or_skip(Memcached::start()) else { return };
    count(&memcached.url());
}

#[test]
fn processes_that_count_lose_nothing_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    count(&format!("sqlite:{}", folder.path().join("count.sqlite").display()));
}

/// The other side of [`count`]: not a test of its own, so it does nothing where nobody asks for it.
#[test]
fn a_process_that_counts() {
    let Ok(store) = std::env::var("LARDER_COUNT_STORE") else { return };
    let cache = store.into_cache().unwrap().blocking();
    let number = std::process::id();
    while !matches!(cache.exists("go"), Ok(true)) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let mut n_unsure = 0;
    let mut is_sure = |outcome: larder::Result<i64>| match outcome {
        Ok(_) => {}
        // On a busy machine a store may not answer in time, and has counted or not.
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            n_unsure += 1;
        }
    };
    for step in 0..N_STEPS {
        is_sure(cache.increment("all", 2));
        is_sure(cache.increment("back and forth", if step % 2 == 0 { -5 } else { 5 }));
        match cache.add(format!("once:{step}"), number, 600) {
            Ok(true) => is_sure(cache.increment("added", 1)),
            Ok(false) => {}
            Err(error) => is_sure(Err(error)),
        }
    }
    std::process::exit(n_unsure);
}

fn count(store: &str) {
    let cache = store.into_cache().unwrap().blocking();
    let start = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::a_process_that_counts", "--nocapture", "--test-threads=1"])
            .env("LARDER_COUNT_STORE", store)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let processes: Vec<_> = (0..N_PROCESSES).map(|_| start()).collect();
    let begun = Instant::now();
    cache.set("go", true, 600).unwrap();
    let mut unsure = 0;
    for mut process in processes {
        let n_unsure = process.wait().unwrap().code().unwrap();
        // Past that a process has panicked, or has shown nothing.
        assert!(n_unsure < 50, "a process has failed: {n_unsure}");
        unsure += i64::from(n_unsure);
    }
    println!("{store}: {:?}, {unsure} not answered", begun.elapsed());
    let counted = |key: &str| cache.fetch::<i64>(key).unwrap();
    let all = N_PROCESSES * N_STEPS * 2;
    assert!((all - 2 * unsure..=all).contains(&counted("all")), "{} of {all}", counted("all"));
    assert!(counted("back and forth").abs() <= 5 * unsure, "{} is left", counted("back and forth"));
    assert!((N_STEPS - unsure..=N_STEPS).contains(&counted("added")), "each was added once: {}", counted("added"));
}
