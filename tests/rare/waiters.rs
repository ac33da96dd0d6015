//! What callers get that wait for a computation which another process has overtaken.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use larder::testing::MemoryAdapter;
use larder::{Cache, cached};
use tokio::sync::Semaphore;

#[tokio::test]
async fn who_comes_after_a_clear_elsewhere_gets_nothing_older() {
    static ORIGIN: AtomicU64 = AtomicU64::new(1);
    static MAY_END: Semaphore = Semaphore::const_new(0);
    #[cached(key = "rare_overtaken:{id}")]
    async fn value(id: u64) -> u64 {
        let read = ORIGIN.load(SeqCst);
        let _ = MAY_END.acquire().await;
        read + id - id
    }
    let store = MemoryAdapter::new();
    let (here, elsewhere) = (Cache::far(store.clone()), Cache::far(store));
    let first = tokio::spawn(larder::scoped_async(&here, value(7)));
    while here.n_flights() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    ORIGIN.store(2, SeqCst);
    larder::scoped_async(&elsewhere, async { value::clear(7).await.unwrap() }).await;
    let later: Vec<_> = (0..20).map(|_| tokio::spawn(larder::scoped_async(&here, value(7)))).collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    MAY_END.add_permits(1_000);
    assert_eq!(first.await.unwrap(), 1, "it was there before the clear");
    for call in later {
        assert_eq!(call.await.unwrap(), 2);
    }
    assert_eq!(value::stats().computed, 2, "one of those who waited computed for all of them");
}

#[test]
fn a_fill_that_another_process_was_faster_with_costs_a_look_and_no_computation() {
    #[cached(key = "rare_faster_elsewhere:{id}")]
    fn value(id: u64) -> u64 {
        std::thread::sleep(Duration::from_millis(50));
        id
    }
    let store = MemoryAdapter::new();
    let caches = [Cache::far(store.clone()), Cache::far(store)];
    std::thread::scope(|scope| {
        for cache in caches.iter().cycle().take(40) {
            scope.spawn(move || assert_eq!(larder::scoped(cache, || value(7)), 7));
        }
    });
    assert!(value::stats().computed <= 2, "{:?}", value::stats());
}
