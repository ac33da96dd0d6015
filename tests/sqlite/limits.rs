//! What a database may hold, and what it no longer needs.

use std::fs;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use larder::adapter::{CacheAdapter, Entry, StoreKey, layout};
use larder::{ErrorKind, SqliteCache, Timeout};
use rusqlite::Connection;

use crate::support::{Folder, close, entry, get, has, key, put, record};

fn n_entries(folder: &Folder) -> i64 {
    let connection = Connection::open(folder.file("cache.sqlite")).unwrap();
    connection.query_row("SELECT count(*) FROM entry", [], |row| row.get(0)).unwrap()
}

#[test]
fn the_oldest_make_way_for_bytes() {
    let folder = Folder::new();
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_bytes(1 << 20).build().unwrap();
    for n in 0..1_000 {
        put(&cache, &n.to_string(), &entry(n, 5_000)).unwrap();
    }
    assert!(has(&cache, "999") && !has(&cache, "0"));
    let n_kept = (0..1_000).filter(|n| has(&cache, &n.to_string())).count();
    assert!(n_kept > 80, "{n_kept}");
    assert!((1_000 - n_kept..1_000).all(|n| has(&cache, &n.to_string())), "the youngest are there");
    close(&cache);
    let n_bytes = fs::metadata(folder.file("cache.sqlite")).unwrap().len();
    assert!(n_bytes < 1_300_000, "{n_bytes}");
}

#[test]
fn the_oldest_make_way_for_entries() {
    let folder = Folder::new();
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_entries(128).build().unwrap();
    for n in 0..1_000 {
        put(&cache, &n.to_string(), &entry(n, 10)).unwrap();
        put(&cache, "hot", &entry(n, 10)).unwrap();
    }
    assert!(has(&cache, "999") && has(&cache, "hot") && !has(&cache, "0"));
    close(&cache);
    let n_entries = n_entries(&folder);
    assert!((64..=132).contains(&n_entries), "{n_entries}");
}

#[test]
fn one_transaction_may_store_more_than_there_is_room_for() {
    let folder = Folder::new();
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_bytes(1 << 20).build().unwrap();
    let entries: Vec<(StoreKey, Entry)> = (0..100).map(|n| (key(&n.to_string()), entry(n, 100_000))).collect();
    block_on(cache.put_many(&entries)).map_or_else(|error| assert_eq!(error.kind(), ErrorKind::TooLarge), drop);
    put(&cache, "after", &entry(7, 100_000)).unwrap();
    assert!(has(&cache, "after"));
}

#[test]
fn an_entry_that_is_too_large_is_refused() {
    let cache = SqliteCache::builder().memory().max_bytes(1 << 20).build().unwrap();
    let largest = cache.capability().largest_entry;
    put(&cache, "a", &entry(1, largest - layout::PAYLOAD)).unwrap();
    assert!(has(&cache, "a"));
    let error = put(&cache, "a", &entry(1, largest - layout::PAYLOAD + 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(has(&cache, "a"));
}

#[test]
fn what_is_past_its_grace_is_purged() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    let short = Entry { record: record(1, 10), timeout: Timeout::from_millis(50), grace: Timeout::from_millis(50) };
    for n in 0..2_000 {
        put(&cache, &n.to_string(), &if n % 2 == 0 { short.clone() } else { entry(n, 10) }).unwrap();
    }
    std::thread::sleep(Duration::from_millis(110));
    assert!(get(&cache, "1998").unwrap().is_none());
    let n_purged = block_on(cache.purge()).unwrap();
    close(&cache);
    assert_eq!(n_entries(&folder), 1_000);
    assert!(n_purged <= 1_000, "{n_purged}");
}

/// More is stored between two slices than a slice looks at.
#[test]
fn a_purge_ends_however_much_is_stored_meanwhile() {
    let cache = SqliteCache::memory();
    let many = |round: u64| -> Vec<_> { (0..1_000).map(|n| (key(&format!("{round}-{n}")), entry(n, 0))).collect() };
    block_on(cache.put_many(&many(0))).unwrap();
    let mut purge = std::pin::pin!(cache.purge());
    let is_over = (1..20).any(|round| {
        let is_over = block_on(futures_lite::future::poll_once(&mut purge)).is_some();
        block_on(cache.put_many(&many(round))).unwrap();
        is_over
    });
    assert!(is_over);
}

#[test]
fn purging_goes_on_behind_the_callers() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    let short = Entry { record: record(1, 10), timeout: Timeout::from_millis(1), grace: Timeout::ZERO };
    for n in 0..100 {
        put(&cache, &n.to_string(), &short).unwrap();
    }
    let started = Instant::now();
    while n_entries(&folder) > 0 {
        assert!(started.elapsed() < Duration::from_secs(30), "{} are never purged", n_entries(&folder));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_sweep_takes_dead_epochs_of_its_namespace_alone() {
    let cache = SqliteCache::memory();
    let with = |namespace: u64, template: u64| {
        let mut entry = entry(1, 10);
        entry.record[layout::NAMESPACE_EPOCH].copy_from_slice(&namespace.to_le_bytes());
        entry.record[layout::TEMPLATE_EPOCH].copy_from_slice(&template.to_le_bytes());
        entry
    };
    let long = "n".repeat(300);
    let entries = [
        (StoreKey::new("foo", "dead"), with(1, 0)),
        (StoreKey::new("foo", "dead by template"), with(9, 1)),
        (StoreKey::new("foo", "alive"), with(9, 2)),
        (StoreKey::new("foobar", "dead elsewhere"), with(1, 0)),
        (StoreKey::new(&long, "dead"), with(5, 0)),
    ];
    block_on(cache.put_many(&entries)).unwrap();
    assert_eq!(block_on(cache.sweep("foo", &[1])).unwrap(), 2);
    assert_eq!(block_on(cache.sweep(&long, &[5])).unwrap(), 1);
    let keys = entries.map(|(key, _)| key);
    let found = block_on(cache.get_many(&keys)).unwrap();
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true, true, false]);
}
