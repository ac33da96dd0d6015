//! A plain store refuses no fill. Within a process a clear beats one all the same.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use larder::testing::ManualClock;
use larder::{Cache, Codec, ErrorKind, cached, scoped};

use crate::shelf::Shelf;

#[cached(key = "slow:{id}", codec = "json")]
fn slow(id: u32) -> String {
    format!("as it was: {id}")
}

fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() && start.elapsed() < Duration::from_secs(5) {
        thread::sleep(Duration::from_millis(1));
    }
}

/// A change of the key begins while a fill is on its way to the store: what stands there afterwards?
fn after(change: impl Fn(&Cache) + Send + Sync) -> Option<String> {
    let shelf = Shelf::new();
    let cache = Cache::plain(shelf.clone()).codec(Codec::JSON).namespace("shop").build().unwrap();
    shelf.hold();
    thread::scope(|scope| {
        scope.spawn(|| scoped(&cache, || slow(7)));
        until(|| shelf.n_waiting() == 1);
        let changing = scope.spawn(|| scoped(&cache, || change(&cache)));
        // Long enough for a change that does not wait to be through.
        thread::sleep(Duration::from_millis(50));
        shelf.release();
        changing.join().unwrap();
    });
    shelf.text("shop:slow:7")
}

#[test]
fn a_clear_beats_a_fill_that_is_on_its_way() {
    assert_eq!(after(|_| assert!(slow::clear(7).unwrap())), None);
    assert_eq!(after(|cache| cache.clear().unwrap()), None);
    assert_eq!(after(|cache| assert!(!cache.blocking().remove(["slow:7", "x"]).unwrap().all())), None);
}

#[test]
fn a_fill_that_nobody_polls_makes_nobody_wait_for_ever() {
    let (shelf, clock) = (Shelf::new(), ManualClock::new());
    let builder = Cache::plain(shelf.clone()).codec(Codec::JSON).namespace("shop").clock(clock.clock());
    let cache = builder.build().unwrap();
    shelf.hold();
    let filling = cache.asynchronous();
    let mut fill = pin!(filling.get_or_set("slow:7", 60, 1));
    // Polled until its value is on its way, and then never again while this thread waits.
    while shelf.n_waiting() == 0 {
        assert!(fill.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        thread::yield_now();
    }
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                clock.advance(Duration::from_millis(100));
                thread::yield_now();
            }
        });
        let removed = cache.blocking().remove(["slow:7"]).map_err(|error| error.kind());
        let cleared = cache.clear().map_err(|error| error.kind());
        is_over.store(true, Ordering::Relaxed);
        assert_eq!((removed, cleared), (Err(ErrorKind::Unavailable), Err(ErrorKind::Unavailable)));
    });
    shelf.release();
}

#[test]
fn what_is_set_beats_a_fill_that_is_on_its_way() {
    let set = Some("\"set\"");
    assert_eq!(after(|_| assert!(slow::set(7, "set".into()).unwrap())).as_deref(), set);
    assert_eq!(after(|cache| cache.blocking().set("slow:7", "set".to_owned(), 60).unwrap()).as_deref(), set);
    assert_eq!(after(|cache| cache.blocking().multi_set([("slow:7", "set".to_owned())], 60).unwrap()).as_deref(), set);
}

/// A fill of `key` on its way, and the cache that it goes to.
fn with_fill_on_its_way(key: &str, act: impl FnOnce(&Shelf, &Cache, &ManualClock, &mut dyn FnMut())) {
    let (shelf, clock) = (Shelf::new(), ManualClock::new());
    let builder = Cache::plain(shelf.clone()).codec(Codec::JSON).namespace("shop").clock(clock.clock());
    let cache = builder.build().unwrap();
    shelf.hold();
    let filling = cache.asynchronous();
    let mut fill = pin!(filling.get_or_set(key, 60, 1));
    while shelf.n_waiting() == 0 {
        assert!(fill.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        thread::yield_now();
    }
    let mut arrive = || {
        shelf.release();
        assert_eq!(block_on(fill.as_mut()).unwrap(), 1);
    };
    act(&shelf, &cache, &clock, &mut arrive);
    let start = Instant::now();
    while cache.n_undelivered() > 0 {
        assert!(start.elapsed() < Duration::from_secs(30), "it is not delivered");
        clock.advance(Duration::from_millis(100));
        thread::sleep(Duration::from_millis(1));
    }
}

/// Polls it once, and then gives it up.
fn give_up(change: impl Future) {
    assert!(pin!(change).poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[test]
fn a_fill_that_arrives_after_a_clear_that_was_given_up_is_taken_away() {
    with_fill_on_its_way("tea", |shelf, cache, clock, arrive| {
        give_up(cache.asynchronous().delete("tea"));
        clock.advance(Duration::from_millis(100));
        // Long enough for a removal that is sent ahead of the fill.
        thread::sleep(Duration::from_millis(50));
        arrive();
        assert!(cache.blocking().get::<i32>("tea").unwrap().is_none());
        until(|| {
            clock.advance(Duration::from_millis(100));
            shelf.text("shop:tea").is_none()
        });
        assert_eq!(shelf.text("shop:tea"), None);
    });
}

#[test]
fn who_gives_up_before_a_fill_of_another_key_has_ended_is_owed_all_keys() {
    with_fill_on_its_way("milk", |shelf, cache, _, arrive| {
        shelf.put("shop:tea", "1");
        give_up(cache.asynchronous().remove(["tea", "milk"]));
        assert_eq!(cache.blocking().get::<i32>("tea").unwrap(), None);
        assert_eq!(cache.n_undelivered(), 2);
        arrive();
    });
}
