//! Several handles, caches and callers on one database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_lite::future::{block_on, poll_once};
use larder::SqliteCache;
use larder::adapter::{CacheAdapter, Claim, Condition, Counted, EpochName, Left, layout};

use crate::support::{Folder, LIVING, entry, get, has, key, put};

#[test]
fn two_caches_of_one_file_are_one_store() {
    let folder = Folder::new();
    let [one, other] = [0, 1].map(|_| SqliteCache::open(folder.file("cache.sqlite")).unwrap());
    put(&one, "a", &entry(1, 10)).unwrap();
    assert!(has(&other, "a"));

    let name = EpochName::namespace(0, "test");
    let epochs = [&one, &other].map(|cache| block_on(cache.epochs(std::slice::from_ref(&name))).unwrap());
    assert_eq!(epochs[0], epochs[1]);
    assert_eq!(block_on(other.renew(&name)).unwrap(), block_on(one.epochs(&[name])).unwrap()[0]);

    let permitted = block_on(one.permit(&key("b"), Claim::Shared, &LIVING, &[])).unwrap();
    let token = permitted.token.unwrap();
    let shared = block_on(other.permit(&key("b"), Claim::Shared, &LIVING, &[])).unwrap();
    assert!(shared.token == Some(token));
    block_on(other.remove(&[key("b")])).unwrap();
    let fill = Condition::IfPermit(&token);
    assert!(!block_on(one.put(&key("b"), &entry(2, 10), fill)).unwrap(), "a remove beats a fill, across caches");
}

/// Another process has set the file aside, say, and begun anew.
#[test]
fn what_is_removed_where_the_file_was_exchanged_is_removed_from_the_new_one() {
    let folder = Folder::new();
    let path = folder.file("cache.sqlite");
    let [one, other] = [0, 1].map(|_| SqliteCache::open(&path).unwrap());
    put(&one, "a", &entry(1, 10)).unwrap();
    assert!(has(&one, "a"));
    std::fs::rename(&path, folder.file("old.sqlite")).unwrap();
    put(&other, "a", &entry(2, 10)).unwrap();
    assert!(matches!(block_on(one.remove(&[key("a")])).unwrap()[..], [Some(_)]));
    assert!(get(&other, "a").unwrap().is_none());
    assert!(get(&one, "a").unwrap().is_none(), "who has removed it reads nothing older");
}

#[test]
fn what_another_has_removed_is_not_read_from_a_file_that_was_exchanged() {
    let folder = Folder::new();
    let path = folder.file("cache.sqlite");
    let [one, other] = [0, 1].map(|_| SqliteCache::open(&path).unwrap());
    put(&one, "a", &entry(1, 10)).unwrap();
    assert!(has(&one, "a"));
    std::fs::rename(&path, folder.file("old.sqlite")).unwrap();
    block_on(other.remove(&[key("a")])).unwrap();
    // Enough for each thread that reads.
    assert!((0..20).all(|_| get(&one, "a").unwrap().is_none()));
}

/// A connection of its own looks for its turn now and then, and may miss it for as long as others are at work.
#[test]
fn who_waits_for_another_process_is_not_refused_while_that_takes_its_time() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    put(&cache, "a", &entry(1, 10)).unwrap();
    let other = rusqlite::Connection::open(folder.file("cache.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let written = scope.spawn(|| put(&cache, "b", &entry(2, 10)));
        std::thread::sleep(Duration::from_millis(400));
        other.execute_batch("COMMIT").unwrap();
        assert!(written.join().unwrap().unwrap());
    });
}

#[test]
fn a_write_that_was_given_up_does_not_arrive_after_what_followed_a_close() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    put(&cache, "b", &entry(1, 10)).unwrap();
    let other = rusqlite::Connection::open(folder.file("cache.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (key, late) = (key("a"), entry(2, 10));
    let mut written = Box::pin(cache.put(&key, &late, Condition::Always));
    assert!(block_on(poll_once(&mut written)).is_none());
    // By now it looks for its turn every 50 ms, and a connection that comes later does so every few.
    std::thread::sleep(Duration::from_millis(140));
    drop(written);
    let mut closed = Box::pin(cache.close());
    assert!(block_on(poll_once(&mut closed)).is_none());
    let mut removed = Box::pin(cache.remove(std::slice::from_ref(&key)));
    assert!(block_on(poll_once(&mut removed)).is_none());
    std::thread::sleep(Duration::from_millis(3));
    other.execute_batch("COMMIT").unwrap();
    block_on(removed).unwrap();
    block_on(closed).unwrap();
    assert!(get(&cache, "a").unwrap().is_none());
}

#[test]
fn memory_is_private_unless_it_has_a_name() {
    let [one, other] = [SqliteCache::memory(), SqliteCache::memory()];
    put(&one, "a", &entry(1, 10)).unwrap();
    let clone = one.clone();
    drop(one);
    assert!(has(&clone, "a") && get(&other, "a").unwrap().is_none());

    let [one, other] = [0, 1].map(|_| SqliteCache::memory_persist("sharing"));
    put(&one, "a", &entry(1, 10)).unwrap();
    block_on(one.close()).unwrap();
    drop(one);
    assert!(has(&other, "a"));
    drop(other);
    assert!(get(&SqliteCache::memory_persist("sharing"), "a").unwrap().is_none());
}

#[test]
fn many_writers_share_a_transaction_and_one_that_is_refused_harms_no_other() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    put(&cache, "text", &entry(1, 10)).unwrap();
    let n_callers: u64 = 64;
    let started = Instant::now();
    std::thread::scope(|scope| {
        for caller in 0..n_callers {
            let cache = &cache;
            scope.spawn(move || {
                for n in 0..20 {
                    assert!(put(cache, &format!("{caller}-{n}"), &entry(caller, 100)).unwrap());
                    let fresh = entry(1, 0);
                    assert!(block_on(cache.increment(&key("text"), 1, &fresh, &LIVING)).is_err());
                }
            });
        }
    });
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_secs(20), "{elapsed:?}");
    for caller in 0..n_callers {
        assert!((0..20).all(|n| has(&cache, &format!("{caller}-{n}"))));
    }
}

#[test]
fn a_counter_counts_each_of_many_callers() {
    let folder = Folder::new();
    let caches = [0, 1].map(|_| SqliteCache::open(folder.file("cache.sqlite")).unwrap());
    let mut fresh = entry(0, 0);
    fresh.record.truncate(layout::PAYLOAD);
    fresh.record.extend_from_slice(b"1");
    std::thread::scope(|scope| {
        for cache in caches.iter().cycle().take(8) {
            let fresh = &fresh;
            scope.spawn(move || {
                for _ in 0..50 {
                    block_on(cache.increment(&key("n"), 1, fresh, &LIVING)).unwrap();
                }
            });
        }
    });
    assert_eq!(block_on(caches[0].increment(&key("n"), 0, &fresh, &LIVING)).unwrap(), Counted::Sum(400));
}

#[test]
fn only_one_of_many_fills_with_one_permit_is_stored() {
    let folder = Folder::new();
    let cache = Arc::new(SqliteCache::open(folder.file("cache.sqlite")).unwrap());
    let n_stored = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for caller in 0..16 {
            let (cache, n_stored) = (&cache, &n_stored);
            scope.spawn(move || {
                let permitted = block_on(cache.permit(&key("a"), Claim::Shared, &LIVING, &[])).unwrap();
                let Some(token) = permitted.token else { return };
                let fill = Condition::IfPermit(&token);
                let is_stored = block_on(cache.put(&key("a"), &entry(caller, 10), fill)).unwrap();
                n_stored.fetch_add(is_stored.into(), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(n_stored.into_inner(), 1);
    assert!(matches!(get(&cache, "a").unwrap().unwrap().left, Left::For(_)));
}

#[test]
fn a_caller_that_stops_waiting_hurts_nobody() {
    let cache = SqliteCache::memory();
    for n in 0..100 {
        let key = key("a");
        let mut abandoned = Box::pin(cache.get(&key));
        block_on(poll_once(&mut abandoned));
        drop(abandoned);
        put(&cache, "a", &entry(n, 10)).unwrap();
        assert!(has(&cache, "a"));
    }
}
