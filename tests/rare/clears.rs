//! Clears of whole functions and namespaces.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use futures_lite::future::{block_on, poll_once};
use larder::adapter::{AnyAdapter, CacheAdapter, EpochName};
use larder::testing::MemoryAdapter;
use larder::{Cache, Timeout, cached};
use tokio::sync::Semaphore;

use crate::gate::{Gate, Verb};
use crate::support::until;

/// A store whose first renewal is made at once, and answered when the test says so.
fn slow_first_answer(store: MemoryAdapter) -> (Gate, Arc<Semaphore>) {
    let (held, n_renewals) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let answers = Arc::clone(&held);
    let gate = Gate::new(store).after(move |verb| {
        let is_first = verb == Verb::Renew && n_renewals.fetch_add(1, SeqCst) == 0;
        let answers = Arc::clone(&answers);
        async move {
            if is_first {
                let _ = answers.acquire().await;
            }
            Ok(())
        }
    });
    (gate, held)
}

#[test]
fn of_two_clears_at_once_the_stores_last_one_holds() {
    static STARTS: AtomicUsize = AtomicUsize::new(0);
    #[cached(key = "rare_two_clears:{id}")]
    fn value(id: u64) -> u64 {
        STARTS.fetch_add(1, SeqCst);
        id
    }
    let store = MemoryAdapter::new();
    let (gate, answer) = slow_first_answer(store.clone());
    let cache = Cache::far(gate);
    // So that it knows the epochs.
    larder::scoped(&cache, || value(1));
    let mut first = Box::pin(cache.clear_async());
    assert!(block_on(poll_once(&mut first)).is_none());
    // Another process, after the first clear and before the second.
    larder::scoped(Cache::far(store), || value(7));
    block_on(cache.clear_async()).unwrap();
    answer.add_permits(1);
    block_on(first).unwrap();
    larder::scoped(&cache, || value(7));
    assert_eq!(STARTS.load(SeqCst), 3, "what stood there was cleared");
}

#[test]
fn a_clear_sweeps_nothing_that_is_alive() {
    #[cached(key = "rare_sweeps_the_dead:{id}")]
    fn value(id: u64) -> u64 {
        id
    }
    let store = MemoryAdapter::new();
    let (gate, answer) = slow_first_answer(store.clone());
    let cache = Cache::far(gate.clone());
    let mut clear = Box::pin(cache.clear_async());
    assert!(block_on(poll_once(&mut clear)).is_none());
    larder::scoped(&cache, || value(7));
    answer.add_permits(1);
    block_on(clear).unwrap();
    until("nothing is ever swept", || !gate.swept.lock().unwrap().is_empty());
    let living = block_on(store.epochs(&[EpochName::namespace(0, "larder")])).unwrap();
    assert!(!gate.swept.lock().unwrap().contains(&living[0]));
}

#[test]
fn a_process_that_has_read_nothing_sweeps_what_it_clears() {
    #[cached(key = "rare_sweeps_the_unread:{id}", timeout = Timeout::NEVER)]
    fn value(id: u64) -> u64 {
        id
    }
    let store = MemoryAdapter::new();
    larder::scoped(Cache::far(store.clone()), || value(7));
    let names = [EpochName::namespace(0, "larder")];
    let before = block_on(store.epochs(&names)).unwrap();
    let gate = Gate::new(store);
    Cache::far(gate.clone()).clear().unwrap();
    until("it is never swept, and never expires", || gate.swept.lock().unwrap().contains(&before[0]));
}

#[test]
fn shards_that_hang_keep_no_other_from_being_cleared() {
    let n_cleared = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&n_cleared);
    let healthy = Gate::new(MemoryAdapter::new()).before(move |verb| {
        let counted = Arc::clone(&counted);
        async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            counted.fetch_add(usize::from(verb == Verb::Renew), SeqCst);
            Ok(())
        }
    });
    let hanging = || Gate::new(MemoryAdapter::new()).before(|_| std::future::pending());
    let stores = [hanging(), hanging(), hanging(), healthy].map(AnyAdapter::new);
    let cache = Cache::fleet(["a", "b", "c", "d"].into_iter().zip(stores)).build().unwrap();
    assert!(cache.clear().is_err());
    assert_eq!(n_cleared.load(SeqCst), 1);
}
