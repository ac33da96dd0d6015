//! A file that another program writes to for a long time: it can be read meanwhile.

use std::time::{Duration, Instant};

use larder::{Cache, SqliteCache, cached};

use crate::support::Folder;

const N_OLD: u64 = 50;

#[cached(key = "held:{id}", timeout = 60)]
fn value(id: u64) -> u64 {
    id
}

#[test]
fn while_another_program_writes_reads_go_on_and_writes_are_given_up() {
    let folder = Folder::new();
    let path = folder.file("held.sqlite");
    larder::scoped(Cache::from(SqliteCache::open(&path).unwrap()), || {
        (0..N_OLD).for_each(|id| assert_eq!(value(id), id));
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let before = value::stats();
        let is_slow = |call: &u64| {
            let start = Instant::now();
            // One of ten is new.
            let id = if call.is_multiple_of(10) { 1_000 + call } else { call % N_OLD };
            assert_eq!(value(id), id);
            start.elapsed() > Duration::from_millis(125)
        };
        let n_slow = (0..300).filter(is_slow).count();
        let after = value::stats();
        println!("of 300 calls {n_slow} were slow, {} hits", after.hits - before.hits);
        assert!(n_slow < 15, "{n_slow} calls have waited for what the other holds");
        assert!(after.hits >= before.hits + 260, "reads are given up too: {after:?}");

        other.execute_batch("ROLLBACK").unwrap();
        let start = Instant::now();
        while !matches!(value::get(7_000), Ok(Some(7_000))) {
            assert!(start.elapsed() < Duration::from_secs(30), "writes are never let in again");
            value(7_000);
            std::thread::sleep(Duration::from_millis(10));
        }
    });
}
