//! Calls and helpers, sync and async, over a store whose time a test moves.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use larder::testing::{ManualClock, MemoryAdapter};
use larder::{Cache, Remaining, cached};

use crate::moody::{Mood, Moody, When};

fn store() -> (Cache, MemoryAdapter, ManualClock) {
    let clock = ManualClock::new();
    let adapter = MemoryAdapter::new().with_clock(clock.clock());
    let cache = Cache::builder(adapter.clone()).clock(clock.clock()).build().unwrap();
    (cache, adapter, clock)
}

#[test]
fn a_call_is_computed_once_for_all_processes() {
    static STARTS: AtomicUsize = AtomicUsize::new(0);
    #[cached(key = "far_once:{id}", timeout = 60)]
    fn once(id: u64) -> String {
        STARTS.fetch_add(1, Ordering::SeqCst);
        format!("user {id}")
    }
    let (cache, adapter, clock) = store();
    // Another process: its own cache over the same store.
    let other = Cache::builder(adapter).clock(clock.clock()).build().unwrap();
    for cache in [&cache, &other, &cache] {
        assert_eq!(larder::scoped(cache, || once(7)), "user 7");
    }
    assert_eq!(STARTS.load(Ordering::SeqCst), 1);
    assert_eq!((once::stats().hits, once::stats().misses), (2, 1));
    clock.advance(Duration::from_secs(60));
    larder::scoped(&other, || once(7));
    assert_eq!(STARTS.load(Ordering::SeqCst), 2);
}

#[test]
fn helpers_reach_the_store() {
    #[cached(key = "far_helpers:{id}", timeout = 60)]
    fn value(id: u64) -> Option<String> {
        (id != 0).then(|| format!("value {id}"))
    }
    let (cache, adapter, clock) = store();
    let other = Cache::builder(adapter).clock(clock.clock()).build().unwrap();
    let there = |call: fn() -> larder::Result<bool>| larder::scoped(&other, call).unwrap();
    larder::scoped(&cache, || {
        assert!(!value::clear(7).unwrap());
        value(7);
        assert_eq!(value::get(7).unwrap(), Some(Some("value 7".into())));
        assert_eq!(value::timeout_left(7).unwrap(), Some(Remaining::For(Duration::from_secs(60))));
        assert!(there(|| value::clear(7)));
        assert_eq!(value::get(7).unwrap(), None);
        assert!(value::set(7, Some("set".into())).unwrap());
        assert_eq!(value(7), Some("set".into()));
        assert!(!value::set(7, None).unwrap(), "a `None` is not kept, and denies what is");
        assert_eq!(value::get(7).unwrap(), None);
        value(7);
        clock.advance(Duration::from_secs(70));
        assert_eq!(value::get(7).unwrap(), None);
        assert!(value::update_timeout(7, 5).unwrap(), "it is in its grace");
        assert_eq!(value::timeout_left(7).unwrap(), Some(Remaining::For(Duration::from_secs(5))));
        assert!(value::update_timeout(7, 0).unwrap());
        assert!(!value::update_timeout(7, 5).unwrap());
        assert_eq!(value::refresh(7), Some("value 7".into()));
        assert!(value::get(7).unwrap().is_some());
    });
}

#[test]
fn all_entries_of_a_function_go_at_once_and_no_others() {
    #[cached(key = "far_all:{id}")]
    fn value(id: u64) -> u64 {
        id
    }
    #[cached(key = "far_all:{id}:posts")]
    fn posts(id: u64) -> u64 {
        id
    }
    let (cache, adapter, clock) = store();
    let other = Cache::builder(adapter.clone()).clock(clock.clock()).build().unwrap();
    let stranger = Cache::builder(adapter).clock(clock.clock()).namespace("larder2").build().unwrap();
    let fill = |cache: &Cache| larder::scoped(cache, || (value(1), value(2), posts(1)));
    let left = |cache: &Cache| {
        larder::scoped(cache, || {
            let kept = [value::get(1), value::get(2), posts::get(1)];
            kept.map(|kept| kept.unwrap().is_some())
        })
    };
    fill(&cache);
    fill(&stranger);
    assert_eq!(left(&other), [true; 3]);
    larder::scoped(&cache, || value::clear_all().unwrap());
    assert_eq!(left(&cache), [false, false, true]);
    // What others have cleared is seen within a second.
    clock.advance(Duration::from_millis(1_001));
    assert_eq!(left(&other), [false, false, true]);
    fill(&other);
    cache.clear().unwrap();
    clock.advance(Duration::from_millis(1_001));
    assert_eq!(left(&other), [false; 3]);
    assert_eq!(left(&stranger), [true; 3]);
}

#[test]
fn a_clear_beats_the_fill_of_another_process() {
    #[cached(key = "far_race:{id}", skip(meanwhile))]
    fn slow(id: u64, meanwhile: &dyn Fn()) -> u64 {
        meanwhile();
        id
    }
    let (cache, adapter, clock) = store();
    let other = Cache::builder(adapter).clock(clock.clock()).build().unwrap();
    let clears: [&dyn Fn(); 4] =
        [&|| assert!(!slow::clear(7).unwrap()), &|| slow::clear_all().unwrap(), &|| other.clear().unwrap(), &|| {
            assert!(slow::set(7, 8).unwrap());
        }];
    for (number, clear) in clears.into_iter().enumerate() {
        larder::scoped(&cache, || slow(7, &|| larder::scoped(&other, clear)));
        // The computation of one process has read what the other has cleared since.
        clock.advance(Duration::from_millis(1_001));
        let kept = larder::scoped(&cache, || slow::get(7).unwrap());
        assert_eq!(kept, (number == 3).then_some(8), "{number}");
        larder::scoped(&cache, || slow::clear(7).unwrap());
    }
    assert_eq!(slow::stats().refused, 2, "what was cleared by epoch is stored, and dead");
}

#[tokio::test]
async fn async_calls_and_helpers_do_the_same() {
    #[cached(key = "far_async:{id}", timeout = 60)]
    async fn value(id: u64) -> Result<String, std::num::ParseIntError> {
        tokio::task::yield_now().await;
        "x".repeat(usize::from(id == 0)).parse::<u64>().or(Ok(id)).map(|id| format!("value {id}"))
    }
    let (cache, ..) = store();
    larder::scoped_async(&cache, async {
        assert_eq!(value(7).await.unwrap(), "value 7");
        assert_eq!(value(7).await.unwrap(), "value 7");
        assert!(value::get(7).await.unwrap().is_some());
        assert!(value::update_timeout(7, 5).await.unwrap());
        assert!(value::set(7, Ok("set".into())).await.unwrap());
        assert_eq!(value(7).await.unwrap(), "set");
        assert!(value::clear(7).await.unwrap());
        value::clear_all().await.unwrap();
        assert_eq!(value::refresh(7).await.unwrap(), "value 7");
        cache.clear_async().await.unwrap();
        assert_eq!(value::get(7).await.unwrap(), None);
    })
    .await;
    assert_eq!(value::stats().computed, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cold_key_is_computed_once_by_a_thousand_callers() {
    static STARTS: AtomicUsize = AtomicUsize::new(0);
    #[cached(key = "far_cold:{id}")]
    async fn value(id: u64) -> u64 {
        STARTS.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        id
    }
    larder::adapter_set(Cache::far(MemoryAdapter::new())).unwrap();
    let calls: Vec<_> = (0..1_000).map(|_| tokio::spawn(value(7))).collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 7);
    }
    assert_eq!(STARTS.load(Ordering::SeqCst), 1);
}

#[test]
fn local_functions_stay_in_this_process() {
    #[derive(Clone, Debug, PartialEq)]
    struct Handle(u64);
    #[cached(local, key = "far_local:{id}", timeout = 60)]
    fn handle(id: u64) -> Handle {
        Handle(id)
    }
    let (cache, _, clock) = store();
    larder::scoped(&cache, || {
        handle(7);
        clock.advance(Duration::from_secs(59));
        assert_eq!(handle::get(7).unwrap(), Some(Handle(7)));
        assert!(handle::clear(7).unwrap());
    });
}

#[test]
fn a_leader_that_is_not_polled_while_the_store_answers_costs_one_wait() {
    static STARTS: AtomicUsize = AtomicUsize::new(0);
    #[cached(key = "far_parked:{command}", timeout = 60)]
    async fn parked(command: &str) -> usize {
        STARTS.fetch_add(1, Ordering::SeqCst);
        command.len()
    }
    fn poll(call: &mut Pin<Box<impl Future<Output = usize>>>) -> Poll<usize> {
        call.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }
    for (command, n_starts) in [("permit", 1), ("put", 2)] {
        STARTS.store(0, Ordering::SeqCst);
        let (store, clock) = (Moody::new(Mood::Works), ManualClock::new());
        let cache = Cache::builder(store.clone()).clock(clock.clock()).build().unwrap();
        let answer = store.hold(When::Before, command);
        let [mut leader, mut waiter] = [(); 2].map(|()| Box::pin(larder::scoped_async(&cache, parked(command))));
        assert!(poll(&mut leader).is_pending() && store.asked().contains(&command));
        assert!(poll(&mut waiter).is_pending());
        store.hold_nothing();
        answer.add_permits(1);
        for _ in 0..4 {
            clock.advance(Duration::from_secs(1));
            assert!(poll(&mut waiter).is_pending(), "{command}");
        }
        clock.advance(Duration::from_secs(1));
        assert_eq!(poll(&mut waiter), Poll::Ready(command.len()), "{command}");
        assert_eq!(STARTS.load(Ordering::SeqCst), n_starts, "{command}");
        assert_eq!(poll(&mut leader), Poll::Ready(command.len()), "{command}: polled after all, it ends as well");
    }
}
