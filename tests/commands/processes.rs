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
    while !cache.exists("go").unwrap_or(false) {
        std::thread::sleep(Duration::from_millis(2));
    }
    for step in 0..N_STEPS {
        insist(|| cache.increment("all", 2));
        insist(|| cache.increment("back and forth", if step % 2 == 0 { -5 } else { 5 }));
        if cache.add(format!("once:{step}"), number, 600).unwrap_or(false) {
            insist(|| cache.increment("added", 1));
        }
    }
}

/// On a busy machine a store may not answer in time, and has counted or not. Then the test has shown nothing.
fn insist<T>(mut command: impl FnMut() -> larder::Result<T>) -> T {
    match command() {
        Ok(answer) => answer,
        Err(error) if error.kind() == ErrorKind::Unavailable => {
            println!("{error}");
            std::process::exit(TOO_BUSY);
        }
        Err(error) => panic!("{error}"),
    }
}

const TOO_BUSY: i32 = 77;

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
    for mut process in processes {
        assert!(process.wait().unwrap().success(), "a process has failed, {TOO_BUSY}: the store was too slow");
    }
    println!("{store}: {:?}", begun.elapsed());
    assert_eq!(cache.get::<i64>("all").unwrap(), Some(N_PROCESSES * N_STEPS * 2));
    assert_eq!(cache.get::<i64>("back and forth").unwrap(), Some(0));
    assert_eq!(cache.get::<i64>("added").unwrap(), Some(N_STEPS), "each was added once");
}
