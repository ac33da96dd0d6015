//! Statements of the program's own, on the thread that writes: whatever they do, the cache goes on as before.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use futures_lite::future::{block_on, poll_once};
use larder::adapter::{CacheAdapter, Counted, Entry};
use larder::{Cache, ErrorKind, Result, SqliteCache};
use rusqlite::Connection;

use crate::support::{Folder, LIVING, entry, get, has, key, put};

/// In a file, and in memory.
fn both(check: impl Fn(&SqliteCache)) {
    let folder = Folder::new();
    check(&SqliteCache::open(folder.file("cache.sqlite")).unwrap());
    check(&SqliteCache::memory());
}

fn batch(cache: &SqliteCache, sql: &'static str) -> Result<rusqlite::Result<()>> {
    block_on(cache.client().transaction(move |connection| connection.execute_batch(sql)))
}

fn n_notes(cache: &SqliteCache) -> i64 {
    let count = "SELECT count(*) FROM note";
    let counted = cache.client().transaction(move |connection| connection.query_row(count, [], |row| row.get(0)));
    block_on(counted).unwrap().unwrap()
}

#[test]
fn what_returns_ok_is_kept_and_an_err_or_a_panic_undoes_it() {
    both(|cache| {
        put(cache, "a", &entry(1, 10)).unwrap();
        batch(cache, "CREATE TABLE note (text TEXT); INSERT INTO note VALUES ('kept')").unwrap().unwrap();
        batch(cache, "INSERT INTO note VALUES ('undone'); INSERT INTO nowhere VALUES (1)").unwrap().unwrap_err();
        assert_eq!(n_notes(cache), 1);

        let panics = cache.client().transaction(|connection: &Connection| -> rusqlite::Result<()> {
            connection.execute_batch("INSERT INTO note VALUES ('undone')")?;
            panic!("the program's own")
        });
        let panic = catch_unwind(AssertUnwindSafe(|| block_on(panics))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"the program's own"));
        assert_eq!(n_notes(cache), 1);
        assert!(has(cache, "a"));
    });
}

#[test]
fn who_ends_the_transaction_is_told_and_counts_of_others_stay_exact() {
    const N: i64 = 200;
    both(|cache| {
        let counter = Entry { record: [entry(0, 0).record, b"1".to_vec()].concat(), ..entry(0, 0) };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..N / 4 {
                        block_on(cache.increment(&key("n"), 1, &counter, &LIVING)).unwrap();
                    }
                });
            }
            for sql in ["COMMIT", "ROLLBACK", "COMMIT; BEGIN; COMMIT"].iter().cycle().take(60) {
                let error = batch(cache, sql).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(error.to_string().contains("ended it"), "{error}");
            }
        });
        assert_eq!(block_on(cache.increment(&key("n"), 0, &counter, &LIVING)).unwrap(), Counted::Sum(N));
    });
}

#[test]
fn larders_own_tables_cannot_be_changed() {
    both(|cache| {
        put(cache, "a", &entry(1, 10)).unwrap();
        for sql in ["DROP TABLE entry", "ALTER TABLE permit RENAME TO other", "ALTER TABLE epoch DROP COLUMN epoch"] {
            let told = batch(cache, sql);
            let is_refused = told.as_ref().is_err_and(|error| error.to_string().contains("larder's own tables"));
            assert!(is_refused || matches!(told, Ok(Err(_))), "{sql}: {told:?}");
            assert!(has(cache, "a") && put(cache, "b", &entry(2, 10)).unwrap(), "{sql}");
        }
    });
}

#[test]
fn what_is_set_on_the_connection_of_a_file_ends_with_the_closure() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    batch(&cache, "PRAGMA query_only = on").unwrap().unwrap();
    assert!(put(&cache, "a", &entry(1, 10)).unwrap());
    batch(&cache, "CREATE TEMP TABLE note (text TEXT)").unwrap().unwrap();
    batch(&cache, "SELECT * FROM note").unwrap().unwrap_err();
    let shadow = "CREATE TEMP TABLE entry (key TEXT)";
    assert_eq!(batch(&cache, shadow).unwrap_err().kind(), ErrorKind::Config);
    assert!(has(&cache, "a"));
}

#[test]
fn the_cache_cannot_be_asked_from_inside() {
    both(|cache| {
        let same = cache.clone();
        let by_hand = Cache::from(cache.clone()).blocking();
        let told = block_on(cache.client().transaction(move |_| {
            let _ = block_on(same.close());
            let nested = block_on(same.client().transaction(|_| Ok::<_, ()>(())));
            Ok::<_, ()>((block_on(same.get(&key("a"))).map(drop), nested, by_hand.set("a", 1, 60)))
        }));
        let (got, nested, set) = told.unwrap().unwrap();
        for refused in [got, nested.map(drop), set] {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unsupported);
        }
        assert_eq!(get(cache, "a").unwrap(), None);
    });
}

#[test]
fn what_nobody_waits_for_is_not_begun() {
    both(|cache| {
        let (client, (began, is_begun), (go_on, goes_on)) = (cache.client(), mpsc::channel(), mpsc::channel());
        batch(cache, "CREATE TABLE note (text TEXT)").unwrap().unwrap();
        let holding = std::thread::spawn(move || {
            block_on(client.transaction(move |_| {
                began.send(()).unwrap();
                goes_on.recv()
            }))
        });
        is_begun.recv().unwrap();
        let client = cache.client();
        let insert = |connection: &Connection| connection.execute("INSERT INTO note VALUES ('late')", []);
        assert!(block_on(poll_once(Box::pin(client.transaction(insert)))).is_none(), "and dropped here");
        go_on.send(()).unwrap();
        holding.join().unwrap().unwrap().unwrap();
        assert_eq!(n_notes(cache), 0);
    });
}

/// Its end panics.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("the program's own, and at its end");
        }
    }
}

#[test]
fn what_is_dropped_unused_takes_nobody_with_it() {
    both(|cache| {
        put(cache, "a", &entry(1, 10)).unwrap();
        let (client, (began, is_begun), (go_on, goes_on)) = (cache.client(), mpsc::channel(), mpsc::channel());
        let holding = std::thread::spawn(move || {
            block_on(client.transaction(move |_| {
                began.send(()).unwrap();
                goes_on.recv()
            }))
        });
        is_begun.recv().unwrap();
        let (client, spiteful) = (cache.client(), Spiteful);
        let unwanted = client.transaction(move |_| {
            std::mem::forget(spiteful);
            Ok::<_, ()>(())
        });
        let (key, entry) = (key("b"), entry(2, 10));
        let mut putting = Box::pin(cache.put(&key, &entry, larder::adapter::Condition::Always));
        assert!(block_on(poll_once(Box::pin(unwanted))).is_none(), "and dropped here");
        assert!(block_on(poll_once(&mut putting)).is_none());
        go_on.send(()).unwrap();
        holding.join().unwrap().unwrap().unwrap();
        assert!(block_on(putting).unwrap());
        assert!(has(cache, "a"));
    });
}

/// A crate for migrations counts in `user_version`: as larder does, which would refuse the file from then on.
#[test]
fn the_marks_of_the_file_cannot_be_changed() {
    both(|cache| {
        put(cache, "a", &entry(1, 10)).unwrap();
        for sql in ["PRAGMA user_version = 7", "PRAGMA application_id = 7"] {
            let error = batch(cache, sql).unwrap_err();
            assert!(error.to_string().contains("larder's own"), "{sql}: {error}");
            assert!(has(cache, "a") && put(cache, "b", &entry(2, 10)).unwrap(), "{sql}");
        }
    });
}
