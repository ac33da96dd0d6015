//! What cannot be brought about from outside: transactions that break, and a disk that is full.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use super::database::{Database, Place, Trouble};
use super::engine::Engine;
use super::fault::{Fault, Stop};
use super::housekeeping::Limits;
use super::request::{Purpose, Request, request};
use super::statements::Statements;
use super::worker::Worker;
use super::writer::Writer;
use super::{SqliteCache, file, schema};
use crate::adapter::{CacheAdapter, Condition, Entry, StoreKey};
use crate::error::{Error, ErrorKind, Result};
use crate::park::block_on;
use crate::timeout::Timeout;

const NO_LIMITS: Limits = Limits { max_bytes: 1 << 40, max_entries: None };

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("larder-sqlite-unit-{}-{n}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn database(folder: &Folder) -> Database {
    Database::new(Place::File(folder.0.join("cache.sqlite")), NO_LIMITS)
}

fn key(name: &str) -> StoreKey {
    StoreKey::new("test", name)
}

fn entry(n_bytes: usize) -> Entry {
    Entry { record: vec![7; n_bytes], timeout: Timeout::NEVER, grace: Timeout::ZERO }
}

type Told = tokio::sync::oneshot::Receiver<Result<()>>;

fn putting(
    name: &str,
    then: impl Fn(&Statements<'_>) -> Result<(), Stop> + Send + 'static,
) -> (Box<dyn Request>, Told) {
    let key = key(name);
    request(Purpose::Store, move |statements: &Statements<'_>| {
        statements.put(&key, &entry(100), Condition::Always)?;
        then(statements)
    })
}

/// Serves one batch of two sound requests with one between them that does `harm`; what each is told.
fn told_beside(harm: fn(&Statements<'_>) -> Result<(), Stop>) -> [Result<(), ErrorKind>; 3] {
    let folder = Folder::new();
    let database = std::sync::Arc::new(database(&folder));
    let mut writer = Writer::new(Worker::new(std::sync::Arc::clone(&database)));
    let (requests, told): (Vec<_>, Vec<_>) =
        [putting("a", |_| Ok(())), putting("b", harm), putting("c", |_| Ok(()))].into_iter().unzip();
    writer.serve(requests);
    let cache = SqliteCache(std::sync::Arc::new(Engine::of(Database::new(database.place.clone(), NO_LIMITS))));
    let mut names = ["a", "b", "c"].into_iter();
    let outcomes = told.into_iter().map(|told| {
        let outcome = block_on(told).unwrap().map_err(|error: Error| error.kind());
        let is_stored = block_on(cache.get(&key(names.next().unwrap()))).unwrap().is_some();
        assert_eq!(is_stored, outcome.is_ok(), "what was told is so");
        outcome
    });
    outcomes.collect::<Vec<_>>().try_into().unwrap()
}

const BETWEEN: [Result<(), ErrorKind>; 3] = [Ok(()), Err(ErrorKind::Unavailable), Ok(())];

#[test]
fn a_request_that_fails_leaves_the_others_of_its_transaction() {
    assert_eq!(told_beside(|statements| Ok(statements.execute("DELETE FROM nothing", []).map(drop)?)), BETWEEN);
}

#[test]
fn a_request_that_loses_the_transaction_leaves_the_others() {
    let harm = |statements: &Statements<'_>| {
        statements.execute("ROLLBACK", [])?;
        Ok(statements.execute("DELETE FROM nothing", []).map(drop)?)
    };
    assert_eq!(told_beside(harm), BETWEEN);
}

#[test]
fn a_request_that_cannot_be_undone_alone_is_undone_with_the_others() {
    let harm = |statements: &Statements<'_>| {
        statements.execute("RELEASE request", [])?;
        Ok(statements.execute("DELETE FROM nothing", []).map(drop)?)
    };
    assert_eq!(told_beside(harm), BETWEEN);
}

#[test]
fn a_request_that_always_meets_damage_ends() {
    let told = told_beside(|_| Err(Stop::Fault(Fault::DAMAGED)));
    assert_eq!(told, [Err(ErrorKind::Unavailable); 3]);
}

#[test]
fn where_there_is_no_room_writes_fail_and_reads_go_on() {
    let folder = Folder::new();
    let mut database = database(&folder);
    database.most_pages = 100;
    let cache = SqliteCache(std::sync::Arc::new(Engine::of(database)));
    let put = |name: &str, n_bytes| block_on(cache.put(&key(name), &entry(n_bytes), Condition::Always));
    for n in 0..500 {
        put(&n.to_string(), 3_000).unwrap();
    }
    let is_there = |name: &str| block_on(cache.get(&key(name))).unwrap().is_some();
    assert!(is_there("499") && !is_there("0"), "the oldest make way");
    let error = put("huge", 600_000).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(is_there("499") && !is_there("huge"));
    assert!(put("small", 100).unwrap());
}

/// Whoever opens the file while another makes its tables sees all of them or none. One who saw them without their mark would
/// take the file for a damaged one and set it aside, with what the others have stored in it by then.
#[test]
fn a_file_that_many_open_at_once_is_set_aside_by_none() {
    const N_THREADS: usize = 8;
    for round in 0..100 {
        let folder = Folder::new();
        let start = std::sync::Barrier::new(N_THREADS);
        std::thread::scope(|scope| {
            for n in 0..N_THREADS {
                let (cache, start) = (SqliteCache(std::sync::Arc::new(Engine::of(database(&folder)))), &start);
                scope.spawn(move || {
                    start.wait();
                    block_on(cache.put(&key(&n.to_string()), &entry(1), Condition::Always)).unwrap()
                });
            }
        });
        let cache = SqliteCache(std::sync::Arc::new(Engine::of(database(&folder))));
        let is_there = |n: usize| block_on(cache.get(&key(&n.to_string()))).unwrap().is_some();
        assert!((0..N_THREADS).all(is_there), "in round {round}");
    }
}

/// SQLite finds log and index by their names when it first reads: a connection that was opened before the file was exchanged
/// would write its pages into the log of the new one.
#[test]
fn a_file_that_loses_its_place_while_it_is_opened_is_not_used() {
    let folder = Folder::new();
    let database = database(&folder);
    drop(database.open().ok().expect("it is made"));
    let path = folder.0.join("cache.sqlite");
    let home = file::identity(&path).unwrap().unwrap();
    assert!(database.open_file(&path, home).is_ok());
    std::fs::rename(&path, folder.0.join("old.sqlite")).unwrap();
    assert!(matches!(database.open_file(&path, home), Err(Trouble::Fault(_))));
    drop(database.open().ok().expect("it is made anew"));
    assert!(matches!(database.open_file(&path, home), Err(Trouble::Exchanged)));
}

#[test]
fn the_bundled_library_is_sound() {
    assert!(schema::is_sqlite_sound(), "{}", rusqlite::version());
}

#[test]
fn no_error_shows_a_value() {
    let error = Fault::DAMAGED.into_error("`x`");
    assert_eq!(error.to_string(), "the SQLite cache `x` failed");
    assert_eq!(Fault::DAMAGED.to_string(), "database disk image is malformed (11)");
}
