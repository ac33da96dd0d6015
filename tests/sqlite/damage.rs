//! Files with random damage. SQLite has no checksums, so wrong bytes may come back; each record has one, which the layers
//! above check. What is promised here: no panic, no hang, and a store that works again.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use larder::SqliteCache;
use larder::adapter::CacheAdapter;

use crate::support::{Folder, Random, close, entry, get, has, is_whole, key, put, scaled};

const N_ENTRIES: u64 = 60;

/// A sound file, closed.
fn build(path: &Path) -> Vec<u8> {
    let cache = SqliteCache::open(path).unwrap();
    for n in 0..N_ENTRIES {
        put(&cache, &n.to_string(), &entry(n, (n * 97 % 6_000) as usize)).unwrap();
    }
    close(&cache);
    fs::read(path).unwrap()
}

/// Flips bytes, blanks a stretch, or cuts the end off.
fn harm(sound: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    match random.below(4) {
        0 => bytes.truncate(random.below(sound.len())),
        1 => {
            let start = random.below(sound.len());
            let end = (start + random.below(8_192)).min(sound.len());
            bytes[start..end].fill(random.next() as u8);
        }
        kind => {
            // Pages begin with what holds the tree together.
            let limit = if kind == 2 { sound.len() } else { 4_096 };
            for _ in 0..=random.below(32) {
                bytes[random.below(limit)] ^= 1 << random.below(8);
            }
        }
    }
    bytes
}

#[derive(Debug, Default)]
struct Tally {
    n_files: u64,
    n_set_aside: u64,
    n_refused: u64,
    /// Records that fail their checksum.
    n_wrong: u64,
    /// Whole records of another key, which the key in their head tells.
    n_others: u64,
}

#[test]
fn a_damaged_file_neither_panics_nor_hangs_and_works_again() {
    let folder = Folder::new();
    let sound = build(&folder.file("sound.sqlite"));
    let mut tally = Tally::default();
    for seed in 1..=scaled(100, 1_000) {
        let folder = Folder::new();
        let path = folder.file("cache.sqlite");
        fs::write(folder.file("cache.sqlite.lock"), "").unwrap();
        let mut random = Random(seed * 7_919);
        fs::write(&path, harm(&sound, &mut random)).unwrap();
        let started = Instant::now();
        let cache = SqliteCache::open(&path).unwrap();
        use_all(&cache, &mut tally);
        close(&cache);
        assert!(started.elapsed() < Duration::from_secs(5), "seed {seed} took {:?}", started.elapsed());
        tally.n_files += 1;
        tally.n_set_aside += u64::from(folder.names().iter().any(|name| name.contains("damaged")));
    }
    println!("{tally:?}");
    assert!(tally.n_set_aside > 0 && tally.n_refused < tally.n_files / 10, "{tally:?}");
}

/// Reads and writes all over the file, and sees that it works in the end.
fn use_all(cache: &SqliteCache, tally: &mut Tally) {
    for n in 0..N_ENTRIES {
        let Ok(Some(found)) = get(cache, &n.to_string()) else { continue };
        tally.n_wrong += u64::from(!is_whole(&found.record));
        tally.n_others += u64::from(is_whole(&found.record) && found.record[40..48] != n.to_le_bytes());
    }
    let _ = block_on(cache.purge());
    let _ = block_on(cache.sweep("test", &[3]));
    for n in 0..N_ENTRIES {
        let _ = block_on(cache.remove(&[key(&n.to_string())]));
        let _ = put(cache, &(n + 30).to_string(), &entry(n, 3_000));
    }
    match put(cache, "last", &entry(1, 10)) {
        Ok(is_stored) => assert!(is_stored && has(cache, "last")),
        Err(_) => tally.n_refused += 1,
    }
}

#[test]
fn damage_under_an_open_cache_is_met_and_mended() {
    let folder = Folder::new();
    let path = folder.file("cache.sqlite");
    build(&path);
    let cache = SqliteCache::open(&path).unwrap();
    assert!(has(&cache, "1"));
    let other = SqliteCache::open(&path).unwrap();
    assert!(has(&other, "2"));
    let n_bytes = fs::metadata(&path).unwrap().len();
    fs::write(&path, vec![0x5a; n_bytes as usize]).unwrap();
    let started = Instant::now();
    while put(&cache, "new", &entry(9, 10)).is_err() || !get(&cache, "new").is_ok_and(|found| found.is_some()) {
        assert!(started.elapsed() < Duration::from_secs(3));
    }
    std::thread::sleep(Duration::from_secs(1));
    assert!(has(&other, "new"), "within a second others use the new file");
    let is_damaged = |name: &&String| name.contains("damaged") && !name.ends_with("-wal");
    assert_eq!(folder.names().iter().filter(is_damaged).count(), 1, "{:?}", folder.names());
}

#[test]
fn only_the_last_two_damaged_files_are_kept() {
    let folder = Folder::new();
    let path = folder.file("cache.sqlite");
    let sound = build(&path);
    for time in [1, 22, 333] {
        fs::write(folder.file(&format!("cache.sqlite.damaged-{time}")), "").unwrap();
    }
    let mut bytes = sound;
    bytes[..50].fill(0);
    fs::write(&path, bytes).unwrap();
    assert!(get(&SqliteCache::open(&path).unwrap(), "1").unwrap().is_none());
    let names = folder.names();
    assert_eq!(names.iter().filter(|name| name.contains("damaged")).count(), 2, "{names:?}");
}
