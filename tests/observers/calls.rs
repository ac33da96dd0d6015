//! Calls of annotated functions, and their helpers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier};
use std::thread;

use futures_lite::future::block_on;
use larder::{MemoryCache, cached, scoped, scoped_async};

use crate::seen::{Seen, both, broken};

#[cached(key = "half:{x}")]
fn half(x: u64) -> Option<u64> {
    x.is_multiple_of(2).then_some(x / 2)
}

#[cached(key = "double:{x}")]
async fn double(x: u64) -> u64 {
    assert_ne!(x, 13, "it panics when it is told to");
    x * 2
}

#[cached(key = "named:{x}", on_error = "propagate")]
fn named(x: u64) -> Result<u64, larder::Error> {
    Ok(x)
}

#[test]
fn a_call_says_that_it_computed_and_that_it_hit() {
    for cache in both() {
        let seen = Seen::of(&cache);
        scoped(&cache, || (half(4), half(4), half(5), half(5)));
        block_on(scoped_async(&cache, async { (double(4).await, double(4).await) }));
        let expected = [
            "call half half:4 = computed",
            "call half half:4 = hit",
            "call half half:5 = computed",
            "call half half:5 = computed",
            "call double double:4 = computed",
            "call double double:4 = hit",
        ];
        assert_eq!(seen.lines(), expected, "{cache:?}");
    }
}

#[test]
fn statistics_are_the_same_as_unobserved() {
    #[cached(key = "counted:{x}")]
    fn counted(x: u64) -> u64 {
        x
    }

    let mut before = counted::stats();
    for cache in both() {
        let _seen = Seen::of(&cache);
        scoped(&cache, || (counted(1), counted(1), counted(2)));
        let after = counted::stats();
        let new = (after.hits - before.hits, after.misses - before.misses, after.computed - before.computed);
        assert_eq!(new, (1, 2, 2), "{cache:?}");
        before = after;
    }
}

#[test]
fn helpers_say_what_they_came_to() {
    let expected = [
        "get half half:4 = miss",
        "set half half:4 = done",
        "set half half:5 = not_stored",
        "get half half:4 = hit",
        "timeout_of half half:4 = done",
        "update_timeout half half:4 = done",
        "update_timeout half half:6 = absent",
        "refresh half half:4 = computed",
        "clear half half:4 = done",
        "clear half half:4 = absent",
        "clear_all half = done",
    ];
    for cache in both() {
        let seen = Seen::of(&cache);
        scoped(&cache, || {
            half::get(4)?;
            half::set(4, Some(7))?;
            half::set(5, None)?;
            half::get(4)?;
            half::timeout_left(4)?;
            half::update_timeout(4, 60)?;
            half::update_timeout(6, 60)?;
            half::refresh(4);
            half::clear(4)?;
            half::clear(4)?;
            half::clear_all()
        })
        .unwrap();
        assert_eq!(seen.lines(), expected, "{cache:?}");
    }
}

#[test]
fn async_helpers_say_the_same() {
    let expected = [
        "get double double:4 = miss",
        "set double double:4 = done",
        "timeout_of double double:4 = done",
        "update_timeout double double:4 = done",
        "refresh double double:4 = computed",
        "clear double double:4 = done",
        "clear_all double = done",
    ];
    for cache in both() {
        let seen = Seen::of(&cache);
        block_on(scoped_async(&cache, async {
            double::get(4).await?;
            double::set(4, 7).await?;
            double::timeout_left(4).await?;
            double::update_timeout(4, 60).await?;
            double::refresh(4).await;
            double::clear(4).await?;
            double::clear_all().await
        }))
        .unwrap();
        assert_eq!(seen.lines(), expected, "{cache:?}");
    }
}

#[test]
fn a_call_whose_store_fails_says_so_and_a_helper_fails() {
    let cache = broken();
    let seen = Seen::of(&cache);
    scoped(&cache, || {
        assert_eq!(half(8), Some(4));
        assert!(half::clear(8).is_err());
        assert!(named(8).is_err());
    });
    let expected = [
        "call half half:8 = store_failed",
        "clear half half:8 = failed: Unavailable",
        "call named named:8 = failed: Unavailable",
    ];
    assert_eq!(seen.lines(), expected);
}

#[test]
fn a_clear_that_beats_a_fill_is_seen_as_refused() {
    #[cached(key = "beaten:{x}")]
    fn beaten(x: u64) -> u64 {
        beaten::clear(x).unwrap();
        x
    }

    for cache in both() {
        let seen = Seen::of(&cache);
        scoped(&cache, || beaten(1));
        assert_eq!(seen.lines(), ["clear beaten beaten:1 = absent", "call beaten beaten:1 = refused"], "{cache:?}");
    }
}

#[test]
fn who_waits_for_another_is_coalesced() {
    static BOTH: Barrier = Barrier::new(2);

    #[cached(key = "slow:{x}")]
    fn slow(x: u64) -> u64 {
        BOTH.wait();
        thread::sleep(std::time::Duration::from_millis(100));
        x
    }

    let cache = larder::Cache::from(MemoryCache::new());
    let seen = Seen::of(&cache);
    thread::scope(|threads| {
        threads.spawn(|| scoped(&cache, || slow(1)));
        threads.spawn(|| {
            BOTH.wait();
            scoped(&cache, || slow(1))
        });
    });
    let mut lines = seen.lines();
    lines.sort();
    assert_eq!(lines, ["call slow slow:1 = coalesced", "call slow slow:1 = computed"]);
}

#[test]
fn a_function_that_panics_and_a_call_that_is_given_up_end_as_such() {
    for cache in both() {
        let seen = Seen::of(&cache);
        let panicked = catch_unwind(AssertUnwindSafe(|| block_on(scoped_async(&cache, double(13)))));
        assert!(panicked.is_err());
        assert_eq!(seen.lines(), ["call double double:13 = panicked"], "{cache:?}");
    }
}

#[test]
fn a_call_that_is_given_up_says_so() {
    #[cached(key = "endless:{x}")]
    async fn endless(x: u64) -> u64 {
        std::future::pending::<()>().await;
        x
    }

    for cache in both() {
        let seen = Seen::of(&cache);
        block_on(scoped_async(&cache, async {
            let computing = endless(1);
            let waiting = endless(1);
            assert!(
                futures_lite::future::poll_once(Box::pin(async { (computing.await, waiting.await) })).await.is_none()
            );
        }));
        assert_eq!(seen.lines(), ["call endless endless:1 = cancelled"], "{cache:?}");
    }
}

#[test]
fn the_namespace_and_the_adapter_are_told_and_namespaces_share_observers() {
    use larder::observer::{Event, Observer, Outcome};

    #[derive(Default)]
    struct Places(std::sync::Mutex<Vec<String>>);

    impl Observer for Places {
        fn before(&self, _: &Event<'_>) {}

        fn after(&self, event: &Event<'_>, _: Outcome, _: std::time::Duration) {
            self.0.lock().unwrap().push(format!("{} {}", event.adapter(), event.namespace()));
        }
    }

    let [near, far] = both();
    let places = Arc::new(Places::default());
    near.observe(Arc::clone(&places));
    far.observe(Arc::clone(&places));
    scoped(near.with_namespace("a"), || half(2));
    scoped(far.with_namespace("b"), || half(2));
    assert_eq!(*places.0.lock().unwrap(), ["memory a", "memory-adapter b"]);
}
