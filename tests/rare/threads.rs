//! Blocking calls where blocking is rude.

use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use larder::testing::MemoryAdapter;
use larder::{Cache, SqliteCache, cached};

/// Tokio lets a task do so much before it must yield, and then withholds what it waits for. Blocking code cannot yield.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_task_may_make_any_number_of_blocking_calls() {
    #[cached(key = "rare_many_calls:{id}")]
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

#[test]
fn a_deep_async_recursion_fits_the_stack_of_a_thread_over_a_far_store_too() {
    #[cached(key = "rare_deep_recursion:{n}")]
    fn count(n: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
        Box::pin(async move { if n == 0 { 0 } else { count(n - 1).await + 1 } })
    }
    let calls = larder::scoped_async(Cache::far(MemoryAdapter::new()), count(100));
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || block_on(calls));
    assert_eq!(thread.unwrap().join().unwrap(), 100);
}
