//! Layers around an adapter that works, fails or hangs as it is told, on time that stands still until it is moved.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::{Breaker, Deadline, Guarded, Layer, Layered, Limits, Verb};
use crate::adapter::{AnyAdapter, CacheAdapter, EpochName, StoreKey};
use crate::error::{Error, ErrorKind, Result};
use crate::park::block_on;
use crate::testing::{ManualClock, MemoryAdapter, conformance};
use crate::timeout::Timeout;

const WORKS: u8 = 0;
const FAILS: u8 = 1;
const HANGS: u8 = 2;

/// A store's mood.
#[derive(Default)]
struct Mood {
    mood: AtomicU8,
    n_calls: AtomicUsize,
    n_connects: AtomicUsize,
}

impl Layer for Mood {
    async fn around<T: Send>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        match verb {
            Verb::Connect => _ = self.n_connects.fetch_add(1, SeqCst),
            Verb::Close => {}
            _ => _ = self.n_calls.fetch_add(1, SeqCst),
        }
        match self.mood.load(SeqCst) {
            WORKS => call.await,
            FAILS => Err(Error::with_kind(ErrorKind::Unavailable, "the store is down")),
            _ => pending().await,
        }
    }
}

fn moody(clock: &ManualClock) -> (AnyAdapter, Arc<Mood>) {
    let mood = Arc::<Mood>::default();
    let memory = MemoryAdapter::new().with_clock(clock.clock());
    (AnyAdapter::new(Layered::new(memory, Arc::clone(&mood))), mood)
}

/// Lets what runs behind the test come so far.
fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn kind<T>(answer: Result<T>) -> Option<ErrorKind> {
    answer.err().map(|error| error.kind())
}

#[test]
fn each_kind_of_call_has_its_limit_and_a_sweep_has_none() {
    let clock = ManualClock::new();
    let deadline = Deadline::new("redis", clock.clock());
    let cases = [(Verb::Ordinary, 250), (Verb::Connect, 2000), (Verb::Flush, 2000), (Verb::Sweep, 1_000_000)];
    for (verb, ms) in cases {
        let mut call = pin!(deadline.around(verb, pending::<Result<()>>()));
        let mut poll = || call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll().is_pending());
        clock.advance(Duration::from_millis(ms - 1));
        assert!(poll().is_pending(), "{verb:?} within {ms} ms");
        clock.advance(Duration::from_millis(1));
        match poll() {
            Poll::Ready(answer) if verb != Verb::Sweep => {
                let error = answer.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unavailable);
                assert_eq!(error.to_string(), format!("redis did not answer within {ms} ms"));
            }
            poll => assert!(poll.is_pending() && verb == Verb::Sweep, "{verb:?} after {ms} ms: {poll:?}"),
        }
    }
}

#[test]
fn a_limit_wakes_who_waits_and_an_answer_needs_none() {
    let clock = ManualClock::new();
    let mover = clock.clone();
    let thread = std::thread::spawn(move || {
        let limit = Timeout::from_secs(1);
        block_on(Deadline::within("redis", &mover.clock(), limit, pending::<Result<()>>()))
    });
    wait_for("the limit ends a call", || {
        clock.advance(Duration::from_millis(100));
        thread.is_finished()
    });
    assert_eq!(kind(thread.join().unwrap()), Some(ErrorKind::Unavailable));
    assert_eq!(block_on(Deadline::within("redis", &clock.clock(), Timeout::ZERO, async { Ok(7) })).unwrap(), 7);
}

#[test]
fn an_open_breaker_refuses_at_once_until_the_store_is_back() {
    let clock = ManualClock::new();
    let (adapter, mood) = moody(&clock);
    let breaker = Breaker::new(adapter.clone(), clock.clock());
    let layered = Layered::new(adapter, Arc::clone(&breaker));
    let key = StoreKey::new("shop", "user:7");
    let get = || kind(block_on(layered.get(&key)));

    mood.mood.store(FAILS, SeqCst);
    for _ in 0..5 {
        assert!(!breaker.is_open());
        assert_eq!(get(), Some(ErrorKind::Unavailable));
    }
    assert!(breaker.is_open());
    wait_for("it is tried at once", || mood.n_connects.load(SeqCst) == 1);
    wait_for("it is tried again", || {
        clock.advance(Duration::from_millis(100));
        mood.n_connects.load(SeqCst) == 3
    });
    assert_eq!([get(), get()], [Some(ErrorKind::Unavailable); 2]);
    assert_eq!(mood.n_calls.load(SeqCst), 5, "the store is left alone");
    let refused = block_on(layered.get(&key)).unwrap_err();
    let cause = std::error::Error::source(&refused).map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("the store is down"), "and why is not forgotten");

    mood.mood.store(HANGS, SeqCst);
    wait_for("a try that hangs is given up", || {
        clock.advance(Duration::from_millis(500));
        mood.n_connects.load(SeqCst) >= 5
    });
    mood.mood.store(WORKS, SeqCst);
    wait_for("a probe closes it", || {
        clock.advance(Duration::from_millis(500));
        get().is_none()
    });
    assert!(!breaker.is_open());
}

#[test]
fn other_errors_are_answers_and_a_call_that_is_dropped_at_once_is_nothing() {
    let clock = ManualClock::new();
    let (adapter, _) = moody(&clock);
    let breaker = Breaker::new(adapter, clock.clock());
    let call =
        |kind| block_on(breaker.around(Verb::Ordinary, async move { Err::<(), _>(Error::with_kind(kind, "no")) }));
    for _ in 0..100 {
        assert!(call(ErrorKind::TooLarge).is_err() && call(ErrorKind::WrongType).is_err());
        let mut dropped = Box::pin(breaker.around(Verb::Ordinary, pending::<Result<()>>()));
        assert!(dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert!(!breaker.is_open());
}

/// Who has less patience than the limit would else never learn that the store is down.
#[test]
fn calls_that_are_dropped_unanswered_have_failed() {
    let clock = ManualClock::new();
    let (adapter, _) = moody(&clock);
    let breaker = Breaker::new(adapter, clock.clock());
    for n_dropped in 0..5 {
        assert!(!breaker.is_open(), "{n_dropped}");
        let mut dropped = Box::pin(breaker.around(Verb::Ordinary, pending::<Result<()>>()));
        assert!(dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        clock.advance(Duration::from_millis(50));
    }
    assert!(breaker.is_open());
}

/// A runtime that has no time for its tasks, or a client that goes away with all of its requests, is no fault of the store's.
#[test]
fn calls_that_are_dropped_together_say_as_much_as_one() {
    let clock = ManualClock::new();
    let (adapter, _) = moody(&clock);
    let breaker = Breaker::new(adapter, clock.clock());
    let begin = || {
        let mut call = Box::pin(breaker.around(Verb::Ordinary, pending::<Result<()>>()));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        call
    };
    for round in 0..4 {
        let calls: Vec<_> = (0..100).map(|_| begin()).collect();
        clock.advance(Duration::from_millis(100));
        drop(calls);
        assert!(!breaker.is_open(), "{round}");
    }
    // Nor do those that are dropped while others are answered.
    assert!(block_on(breaker.around(Verb::Ordinary, async { Ok(()) })).is_ok());
    for _ in 0..100 {
        let call = begin();
        clock.advance(Duration::from_millis(100));
        assert!(block_on(breaker.around(Verb::Ordinary, async { Ok(()) })).is_ok());
        drop(call);
    }
    assert!(!breaker.is_open());
}

#[test]
fn a_store_that_connects_and_then_fails_is_tried_less_and_less() {
    let clock = ManualClock::new();
    clock.advance(Duration::from_secs(100));
    let (adapter, mood) = moody(&clock);
    let breaker = Breaker::new(adapter, clock.clock());
    let call =
        |failed| async move { if failed { Err(Error::with_kind(ErrorKind::Unavailable, "no")) } else { Ok(()) } };
    let open = || {
        while !breaker.is_open() {
            let _ = block_on(breaker.around(Verb::Ordinary, call(true)));
        }
    };
    for n_connects in 1..=4 {
        open();
        if n_connects > 1 {
            // While time stands still, so does the supervisor.
            std::thread::sleep(Duration::from_millis(50));
            assert_eq!(mood.n_connects.load(SeqCst), n_connects - 1, "it is tried at once");
        }
        wait_for("it is tried", || {
            clock.advance(Duration::from_millis(if n_connects > 1 { 100 } else { 0 }));
            mood.n_connects.load(SeqCst) == n_connects
        });
        wait_for("a probe passes", || block_on(breaker.around(Verb::Ordinary, call(false))).is_ok());
    }
    // Once it has been well for a while, it is tried at once again.
    clock.advance(Duration::from_secs(10));
    open();
    wait_for("it is tried at once", || mood.n_connects.load(SeqCst) == 5);
}

#[test]
fn the_supervisor_ends_with_its_breaker() {
    let clock = ManualClock::new();
    let (adapter, mood) = moody(&clock);
    mood.mood.store(FAILS, SeqCst);
    let breaker = Breaker::new(adapter.clone(), clock.clock());
    let layered = Guarded::behind(&breaker, adapter, &clock.clock(), Limits::default()).calls;
    for _ in 0..5 {
        assert!(block_on(layered.epochs(&[EpochName::namespace(0, "shop")])).is_err());
    }
    assert!(breaker.is_open());
    drop((layered, breaker));
    wait_for("nobody holds the adapter", || {
        clock.advance(Duration::from_secs(1));
        Arc::strong_count(&mood) == 1
    });
}

#[test]
fn an_adapter_conforms_under_each_layer() {
    let clock = ManualClock::new();
    let adapter = || AnyAdapter::new(MemoryAdapter::new().with_clock(clock.clock()));
    let deadline = Arc::new(Deadline::new("memory", clock.clock()).with_ordinary(Duration::from_secs(1)));
    let within = Layered::new(adapter(), deadline);
    let behind = adapter();
    let behind = Layered::new(behind.clone(), Breaker::new(behind, clock.clock()));
    let both = Guarded::new(adapter(), "test", &clock.clock(), Limits::default()).helpers;
    for (name, adapter) in
        [("deadline", AnyAdapter::new(within)), ("breaker", AnyAdapter::new(behind)), ("both", AnyAdapter::new(both))]
    {
        conformance::run_blocking(&conformance::Subject::new(name, adapter).with_clock(&clock).with_flush());
    }
}
