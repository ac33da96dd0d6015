//! The adapter keeps to the contract: on a file and in memory, alone and shared, in tasks and on threads.

use larder::SqliteCache;
use larder::testing::conformance::{Subject, run, run_blocking};

use crate::support::Folder;

fn file(folder: &Folder) -> Subject {
    let path = folder.file("cache.sqlite");
    let caches = [0, 1].map(|_| SqliteCache::open(&path).unwrap());
    let [one, other] = caches;
    Subject::new("sqlite of two", one).with_peer(other).with_flush()
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
async fn memory_conforms_in_tasks_of_one_thread() {
    run(&Subject::new("sqlite in memory", SqliteCache::memory()).with_flush()).await;
}

#[test]
fn memory_with_a_name_conforms_on_threads() {
    let [one, other] = [0, 1].map(|_| SqliteCache::memory_persist("contract"));
    run_blocking(&Subject::new("sqlite in shared memory", one).with_peer(other).with_flush());
}
