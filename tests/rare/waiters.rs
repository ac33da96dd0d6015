//! What callers get that wait for a computation which another process has overtaken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use larder::testing::MemoryAdapter;
use larder::{Cache, cached};
use tokio::sync::Semaphore;

use crate::gate::{Gate, Verb};
use crate::support::on_clock;

#[tokio::test]
async fn who_comes_after_a_clear_elsewhere_gets_nothing_older() {
    static ORIGIN: AtomicU64 = AtomicU64::new(1);
    static HAS_READ: Semaphore = Semaphore::const_new(0);
    static MAY_END: Semaphore = Semaphore::const_new(0);
    #[cached(key = "rare_overtaken:{id}")]
    async fn value(id: u64) -> u64 {
        let read = ORIGIN.load(SeqCst);
        HAS_READ.add_permits(1);
        let _ = MAY_END.acquire().await;
        read + id - id
    }
    let store = MemoryAdapter::new();
    let n_looks = Arc::new(AtomicUsize::new(0));
    let looks = Arc::clone(&n_looks);
    let gate = Gate::new(store.clone()).before(move |verb| {
        looks.fetch_add(usize::from(verb == Verb::Get), SeqCst);
        async { Ok(()) }
    });
    let (here, elsewhere) = (Cache::far(gate), Cache::far(store));
    let first = tokio::spawn(larder::scoped_async(&here, value(7)));
    HAS_READ.acquire().await.unwrap().forget();
    ORIGIN.store(2, SeqCst);
    larder::scoped_async(&elsewhere, async { value::clear(7).await.unwrap() }).await;
    let later: Vec<_> = (0..20).map(|_| tokio::spawn(larder::scoped_async(&here, value(7)))).collect();
    // What follows the look, up to where they wait, is one step on this thread.
    while n_looks.load(SeqCst) < 21 {
        tokio::task::yield_now().await;
    }
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

#[tokio::test]
async fn a_result_whose_leader_was_cancelled_as_it_was_stored_is_found_in_the_store() {
    static STARTS: AtomicUsize = AtomicUsize::new(0);
    #[cached(key = "rare_cancelled:{id}")]
    async fn value(id: u64) -> u64 {
        STARTS.fetch_add(1, SeqCst);
        id
    }
    static LOOKS: Semaphore = Semaphore::const_new(0);
    static MAY_STORE: Semaphore = Semaphore::const_new(0);
    static STORED: Semaphore = Semaphore::const_new(0);
    let (cache, _clock) = on_clock(|store| {
        let gate = Gate::new(store).before(|verb| async move {
            match verb {
                Verb::Get => LOOKS.add_permits(1),
                Verb::Put => MAY_STORE.acquire().await.unwrap().forget(),
                _ => {}
            }
            Ok(())
        });
        gate.after(|verb| async move {
            if verb == Verb::Put {
                STORED.add_permits(1);
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    });
    let leader = tokio::spawn(larder::scoped_async(&cache, value(7)));
    let waiter = tokio::spawn(larder::scoped_async(&cache, value(7)));
    LOOKS.acquire_many(2).await.unwrap().forget();
    MAY_STORE.add_permits(1);
    STORED.acquire().await.unwrap().forget();
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    assert_eq!(waiter.await.unwrap(), 7);
    assert_eq!(STARTS.load(SeqCst), 1);
}
