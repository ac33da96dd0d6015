//! A store that answers, and takes longer than calls can wait: it is given up and named, or of use where calls are given more
//! time. And one that too much is asked of at once.

use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use larder::testing::ManualClock;
use larder::{Cache, ErrorKind, cached};

use crate::moody::{Mood, Moody, When};

const AWAY: Duration = Duration::from_millis(160);

/// Set for the process that a test starts to see what it says on standard error.
const CHILD: &str = "LARDER_DISTANCE_CHILD";

#[test]
fn a_store_that_calls_have_no_time_for_is_given_up() {
    #[cached(key = "distance_given_up:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    let store = Moody::new(Mood::Slow(AWAY));
    larder::scoped(Cache::far(store.clone()), || {
        let n_asked = |id| {
            let before = store.n_times("permit");
            assert_eq!(value(id), id);
            store.n_times("permit") - before
        };
        // Five that run out of their budgets, and those that come while it is tried.
        let n_waited = (0..40).take_while(|id| n_asked(*id) == 1).count();
        assert!((5..20).contains(&n_waited), "{n_waited} calls have waited for it");
        // Long enough for many trials, none of which costs a call anything.
        let mut n_asked_later = 0;
        for id in 100..120 {
            std::thread::sleep(Duration::from_millis(100));
            n_asked_later += n_asked(id);
        }
        assert_eq!(n_asked_later, 0);

        // Once it is quick enough it is found to be.
        store.turn(Mood::Works);
        let start = std::time::Instant::now();
        while !matches!(value::get(7), Ok(Some(7))) {
            assert!(start.elapsed() < Duration::from_secs(30), "it is never let in again");
            value(7);
            std::thread::sleep(Duration::from_millis(10));
        }
    });
}

/// Neither of its requests ends in time where it is farther away than a request may take.
#[test]
fn a_store_that_calls_have_no_time_for_is_named_once() {
    #[cached(key = "distance_named:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    if let Ok(away) = std::env::var(CHILD) {
        let store = Moody::new(Mood::Slow(Duration::from_millis(away.parse().unwrap())));
        larder::scoped(Cache::far(store), || {
            for id in 0..45 {
                value(id);
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        return;
    }
    let started = [("160", "`time_budget`"), ("400", "raise `request_timeout`")].map(|(away, said)| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "distance::a_store_that_calls_have_no_time_for_is_named_once", "--nocapture"]);
        child.env(CHILD, away).stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
        (child.spawn().unwrap(), away, said)
    });
    for (child, away, said) in started {
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}");
        let lines: Vec<_> = told.lines().filter(|line| line.starts_with("larder: ")).collect();
        assert_eq!(lines.len(), 1, "{away}: {told}");
        assert!(lines[0].contains("moody") && lines[0].contains(said), "{away}: {}", lines[0]);
    }
}

#[test]
fn a_store_that_calls_are_given_time_for_serves_hits() {
    #[cached(key = "distance_served:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    let store = Moody::new(Mood::Slow(AWAY));
    let cache = Cache::builder(store).request_timeout(Duration::from_secs(20)).time_budget(60).build().unwrap();
    larder::scoped(&cache, || {
        (0..3).for_each(|id| assert_eq!(value(id), id));
        (0..3).for_each(|id| assert_eq!(value(id), id));
        let stats = value::stats();
        assert_eq!((stats.computed, stats.hits, stats.store_failures), (3, 3, 0));
    });
}

#[test]
fn who_gets_no_place_goes_without_a_store_that_is_well() {
    #[cached(key = "distance_place:{id}", timeout = 60)]
    async fn value(id: u64) -> u64 {
        id
    }
    let (store, clock) = (Moody::new(Mood::Works), ManualClock::new());
    let cache = Cache::builder(store.clone()).clock(clock.clock()).max_in_flight(1).build().unwrap();
    let goes = store.hold(When::Before, "get");
    let context = &mut Context::from_waker(Waker::noop());
    let mut first = pin!(larder::scoped_async(&cache, value(0)));
    assert!(first.as_mut().poll(context).is_pending());
    clock.advance(Duration::from_millis(100));
    let mut others: Vec<_> = (1..100).map(|id| Box::pin(larder::scoped_async(&cache, value(id)))).collect();
    assert!(others.iter_mut().all(|other| other.as_mut().poll(context).is_pending()));
    assert_eq!(store.n_times("get"), 1);
    clock.advance(Duration::from_millis(100));
    // Who was in it is answered, and the next is let in.
    goes.add_permits(1);
    assert_eq!(first.as_mut().poll(context), Poll::Ready(0));
    assert!(others.iter_mut().all(|other| other.as_mut().poll(context).is_pending()));
    assert!(store.n_times("get") >= 2);
    drop(others);

    // Nobody is let in any more: those who wait go on without, and the store has failed nobody but who was in it.
    store.hold_nothing();
    let _stuck = store.hold(When::Before, "get");
    let mut stuck = pin!(larder::scoped_async(&cache, value(1_000)));
    assert!(stuck.as_mut().poll(context).is_pending());
    let before = larder::scoped(&cache, value::stats);
    let mut others: Vec<_> = (1_001..1_100).map(|id| Box::pin(larder::scoped_async(&cache, value(id)))).collect();
    assert!(others.iter_mut().all(|other| other.as_mut().poll(context).is_pending()));
    clock.advance(Duration::from_millis(250));
    for (other, id) in others.iter_mut().zip(1_001..) {
        assert_eq!(other.as_mut().poll(context), Poll::Ready(id));
    }
    assert_eq!(stuck.as_mut().poll(context), Poll::Ready(1_000));
    let after = larder::scoped(&cache, value::stats);
    assert_eq!(after.computed, before.computed + 100);
    assert_eq!(after.store_failures, before.store_failures + 1);
}

#[test]
fn a_limit_that_makes_no_sense_is_refused_by_name() {
    let builder = || Cache::builder(Moody::new(Mood::Works));
    let refused = |builder: larder::CacheBuilder, name: &str| {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(name), "{error}");
    };
    refused(builder().request_timeout(0), "`request_timeout`");
    refused(builder().time_budget(None::<u64>), "`time_budget`");
    refused(builder().helper_request_timeout(10_000), "`helper_request_timeout`");
    refused(builder().helper_time_budget(0), "`helper_time_budget`");
    refused(builder().breaker_failures(0), "`breaker_failures`");
    refused(builder().breaker_window(0), "`breaker_window`");
    refused(builder().breaker_pause(0), "`breaker_pause`");
    refused(builder().max_in_flight(0), "`max_in_flight`");
    refused(builder().request_timeout(3).time_budget(2), "`request_timeout` (3000 ms)");
    refused(builder().helper_request_timeout(3).helper_time_budget(2), "`helper_time_budget` (2000 ms)");
}

#[test]
fn the_breaker_opens_after_as_many_failures_as_it_is_told() {
    #[cached(key = "distance_failures:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    for n_failures in [1, 3, 20] {
        let store = Moody::new(Mood::Fails);
        let cache = Cache::builder(store.clone()).breaker_failures(n_failures).build().unwrap();
        larder::scoped(&cache, || (0..100).for_each(|id| _ = value(id)));
        // A call that asks for the epochs too fails twice.
        let n_asked = store.asked().len();
        assert!((n_failures as usize..=n_failures as usize + 1).contains(&n_asked), "{:?}", store.asked());
    }
}
