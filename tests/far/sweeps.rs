//! What was cleared is removed behind the callers: one walk at a time, and again where it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use larder::adapter::{CacheAdapter, StoreKey};
use larder::layer::{Layer, Layered, Verb};
use larder::testing::ManualClock;
use larder::{Cache, Error, ErrorKind, Result, Timeout, cached};

use crate::moody::{Mood, Moody, When};

#[cached(key = "swept:{id}", timeout = Timeout::NEVER)]
fn value(id: u64) -> u64 {
    id
}

fn store() -> (Moody, Cache, ManualClock) {
    let (store, clock) = (Moody::new(Mood::Works), ManualClock::new());
    let cache = Cache::builder(store.clone()).clock(clock.clock()).build().unwrap();
    (store, cache, clock)
}

fn wait_for(what: &str, clock: &ManualClock, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        clock.advance(Duration::from_millis(20));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Is it in the store, alive or dead?
fn stands(store: &Moody, key: &str) -> bool {
    block_on(store.adapter.get(&StoreKey::new("larder", key))).unwrap().is_some()
}

/// Fails so many sweeps, and nothing else.
struct Refuses(AtomicUsize);

impl Layer for Refuses {
    async fn around<T: Send>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let less = |left: usize| left.checked_sub(1);
        if verb == Verb::Sweep && self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
            return Err(Error::unavailable("the connection was cut", "by order of a test"));
        }
        call.await
    }
}

/// A store that refuses so many sweeps.
fn refusing(n_sweeps: usize) -> (Moody, Arc<Refuses>, Cache, ManualClock) {
    let (store, clock, refuses) =
        (Moody::new(Mood::Works), ManualClock::new(), Arc::new(Refuses(AtomicUsize::new(n_sweeps))));
    let adapter = Layered::new(store.clone(), Arc::clone(&refuses));
    let cache = Cache::builder(adapter).clock(clock.clock()).build().unwrap();
    (store, refuses, cache, clock)
}

#[test]
fn a_sweep_that_fails_is_made_again() {
    for n_failures in [1, 5] {
        let (store, _, cache, clock) = refusing(n_failures);
        larder::scoped(&cache, || {
            assert_eq!((value(7), value(8)), (7, 8));
            value::clear_all().unwrap();
        });
        assert!(larder::shutdown(Duration::ZERO).sweeps > 0, "time stands still, and so does the next attempt");
        wait_for("it is swept", &clock, || !stands(&store, value::key(7).as_str()));
        assert!(!stands(&store, value::key(8).as_str()));
    }
}

#[test]
fn a_store_that_never_lets_itself_be_swept_is_left_alone_in_the_end() {
    let (store, refuses, cache, clock) = refusing(100);
    larder::scoped(&cache, || {
        value(7);
        value::clear_all().unwrap();
    });
    wait_for("it is given up", &clock, || refuses.0.load(Ordering::SeqCst) == 92);
    clock.advance(Duration::from_secs(60));
    larder::scoped(&cache, || {
        value(8);
        value::clear_all().unwrap();
    });
    wait_for("it is tried with the next clear", &clock, || refuses.0.load(Ordering::SeqCst) < 92);
    refuses.0.store(0, Ordering::SeqCst);
    wait_for("it is swept", &clock, || !stands(&store, value::key(7).as_str()));
}

#[test]
fn many_clears_cost_one_walk_at_a_time() {
    let (store, cache, clock) = store();
    let gate = store.hold(When::Before, "sweep");
    for id in 0..20 {
        larder::scoped(&cache, || {
            value(id);
            value::clear_all().unwrap();
        });
        wait_for("the first has begun", &clock, || store.n_times("sweep") > 0);
    }
    assert_eq!(store.n_times("sweep"), 1);
    gate.add_permits(20);
    wait_for("all are swept", &clock, || !(0..20).any(|id| stands(&store, value::key(id).as_str())));
    assert_eq!(store.n_times("sweep"), 2, "the second takes what was cleared after the first had begun");
}

/// As where a walk takes long and clears go on.
#[test]
fn a_walk_is_not_told_what_those_before_have_taken_nor_more_than_it_can_use() {
    let (store, cache, clock) = store();
    let gate = store.hold(When::Before, "sweep");
    let clear = |n_clears| larder::scoped(&cache, || (0..n_clears).for_each(|_| value::clear_all().unwrap()));
    let n_clears = [5, 5, 5, 5, 3_000, 5];
    for (round, n_clears) in (1..).zip(n_clears) {
        clear(n_clears);
        wait_for("a walk has begun", &clock, || store.n_replaced().len() >= round);
        gate.add_permits(1);
    }
    gate.add_permits(10);
    // What was left to be told is told to one that begins after this clear.
    larder::scoped(&cache, || {
        value(7);
        value::clear_all().unwrap();
    });
    wait_for("the last is swept", &clock, || !stands(&store, value::key(7).as_str()));
    let n_replaced = store.n_replaced();
    // Each once.
    assert!(n_replaced.iter().sum::<usize>() <= n_clears.iter().sum::<usize>() + 1, "{n_replaced:?}");
    assert!(n_replaced.iter().all(|n| *n <= 1_000), "{n_replaced:?}");
}

/// Writes that fail, or that are done and not confirmed.
struct Unconfirmed(AtomicUsize);

impl Layer for Unconfirmed {
    async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        call.await
    }

    async fn around_write<T: Send>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        match self.0.load(Ordering::SeqCst) {
            1 if verb == Verb::Ordinary => Err(Error::unavailable("the connection was cut", "by order of a test")),
            2 if verb == Verb::Ordinary => {
                call.await?;
                Err(Error::with_kind(ErrorKind::NotReplicated, "a replica is missing"))
            }
            _ => call.await,
        }
    }
}

/// It is cleared all the same.
#[test]
fn what_a_clear_that_is_not_confirmed_has_left_is_swept() {
    for is_owed in [false, true] {
        let (store, clock) = (Moody::new(Mood::Works), ManualClock::new());
        let layer = Arc::new(Unconfirmed(AtomicUsize::new(0)));
        let adapter = Layered::new(store.clone(), Arc::clone(&layer));
        let cache = Cache::builder(adapter).clock(clock.clock()).build().unwrap();
        larder::scoped(&cache, || {
            value(7);
            if is_owed {
                layer.0.store(1, Ordering::SeqCst);
                assert_eq!(value::clear_all().unwrap_err().kind(), ErrorKind::Unavailable);
                layer.0.store(2, Ordering::SeqCst);
            } else {
                layer.0.store(2, Ordering::SeqCst);
                assert_eq!(value::clear_all().unwrap_err().kind(), ErrorKind::NotReplicated);
            }
        });
        wait_for("it is swept", &clock, || !stands(&store, value::key(7).as_str()));
    }
}
