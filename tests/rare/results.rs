//! Results that are not stored, and why.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use larder::testing::{ManualClock, MemoryAdapter};
use larder::{Cache, Error, ErrorKind, cached};
use tokio::sync::Semaphore;

use crate::gate::{Gate, Verb};
use crate::support::on_clock;

#[tokio::test]
async fn a_none_that_was_overtaken_by_a_set_leaves_what_was_set() {
    static MAY_END: Semaphore = Semaphore::const_new(1);
    static STARTS: AtomicUsize = AtomicUsize::new(0);
    #[cached(key = "rare_denied:{id}", timeout = 10)]
    async fn value(id: u64) -> Option<u64> {
        let start = STARTS.fetch_add(1, SeqCst);
        MAY_END.acquire().await.unwrap().forget();
        (start == 0).then_some(id)
    }
    let clock = ManualClock::new();
    let store = MemoryAdapter::new().with_clock(clock.clock());
    let cache = || Cache::builder(store.clone()).clock(clock.clock()).build().unwrap();
    let (here, elsewhere) = (cache(), cache());
    assert_eq!(larder::scoped_async(&here, value(7)).await, Some(7));
    clock.advance(Duration::from_secs(11));
    let call = tokio::spawn(larder::scoped_async(&here, value(7)));
    while STARTS.load(SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(larder::scoped_async(&elsewhere, async { value::set(7, Some(8)).await }).await.unwrap());
    MAY_END.add_permits(1);
    assert_eq!(call.await.unwrap(), None);
    assert_eq!(larder::scoped_async(&elsewhere, async { value::get(7).await }).await.unwrap(), Some(Some(8)));
}

#[test]
fn a_none_denies_what_stood_there_and_cannot_be_revived() {
    static STARTS: AtomicUsize = AtomicUsize::new(0);
    #[cached(key = "rare_unrevived:{id}", timeout = 10)]
    fn value(id: u64) -> Option<u64> {
        (STARTS.fetch_add(1, SeqCst) == 0).then_some(id)
    }
    let (cache, clock) = on_clock(|store| store);
    larder::scoped(&cache, || {
        value(7);
        clock.advance(Duration::from_secs(11));
        assert_eq!(value(7), None);
        assert!(!value::update_timeout(7, 60).unwrap());
        assert_eq!(value::get(7).unwrap(), None);
    });
}

#[test]
fn what_the_store_itself_finds_too_large_is_counted() {
    #[cached(key = "rare_too_large:{id}")]
    fn value(id: u64) -> u64 {
        id
    }
    let gate = Gate::new(MemoryAdapter::new()).before(|verb| async move {
        let large = || Error::with_kind(ErrorKind::TooLarge, "the server takes less than it said");
        if verb == Verb::Put { Err(large()) } else { Ok(()) }
    });
    assert_eq!(larder::scoped(Cache::far(gate), || value(7)), 7);
    assert_eq!((value::stats().unstorable, value::stats().store_failures), (1, 0));
}

#[test]
fn a_result_that_cannot_be_stored_takes_the_old_one_away() {
    static LENGTH: AtomicUsize = AtomicUsize::new(1);
    #[cached(key = "rare_grows:{id}")]
    fn grows(id: u64) -> String {
        id.to_string().repeat(LENGTH.load(SeqCst))
    }
    let check = |store: Cache, large: usize| {
        larder::scoped(store, || {
            let lengths = [1, large, 2].map(|length| {
                LENGTH.store(length, SeqCst);
                (grows::refresh(7).len(), grows(7).len())
            });
            assert_eq!(lengths, [(1, 1), (large, large), (2, 2)]);
        });
    };
    check(Cache::far(MemoryAdapter::new()), 3 << 20);
    // Or where the store finds out.
    let gate = Gate::new(MemoryAdapter::new()).before(|verb| async move {
        let large = || Error::with_kind(ErrorKind::TooLarge, "the server takes less than it said");
        if verb == Verb::Put && LENGTH.load(SeqCst) == 10 { Err(large()) } else { Ok(()) }
    });
    check(Cache::far(gate), 10);
}

#[test]
fn a_store_that_refuses_every_question_is_one_that_fails() {
    #[cached(key = "rare_refusing_store:{id}")]
    fn value(id: u64) -> u64 {
        id
    }
    let gate = Gate::new(MemoryAdapter::new())
        .before(|_| async { Err(Error::with_kind(ErrorKind::Unsupported, "the server is too old")) });
    larder::scoped(Cache::far(gate), || {
        value(7);
        value(7);
    });
    assert_eq!(value::stats().store_failures, 1);
    assert_eq!(value::stats().computed, 1, "the result is kept here for a moment");
}
