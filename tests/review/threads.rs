//! Blocking calls where blocking is rude.

use std::time::{Duration, Instant};

use larder::{Cache, SqliteCache, cached};

/// Tokio lets a task do so much before it must yield, and then withholds what it waits for. Blocking code cannot yield.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_task_may_make_any_number_of_blocking_calls() {
    #[cached(key = "review_budget:{id}")]
    fn value(id: u64) -> u64 {
        id
    }
    let task = tokio::spawn(async {
        let cache = Cache::far(SqliteCache::memory());
        let started = Instant::now();
        larder::scoped(&cache, || {
            for id in 0..300 {
                value(id);
            }
        });
        started.elapsed()
    });
    let elapsed = task.await.unwrap();
    assert_eq!(value::stats().store_failures, 0, "after {elapsed:?}");
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}
