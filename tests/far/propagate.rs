//! `on_error = "propagate"`: a failure of the store is the function's `Err`, and never costs a result that was computed.

use std::cell::Cell;

use larder::testing::{Faults, FaultyAdapter, MemoryAdapter};
use larder::{Cache, cached};

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
enum Failure {
    Store,
    Own,
}

impl From<larder::Error> for Failure {
    fn from(error: larder::Error) -> Self {
        assert_eq!(error.kind(), larder::ErrorKind::Unavailable);
        Self::Store
    }
}

/// An error that cannot be shared.
struct Unshared;

impl From<larder::Error> for Unshared {
    fn from(_: larder::Error) -> Self {
        Self
    }
}

thread_local! {
    /// Each test runs on a thread of its own.
    static STARTS: Cell<usize> = const { Cell::new(0) };
}

/// What `call` answered, and whether it computed.
fn computes<T>(cache: &Cache, call: impl FnOnce() -> T) -> (T, bool) {
    let before = STARTS.get();
    let answer = larder::scoped(cache, call);
    (answer, STARTS.get() > before)
}

fn failing(per_mille: u64, seed: u64) -> Cache {
    let faults = Faults { errors: per_mille, ..Faults::default() };
    Cache::far(FaultyAdapter::new(MemoryAdapter::new(), faults, seed))
}

#[cached(key = "far_propagate:{id}", err_timeout = 5, on_error = "propagate")]
fn value(id: u64) -> Result<u64, Failure> {
    STARTS.set(STARTS.get() + 1);
    if id == 0 { Err(Failure::Own) } else { Ok(id) }
}

#[cached(key = "far_propagate_async:{id}", cache_if = |value| *value > 0, on_error = "propagate")]
async fn value_async(id: u64) -> Result<Option<u64>, Unshared> {
    STARTS.set(STARTS.get() + 1);
    Ok(Some(id))
}

#[cached(key = "far_propagate_not:{id}")]
fn calm(id: u64) -> Result<u64, Failure> {
    STARTS.set(STARTS.get() + 1);
    Ok(id)
}

#[test]
fn a_failure_of_the_store_comes_instead_of_a_computation_and_never_after_one() {
    #[cached(key = "far_propagate_some:{id}", on_error = "propagate")]
    fn value(id: u64) -> Result<u64, Failure> {
        STARTS.set(STARTS.get() + 1);
        Ok(id)
    }
    let (mut raised, mut stored, mut lost) = (0, 0, 0);
    for seed in 0..200 {
        let cache = failing(300, seed);
        match computes(&cache, || value(7)) {
            (Err(Failure::Store), false) => raised += 1,
            (Ok(7), true) if value::stats().store_failures > raised + lost => lost += 1,
            (Ok(7), true) => stored += 1,
            (answer, computed) => panic!("{answer:?}, computed: {computed}"),
        }
    }
    assert!(raised > 0 && stored > 0 && lost > 0, "raised {raised}, stored {stored}, lost {lost}");
}

#[test]
fn where_the_store_is_down_nothing_is_computed() {
    let down = failing(1000, 7);
    assert_eq!(computes(&down, || value(1)), (Err(Failure::Store), false));
    assert_eq!(computes(&down, || value::refresh(1)), (Err(Failure::Store), false));
    assert_eq!(computes(&down, || calm(1)), (Ok(1), true));
    let asynchronously = || futures_lite::future::block_on(value_async(1)).is_err();
    assert_eq!(computes(&down, asynchronously), (true, false));
    let refreshing = || futures_lite::future::block_on(value_async::refresh(1)).is_err();
    assert_eq!(computes(&down, refreshing), (true, false));
}

#[test]
fn where_the_store_is_up_nothing_is_changed() {
    let up = failing(0, 7);
    assert_eq!(computes(&up, || value(1)), (Ok(1), true));
    assert_eq!(computes(&up, || value(1)), (Ok(1), false));
    assert_eq!(computes(&up, || value::refresh(1)), (Ok(1), true));
    assert_eq!(computes(&up, || value(0)), (Err(Failure::Own), true));
    assert_eq!(computes(&up, || value(0)), (Err(Failure::Own), false));
    let refreshing = || futures_lite::future::block_on(value_async::refresh(1)).is_ok();
    assert_eq!(computes(&up, refreshing), (true, true));
}

#[test]
fn in_memory_there_is_no_store_that_could_fail() {
    let memory = Cache::from(larder::MemoryCache::new());
    assert_eq!(computes(&memory, || value(1)), (Ok(1), true));
    assert_eq!(computes(&memory, || value(1)), (Ok(1), false));
}

#[test]
fn who_waits_for_a_call_that_fails_gets_its_failure() {
    let down = failing(1000, 7);
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| larder::scoped(&down, || value(2)))).collect();
        for call in calls {
            assert_eq!(call.join().unwrap(), Err(Failure::Store));
        }
    });
}
