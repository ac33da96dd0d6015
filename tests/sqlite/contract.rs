//! The adapter keeps to the contract: on a file and in memory, alone and of two, in time that passes and in time that tests
//! move.

use std::path::PathBuf;
use std::time::Duration;

use larder::SqliteCache;
use larder::testing::conformance::{Subject, run, run_blocking};
use rusqlite::Connection;

use crate::support::Folder;

/// Moves time on by making all that is stored older.
fn passing(path: PathBuf) -> impl Fn(Duration) + Send + Sync + 'static {
    move |duration| {
        let connection = Connection::open(&path).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        let ms = i64::try_from(duration.as_millis()).unwrap();
        let older = format!(
            "BEGIN IMMEDIATE;
             UPDATE entry SET stamped = stamped - {ms}, kept_until = kept_until - {ms} WHERE kept_until < {never};
             UPDATE entry SET deadline = deadline - {ms} WHERE deadline < {never};
             UPDATE permit SET until = until - {ms};
             COMMIT;",
            never = i64::MAX
        );
        connection.execute_batch(&older).unwrap();
    }
}

fn file(folder: &Folder) -> Subject {
    let path = folder.file("cache.sqlite");
    let caches = [0, 1].map(|_| SqliteCache::open(&path).unwrap());
    let [one, other] = caches;
    Subject::new("sqlite of two", one).with_peer(other).with_time(passing(path)).with_flush()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_conforms_in_tasks() {
    let folder = Folder::new();
    run(&file(&folder)).await;
}

#[test]
fn a_file_conforms_on_threads() {
    let folder = Folder::new();
    run_blocking(&file(&folder));
}

#[tokio::test]
async fn memory_conforms_while_real_time_passes() {
    run(&Subject::new("sqlite in memory", SqliteCache::memory()).with_flush()).await;
}

#[test]
fn a_file_conforms_while_real_time_passes() {
    let folder = Folder::new();
    run_blocking(&Subject::new("sqlite", SqliteCache::open(folder.file("cache.sqlite")).unwrap()).with_flush());
}

#[test]
fn memory_with_a_name_conforms_on_threads() {
    let [one, other] = [0, 1].map(|_| SqliteCache::memory_persist("contract"));
    run_blocking(&Subject::new("sqlite in shared memory", one).with_peer(other).with_flush());
}
