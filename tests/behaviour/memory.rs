//! The memory adapter is bounded, gives back what has expired, and counts what it does.

use std::sync::Arc;

use larder::testing::ManualClock;
use larder::{MemoryCache, cached, scoped};

use crate::support::{cache, secs};

#[cached(key = "blob:{id}", skip(n_bytes), timeout = 60, local)]
fn blob(id: u64, n_bytes: usize) -> Arc<Vec<u8>> {
    Arc::new(vec![id as u8; n_bytes])
}

#[test]
fn it_holds_no_more_entries_than_it_was_told() {
    let cache = MemoryCache::builder().max_entries(100).build().unwrap();
    scoped(&cache, || (0..1000).for_each(|id| drop(blob(id, 1))));
    assert!(cache.len() <= 100, "{}", cache.len());
    assert!(cache.len() > 50, "{}", cache.len());
}

#[test]
fn it_holds_no_more_weight_than_it_was_told() {
    let weigh = |blob: &Arc<Vec<u8>>| blob.len() as u64;
    let cache = MemoryCache::builder().max_weight(100_000).weigh(weigh).build().unwrap();
    scoped(&cache, || (0..1000).for_each(|id| drop(blob(id, 1000))));
    assert!((20..=100).contains(&cache.len()), "{}", cache.len());
    scoped(&cache, || {
        blob(5000, 1_000_000);
        assert_eq!(blob::get(5000).unwrap(), None, "heavier than the whole: returned, not kept");
    });
}

#[test]
fn what_has_expired_is_given_back_without_a_call() {
    let clock = ManualClock::new();
    let cache = MemoryCache::builder().clock(clock.clock()).grace(10).build().unwrap();
    let kept = scoped(&cache, || blob(1, 1));
    clock.advance(secs(60));
    assert_eq!(cache.purge(), 0, "in grace");
    clock.advance(secs(10));
    // Another thread sweeps, as dropping values may take its time: the wait is for that thread, not for a time.
    while Arc::strong_count(&kept) > 1 {
        std::thread::yield_now();
    }
    assert_eq!(cache.len(), 0);
}

#[test]
fn what_was_cleared_by_generation_is_given_back() {
    let (cache, _) = cache();
    scoped(&cache, || {
        let kept = blob(1, 1);
        blob::clear_all().unwrap();
        assert_eq!(cache.len(), 1, "cleared at one stroke");
        assert_eq!(cache.purge(), 1);
        assert_eq!(Arc::strong_count(&kept), 1);
    });
}

#[test]
fn calls_are_counted() {
    #[cached(key = "counted:{id}")]
    fn counted(id: u64) -> Result<u64, String> {
        if id == 0 { Err("zero".to_owned()) } else { Ok(id) }
    }

    let (cache, _) = cache();
    scoped(&cache, || {
        let _ = (counted(1), counted(1), counted(1), counted(2), counted(0));
        let _ = (counted::refresh(1), counted::uncached(1), counted::get(1));
    });
    let stats = counted::stats();
    assert_eq!((stats.hits, stats.misses, stats.computed), (2, 3, 4));
    assert_eq!((stats.coalesced, stats.errors, stats.refused, stats.foreign, stats.unresolved), (0, 1, 0, 0, 0));
    assert_eq!(stats.hit_ratio(), Some(0.4));
}

#[test]
fn hits_of_many_threads_are_counted_to_the_last() {
    #[cached(key = "busy")]
    fn busy() -> u64 {
        7
    }

    let (cache, _) = cache();
    scoped(&cache, busy);
    // More threads than there are stripes, and more again after those have ended.
    for _ in 0..3 {
        std::thread::scope(|threads| {
            for _ in 0..40 {
                threads.spawn(|| scoped(&cache, || (0..1000).for_each(|_| assert_eq!(busy(), 7))));
            }
        });
    }
    assert_eq!(busy::stats().hits, 3 * 40 * 1000);
}

#[test]
fn a_second_function_of_the_same_template_is_noticed_and_never_misread() {
    #[cached(key = "shared:{id}")]
    fn number(id: u64) -> u64 {
        id
    }

    #[cached(key = "shared:{id}")]
    fn text(id: u64) -> String {
        id.to_string()
    }

    let (cache, _) = cache();
    scoped(&cache, || {
        assert_eq!((number(7), text(7), number(7)), (7, "7".to_owned(), 7));
    });
    assert_eq!((text::stats().foreign, number::stats().foreign), (1, 1));
    assert_eq!(text::stats().same_template.map(|function| function.name), Some("number"));
}

#[test]
fn an_entry_of_another_type_costs_its_key_one_computation() {
    use crate::support::Starts;
    static STARTS: Starts = Starts::new();

    #[cached(key = "contested")]
    fn number() -> u64 {
        7
    }

    #[cached(key = "contested")]
    fn text() -> String {
        let _running = STARTS.start();
        std::thread::yield_now();
        "seven".to_owned()
    }

    let (cache, _) = cache();
    scoped(&cache, number);
    std::thread::scope(|threads| {
        for _ in 0..50 {
            threads.spawn(|| scoped(&cache, || assert_eq!(text(), "seven")));
        }
    });
    assert_eq!(STARTS.n(), 1);
}
