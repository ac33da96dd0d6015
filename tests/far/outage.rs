//! A store that fails costs time, never an answer. On stores that fail as they are told; what real ones do when they go
//! away is in the tests of outages.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use larder::adapter::AnyAdapter;
use larder::testing::ManualClock;
use larder::{Cache, ErrorKind, cached};

use crate::moody::{Mood, Moody, When};

/// Asks until it is so, and no longer than half a minute.
fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn while_a_store_is_down_nothing_reaches_it_but_the_probe() {
    #[cached(key = "outage_probe:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id * 3
    }
    let store = Moody::new(Mood::Fails);
    let cache = Cache::far(store.clone());
    larder::scoped(&cache, || {
        for id in 0..2_000 {
            assert_eq!(value(id), id * 3);
        }
        // Five failures in a row are enough; a call that asks for the epochs too fails twice.
        let n_asked = store.asked().len();
        assert!((5..=6).contains(&n_asked), "{:?}", store.asked());
        assert_eq!(value::stats().store_failures, 2_000);
        // Who asks for something wants to know.
        let failures = [value::clear(1).err(), value::get(5_000).err(), value::clear_all().err()];
        assert_eq!(failures.map(|failure| failure.unwrap().kind()), [ErrorKind::Unavailable; 3]);
        assert_eq!(store.asked().len(), n_asked);

        store.turn(Mood::Works);
        wait_for("it comes back", || value::set(7, 21).is_ok());
        let before = value::stats();
        assert_eq!((value(7), value(7)), (21, 21));
        assert_eq!(value::stats().hits, before.hits + 2);
    });
}

/// Where nobody uses a helper, a call is the probe; also one that asks for the entry and for the epochs at once.
#[test]
fn calls_alone_find_a_store_that_comes_later() {
    #[cached(key = "outage_later:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    let store = Moody::new(Mood::Fails);
    larder::scoped(Cache::far(store.clone()), || {
        (0..20).for_each(|id| assert_eq!(value(id), id));
        store.turn(Mood::Slow(Duration::from_millis(1)));
        let ids = std::cell::Cell::new(100);
        wait_for("a call finds it", || {
            let failures = value::stats().store_failures;
            ids.set(ids.get() + 1);
            value(ids.get());
            value::stats().store_failures == failures
        });
    });
}

#[test]
fn an_outage_costs_one_computation_of_a_key_per_second() {
    #[cached(key = "outage_near:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    let clock = ManualClock::new();
    let cache = Cache::builder(Moody::new(Mood::Fails)).clock(clock.clock()).build().unwrap();
    larder::scoped(&cache, || {
        for (ms, n_computed) in [(0, 1), (0, 1), (999, 1), (1, 2), (500, 2), (500, 3)] {
            clock.advance(Duration::from_millis(ms));
            assert_eq!(value(7), 7);
            assert_eq!(value::stats().computed, n_computed);
        }
        // What was computed before it is not served after a clear, though the clear itself fails.
        assert!(value::clear(7).is_err());
        value(7);
        assert_eq!(value::stats().computed, 4);
    });
}

#[test]
fn a_store_that_hangs_costs_a_call_one_deadline() {
    #[cached(key = "outage_hang:{id}")]
    async fn value(id: u64) -> u64 {
        id
    }
    let clock = ManualClock::new();
    let cache = Cache::builder(Moody::new(Mood::Hangs)).clock(clock.clock()).build().unwrap();
    let mut call = pin!(larder::scoped_async(&cache, value(7)));
    let mut poll = || call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(poll(), Poll::Pending);
    clock.advance(Duration::from_millis(249));
    assert_eq!(poll(), Poll::Pending);
    clock.advance(Duration::from_millis(1));
    assert_eq!(poll(), Poll::Ready(7));
}

/// Theirs ends before the limit on a trip does, and yet the store is given up.
#[test]
fn callers_of_little_patience_are_not_kept_waiting_for_ever() {
    #[cached(key = "outage_impatient:{id}")]
    async fn value(id: u64) -> u64 {
        id
    }
    let clock = ManualClock::new();
    let cache = Cache::builder(Moody::new(Mood::Hangs)).clock(clock.clock()).build().unwrap();
    let poll_once = |id| {
        let mut call = pin!(larder::scoped_async(&cache, value(id)));
        let answer = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        clock.advance(Duration::from_millis(100));
        answer
    };
    let n_waited = (0..100).take_while(|id| poll_once(*id).is_pending()).count();
    assert!((1..=5).contains(&n_waited), "{n_waited}");
}

/// Three trips of a store that is as late as it may be would be three deadlines.
#[test]
fn a_store_that_is_slow_costs_a_call_one_deadline_for_all_its_trips() {
    #[cached(key = "outage_slow:{id}")]
    fn value(id: u64) -> u64 {
        id
    }
    let store = Moody::new(Mood::Slow(Duration::from_millis(150)));
    larder::scoped(Cache::far(store.clone()), || assert_eq!(value(7), 7));
    assert!(!store.asked().contains(&"put"), "{:?}", store.asked());
    assert_eq!((value::stats().store_failures, value::stats().computed), (1, 1));
}

#[test]
fn a_store_of_a_fleet_that_hangs_takes_its_own_keys_with_it_and_no_others() {
    #[cached(key = "outage_fleet:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    let stores = [(); 3].map(|()| Moody::new(Mood::Works));
    let named = ["a", "b", "c"].into_iter().zip(&stores);
    let fleet = || Cache::fleet(named.clone().map(|(name, store)| (name, AnyAdapter::new(store.clone()))));
    let (cache, other) = (fleet().build().unwrap(), fleet().build().unwrap());
    larder::scoped(&cache, || (0..100).for_each(|id| _ = value(id)));
    let n_stored =
        |cache: &Cache| larder::scoped(cache, || (0..100).filter(|id| matches!(value::get(*id), Ok(Some(_)))).count());
    assert_eq!(n_stored(&cache), 100);
    stores[..2].iter().for_each(|store| store.turn(Mood::Fails));
    let n_left = n_stored(&cache);
    assert!((10..60).contains(&n_left), "{n_left}");
    // The clear fails, and has cleared where it could: one that is late takes no time from the others.
    stores[..2].iter().for_each(|store| store.turn(Mood::Hangs));
    stores[2].turn(Mood::Slow(Duration::from_millis(5)));
    larder::scoped(&other, || assert!(value::clear_all().is_err()));
    stores[..2].iter().for_each(|store| store.turn(Mood::Fails));
    assert_eq!(n_stored(&other), 0);
}

/// A call looks and finds nothing; when it comes to its turn, another process has stored something. That answer is on its
/// way while the key is cleared: who comes after the clear does not share it, nor after one that was given up.
#[tokio::test]
async fn who_calls_after_a_clear_joins_nobody_who_has_seen_the_old_entry() {
    #[cached(key = "outage_join:{id}", skip(version))]
    async fn value(id: u64, version: u64) -> u64 {
        id + version
    }
    type Clear = fn() -> Pin<Box<dyn Future<Output = larder::Result<()>> + Send>>;
    let clears: [(&str, Clear); 4] = [
        ("remove", || Box::pin(async { value::clear(100).await.map(drop) })),
        ("remove", || Box::pin(async { value::update_timeout(100, 0).await.map(drop) })),
        ("renew", || Box::pin(async { value::clear_all().await })),
        ("renew", || Box::pin(async { larder::adapter_get().clear_async().await })),
    ];
    let ways = clears.into_iter().flat_map(|clear| [(clear, false), (clear, true)]);
    for (number, ((command, clear), is_given_up)) in ways.enumerate() {
        // No limit on time is reached, however busy the machine.
        let (store, clock) = (Moody::new(Mood::Works), ManualClock::new());
        let cache = Cache::builder(store.clone()).clock(clock.clock()).build().unwrap();
        let in_cache = |call| tokio::spawn(larder::scoped_async(&cache, call));
        in_cache(value(100, 1)).await.unwrap();

        let clear_goes = store.hold(When::Before, command);
        let clearing = tokio::spawn(larder::scoped_async(&cache, clear()));
        until(|| store.asked().contains(&command)).await;
        store.blind(true);
        let answer_comes = store.hold(When::After, "permit");
        let n_asked = store.asked().len();
        let early = in_cache(value(100, 2));
        until(|| store.asked()[n_asked..].contains(&"permit")).await;
        store.blind(false);
        store.hold_nothing();
        if is_given_up {
            clearing.abort();
            assert!(clearing.await.unwrap_err().is_cancelled());
        } else {
            clear_goes.add_permits(1);
            clearing.await.unwrap().unwrap();
        }

        let late = tokio::time::timeout(Duration::from_secs(10), in_cache(value(100, 3))).await;
        assert_eq!(late.expect("it waits for the early one").unwrap(), 103, "{number}");
        answer_comes.add_permits(1);
        assert_eq!(early.await.unwrap(), 101, "{number}");
    }
}

async fn until(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "it never comes to that");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
