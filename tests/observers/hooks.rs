//! What hooks may do: panic, take their time, use the cache; and what none of it does to a command.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use futures_lite::future::block_on;
use larder::layer::{Layer, Layered, Verb};
use larder::observer::{Event, HitMissRatio, Observer, Outcome};
use larder::testing::MemoryAdapter;
use larder::{Cache, MemoryCache, Result, cached, scoped, scoped_async};

use crate::seen::{Seen, both};

#[cached(key = "square:{x}")]
fn square(x: u64) -> u64 {
    assert_ne!(x, 13, "it panics when it is told to");
    x * x
}

/// Panics in each hook, with something that panics when it is dropped.
struct Panicking;

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("even its payload");
    }
}

impl Observer for Panicking {
    fn before(&self, _: &Event<'_>) {
        panic_any(Bomb);
    }

    fn after(&self, _: &Event<'_>, _: Outcome, _: Duration) {
        panic_any(Bomb);
    }
}

#[test]
fn a_hook_that_panics_fails_no_command_and_is_counted() {
    for cache in both() {
        let observation = cache.observe(Panicking);
        let seen = Seen::of(&cache);
        assert_eq!(scoped(&cache, || (square(3), square(3))), (9, 9));
        assert!(scoped(&cache, || square::clear(3)).unwrap());
        assert_eq!(cache.blocking().get_or_set("a", 60, 1).unwrap(), 1);
        assert_eq!(block_on(cache.asynchronous().get::<i32>("a")).unwrap(), Some(1));
        assert_eq!(observation.n_panics(), 10, "{cache:?}");
        assert_eq!(seen.lines().len(), 5, "the next observer is told all the same");
    }
}

#[test]
fn a_hook_that_panics_while_the_function_does_is_caught_too() {
    let cache = Cache::from(MemoryCache::new());
    let observation = cache.observe(Panicking);
    let panicked = catch_unwind(AssertUnwindSafe(|| scoped(&cache, || square(13))));
    assert!(panicked.is_err());
    assert_eq!((observation.n_panics(), cache.n_flights()), (2, 0));
}

/// Uses the cache that it observes, under the same keys.
struct Meddling(Cache, AtomicUsize);

impl Observer for Meddling {
    fn before(&self, event: &Event<'_>) {
        self.1.fetch_add(1, Ordering::Relaxed);
        if let Some(key) = event.key() {
            self.0.blocking().exists(key).unwrap();
        }
        scoped(&self.0, || square(4));
    }

    fn after(&self, event: &Event<'_>, _: Outcome, _: Duration) {
        self.1.fetch_add(1, Ordering::Relaxed);
        if let Some(key) = event.key() {
            self.0.blocking().get::<u64>(key).unwrap();
        }
        scoped(&self.0, || square::clear(4)).unwrap();
        self.0.clear().unwrap();
    }
}

#[test]
fn a_hook_may_use_the_cache_and_is_not_told_of_what_it_does_itself() {
    for cache in both() {
        let meddling = Arc::new(Meddling(cache.clone(), AtomicUsize::new(0)));
        let observation = cache.observe(Arc::clone(&meddling));
        let seen = Seen::of(&cache);
        assert_eq!(scoped(&cache, || (square(4), square(5))), (16, 25));
        cache.blocking().set("a", 1, 60).unwrap();
        assert_eq!(seen.lines().len(), 3, "{cache:?}");
        assert_eq!((meddling.1.load(Ordering::Relaxed), observation.n_panics()), (6, 0));
        observation.end();
    }
}

/// Takes longer than a call may wait for its store.
struct Slow;

impl Observer for Slow {
    fn before(&self, _: &Event<'_>) {
        thread::sleep(Duration::from_millis(400));
    }

    fn after(&self, _: &Event<'_>, _: Outcome, _: Duration) {}
}

#[test]
fn a_slow_hook_takes_nothing_of_the_time_that_a_command_has() {
    let [_, far] = both();
    far.observe(Slow);
    let seen = Seen::of(&far);
    scoped(&far, || square(6));
    scoped(&far, || square(6));
    assert_eq!(seen.lines(), ["call square square:6 = computed", "call square square:6 = hit"]);
}

#[test]
fn who_is_taken_off_is_told_nothing_more_and_is_let_go() {
    let cache = Cache::from(MemoryCache::new());
    let ratio = Arc::new(HitMissRatio::new());
    let [first, second] = [(); 2].map(|()| cache.observe(Arc::clone(&ratio)));
    scoped(&cache, || square(7));
    first.end();
    scoped(&cache, || square(7));
    assert_eq!((ratio.hits(), ratio.total()), (1, 3));
    second.end();
    scoped(&cache, || square(7));
    assert_eq!((ratio.total(), Arc::strong_count(&ratio)), (3, 1));
}

#[test]
fn an_async_command_that_is_given_up_says_so() {
    let cache = Cache::from(MemoryCache::new());
    let seen = Seen::of(&cache);
    let commands = cache.asynchronous();
    let filling = Box::pin(commands.get_or_set("never", 60, std::future::pending::<i32>));
    assert!(block_on(futures_lite::future::poll_once(filling)).is_none());
    assert_eq!(seen.lines(), ["get_or_set never = cancelled"]);
}

/// A store that does not answer.
struct Hanging;

impl Layer for Hanging {
    async fn around<T: Send>(&self, _: Verb, _: impl Future<Output = Result<T>> + Send) -> Result<T> {
        std::future::pending().await
    }
}

#[test]
fn who_gives_up_waiting_for_a_store_says_so() {
    #[cached(key = "patient:{x}")]
    async fn patient(x: u64) -> u64 {
        x
    }

    let cache = Cache::far(Layered::new(MemoryAdapter::new(), Arc::new(Hanging)));
    let seen = Seen::of(&cache);
    let commands = cache.asynchronous();
    let reading = Box::pin(commands.get::<i32>("a"));
    assert!(block_on(futures_lite::future::poll_once(reading)).is_none());
    let calling = Box::pin(scoped_async(&cache, patient(1)));
    assert!(block_on(futures_lite::future::poll_once(calling)).is_none());
    let clearing = Box::pin(scoped_async(&cache, patient::clear(1)));
    assert!(block_on(futures_lite::future::poll_once(clearing)).is_none());
    let expected = ["get a = cancelled", "call patient patient:1 = cancelled", "clear patient patient:1 = cancelled"];
    assert_eq!(seen.lines(), expected);
}

/// Has the thread that serves far stores call a function.
struct Distracting(Cache);

impl Layer for Distracting {
    async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let cache = self.0.clone();
        tokio::spawn(async move { assert_eq!(scoped(&cache, || square(9)), 81) }).await.unwrap();
        call.await
    }
}

#[test]
fn no_hook_runs_on_the_thread_that_serves_far_stores() {
    let near = Cache::from(MemoryCache::new());
    let far = Cache::far(Layered::new(MemoryAdapter::new(), Arc::new(Distracting(near.clone()))));
    let seen = [Seen::of(&near), Seen::of(&far)];
    far.blocking().set("a", 1, 60).unwrap();
    assert_eq!(near.n_entries(), 1, "it was called there");
    assert_eq!(seen.each_ref().map(Seen::lines), [vec![], vec!["set a = done".to_owned()]]);
}

#[test]
fn hooks_run_on_the_thread_of_the_caller() {
    struct Here(thread::ThreadId, AtomicUsize);

    impl Observer for Here {
        fn before(&self, _: &Event<'_>) {
            assert_eq!(thread::current().id(), self.0);
        }

        fn after(&self, _: &Event<'_>, _: Outcome, _: Duration) {
            assert_eq!(thread::current().id(), self.0);
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }

    for cache in both() {
        let here = Arc::new(Here(thread::current().id(), AtomicUsize::new(0)));
        let observation = cache.observe(Arc::clone(&here));
        scoped(&cache, || (square(8), square(8)));
        block_on(cache.asynchronous().set("a", 1, 60)).unwrap();
        assert_eq!((here.1.load(Ordering::Relaxed), observation.n_panics()), (3, 0));
    }
}

#[test]
fn an_observer_that_panics_when_it_is_dropped_in_a_command_fails_nothing() {
    struct Explosive(Bomb);

    impl Observer for Explosive {
        fn before(&self, _: &Event<'_>) {}

        fn after(&self, _: &Event<'_>, _: Outcome, _: Duration) {
            let _ = &self.0;
        }
    }

    let cache = Cache::from(MemoryCache::new());
    let mut observation = Some(cache.observe(Explosive(Bomb)));
    let value = cache.blocking().get_or_set("a", 60, || {
        observation.take().unwrap().end();
        1
    });
    assert_eq!(value.unwrap(), 1);
}
