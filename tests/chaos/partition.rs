//! Four processes are cut off from their store, again and again, and clear what they own meanwhile: none of it arrives, and one
//! of them clears more than is remembered key by key. Two seconds after each reunion nobody reads what was cleared.

use std::process::Child;
use std::time::{Duration, Instant};

use larder::IntoCache;
use larder_servers::{Behaviour, Memcached, Proxy, Redis, Server, or_skip};

use crate::worker::{self, N_KEYS, N_PROCESSES, Phase, Words};
use crate::{is_full, turn};

/// How long they are cut off.
const PARTITION: Duration = Duration::from_secs(3);
/// After a reunion, what was cleared may be read by others for so long.
const REUNION: Duration = Duration::from_secs(2);
/// Others learn of an epoch that was renewed within so long.
const BELIEVED: Duration = Duration::from_millis(1_100);
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn what_was_cleared_by_who_was_cut_off_is_read_by_nobody_afterwards_on_redis() {
    let Some(redis) = or_skip(Redis::start()) else { return };
    cut_off(&redis, "redis", if is_full() { 20 } else { 2 });
}

#[test]
fn what_was_cleared_by_who_was_cut_off_is_read_by_nobody_afterwards_on_memcached() {
    let Some(memcached) = or_skip(Memcached::start()) else { return };
    cut_off(&memcached, "memcache", if is_full() { 20 } else { 1 });
}

fn cut_off(server: &Server, scheme: &str, n_rounds: u64) {
    let _turn = turn();
    let mut partitions = [Behaviour::BlackHole, Behaviour::Cut, Behaviour::Mute];
    if scheme == "memcache" {
        partitions.rotate_left(1);
    }
    let folder = tempfile::tempdir().unwrap();
    let words = Words::create(&folder.path().join("words"));
    let proxy = Proxy::before(server.port()).unwrap();
    let url = format!("{scheme}://127.0.0.1:{}", proxy.port());
    let direct = server.url().as_str().into_cache().unwrap();
    let mut processes: Vec<_> = (0..N_PROCESSES).map(|index| worker::spawn(&url, &words, index)).collect();
    for round in 1..=n_rounds {
        words.begin(round, Phase::Together);
        wait_for_all(&words, round, Phase::Together, &mut processes);
        proxy.switch(partitions[round as usize % partitions.len()]).unwrap();
        let start = Instant::now();
        words.begin(round, Phase::CutOff);
        wait_for_all(&words, round, Phase::CutOff, &mut processes);
        std::thread::sleep(PARTITION.saturating_sub(start.elapsed()));
        // They have stopped, so this is how it ends.
        let versions: Vec<u64> = (0..N_KEYS).map(|key| words.version(key)).collect();
        let reunion = Instant::now();
        proxy.switch(Behaviour::Pass).unwrap();
        words.begin(round, Phase::Reunited);
        if !is_full() {
            // A machine that is busy may need longer to tell the store.
            wait_for_all(&words, round, Phase::Reunited, &mut processes);
            println!("{scheme}: all was delivered after {:?}", reunion.elapsed());
            std::thread::sleep(BELIEVED);
        }
        std::thread::sleep(REUNION.saturating_sub(reunion.elapsed()));
        let is_stale = |key: &usize| worker::stored(&direct, *key).is_some_and(|version| version < versions[*key]);
        let stale: Vec<_> = (0..N_KEYS).filter(is_stale).collect();
        assert_eq!(stale, [0; 0], "values from before a clear, in round {round}");
        words.begin(round, Phase::Judging);
        wait_for_all(&words, round, Phase::Judging, &mut processes);
    }
    words.begin(0, Phase::Over);
    for mut process in processes {
        assert!(process.wait().unwrap().success(), "a process has failed");
    }
}

fn wait_for_all(words: &Words, round: u64, phase: Phase, processes: &mut [Child]) {
    let start = Instant::now();
    while !words.all_are_through(round, phase) {
        assert!(start.elapsed() < PATIENCE, "round {round} does not come to its end: {phase:?}");
        for process in &mut *processes {
            assert!(process.try_wait().unwrap().is_none(), "a process has failed in round {round}: {phase:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
