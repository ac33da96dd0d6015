//! One flight per key: who computes, who waits, and for how long.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use larder::testing::ManualClock;
use larder::{Cache, cached, scoped, scoped_async};
use tokio::sync::Semaphore;

use crate::support::{Starts, cache, on_one_thread, secs, settle};

#[test]
fn a_thousand_threads_share_one_computation() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "cold:{id}")]
    fn cold(id: u64) -> u64 {
        let _running = STARTS.start();
        std::thread::yield_now();
        id * 2
    }

    let (cache, _) = cache();
    let barrier = Barrier::new(1000);
    std::thread::scope(|threads| {
        for _ in 0..1000 {
            threads.spawn(|| {
                scoped(&cache, || {
                    barrier.wait();
                    assert_eq!(cold(21), 42);
                });
            });
        }
    });
    assert_eq!(STARTS.n(), 1);
    let stats = cold::stats();
    assert_eq!((stats.hits + stats.coalesced, stats.computed), (999, 1));
    assert_eq!(Cache::from(&cache).n_flights(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tasks_share_one_computation() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "cold task:{id}")]
    async fn cold(id: u64) -> u64 {
        let _running = STARTS.start();
        tokio::task::yield_now().await;
        id * 2
    }

    let (cache, _) = cache();
    let tasks = (0..1000).map(|_| tokio::spawn(scoped_async(&cache, cold(21))));
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), 42);
    }
    assert_eq!(STARTS.n(), 1);
    assert_eq!(Cache::from(&cache).n_flights(), 0);
}

#[test]
fn fifty_cancelled_waiters_take_nothing_from_the_others() {
    static STARTS: Starts = Starts::new();
    static GATE: Semaphore = Semaphore::const_new(0);

    #[cached(key = "gated")]
    async fn gated() -> u64 {
        let _running = STARTS.start();
        let _open = GATE.acquire().await;
        7
    }

    on_one_thread(async {
        let (cache, _) = cache();
        let tasks: Vec<_> = (0..100).map(|_| tokio::spawn(scoped_async(&cache, gated()))).collect();
        settle().await;
        tasks.iter().skip(1).take(50).for_each(|waiter| waiter.abort());
        settle().await;
        GATE.add_permits(1);
        let mut n_results = 0;
        for task in tasks {
            n_results += usize::from(task.await.is_ok_and(|result| result == 7));
        }
        assert_eq!((n_results, STARTS.n()), (50, 1));
        assert_eq!(Cache::from(&cache).n_flights(), 0);
    });
}

#[test]
fn a_cancelled_leader_costs_one_more_start_and_never_two_at_once() {
    static STARTS: Starts = Starts::new();
    static GATE: Semaphore = Semaphore::const_new(0);

    #[cached(key = "abandoned")]
    async fn abandoned() -> u64 {
        let _running = STARTS.start();
        let _open = GATE.acquire().await;
        7
    }

    on_one_thread(async {
        let (cache, _) = cache();
        let mut tasks: Vec<_> = (0..100).map(|_| tokio::spawn(scoped_async(&cache, abandoned()))).collect();
        settle().await;
        tasks.remove(0).abort();
        settle().await;
        assert_eq!(STARTS.n(), 2);
        GATE.add_permits(1);
        for task in tasks {
            assert_eq!(task.await.unwrap(), 7);
        }
        assert_eq!((STARTS.n(), STARTS.most_at_once()), (2, 1));
    });
}

#[test]
fn all_cancelled_leave_an_empty_table() {
    #[cached(key = "endless")]
    async fn endless() -> u64 {
        std::future::pending().await
    }

    on_one_thread(async {
        let (cache, _) = cache();
        let tasks: Vec<_> = (0..10).map(|_| tokio::spawn(scoped_async(&cache, endless()))).collect();
        settle().await;
        assert_eq!(Cache::from(&cache).n_flights(), 1);
        tasks.iter().for_each(|task| task.abort());
        settle().await;
        assert_eq!(Cache::from(&cache).n_flights(), 0);
    });
}

#[test]
fn past_ten_thousand_flights_callers_compute_alone() {
    #[cached(key = "crowd:{id}")]
    async fn crowd(id: u64) -> u64 {
        if id < 10_000 { std::future::pending().await } else { id }
    }

    on_one_thread(async {
        let (cache, _) = cache();
        let mut held: Vec<_> = (0..10_000).map(|id| Box::pin(scoped_async(&cache, crowd(id)))).collect();
        for call in &mut held {
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert_eq!(Cache::from(&cache).n_flights(), 10_000);
        assert_eq!(scoped_async(&cache, crowd(10_000)).await, 10_000);
        assert_eq!(cache.len(), 0, "alone: returned, not stored");
        drop(held);
        assert_eq!(Cache::from(&cache).n_flights(), 0);
        scoped_async(&cache, crowd(10_000)).await;
        assert_eq!(cache.len(), 1);
    });
}

#[test]
fn a_minute_under_a_thousand_tasks_is_computed_once() {
    static STARTS: Starts = Starts::new();
    static GATE: Semaphore = Semaphore::const_new(0);

    #[cached(key = "report")]
    async fn report() -> u64 {
        let _running = STARTS.start();
        let _open = GATE.acquire().await;
        7
    }

    on_one_thread(async {
        let (cache, clock) = cache();
        let tasks: Vec<_> = (0..1000).map(|_| tokio::spawn(scoped_async(&cache, report()))).collect();
        let mut passed = secs(0);
        for (second, started) in [(0, 1), (5, 1), (12, 1), (36, 1), (59, 1), (60, 2), (119, 2), (120, 3), (179, 3)] {
            clock.advance(secs(second) - passed);
            passed = secs(second);
            settle().await;
            assert_eq!(STARTS.n(), started, "second {second}");
        }
        GATE.add_permits(1);
        for task in tasks {
            assert_eq!(task.await.unwrap(), 7);
        }
        assert_eq!(STARTS.n(), 3);
        assert_eq!(Cache::from(&cache).n_flights(), 0);
    });
}

#[test]
fn thirty_six_seconds_under_a_thousand_threads_are_computed_once() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "report of threads", skip(hold))]
    fn report(hold: &Barrier) -> u64 {
        if STARTS.start().0 == 1 {
            hold.wait();
            hold.wait();
        }
        7
    }

    let (cache, clock) = cache();
    let (hold, n_arrived) = (Barrier::new(2), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        let call = || {
            scoped(&cache, || {
                n_arrived.fetch_add(1, Ordering::SeqCst);
                report(&hold)
            })
        };
        let mut callers = vec![threads.spawn(call)];
        hold.wait();
        callers.extend((1..1000).map(|_| threads.spawn(call)));
        while n_arrived.load(Ordering::SeqCst) < 1000 {
            std::thread::yield_now();
        }
        // Whoever is not in the queue yet comes later, and finds no other leader to wait for.
        for _ in [12, 24, 36] {
            clock.advance(secs(12));
            std::thread::sleep(Duration::from_millis(5));
        }
        hold.wait();
        assert!(callers.into_iter().all(|caller| caller.join().unwrap() == 7));
    });
    assert_eq!(STARTS.n(), 1);
}

/// Calls that are polled by hand, by nobody's waker.
struct ByHand<T>(Vec<Option<Pin<Box<dyn Future<Output = T>>>>>);

impl<T> ByHand<T> {
    fn of<F: Future<Output = T> + 'static>(n_calls: usize, call: impl Fn() -> F) -> Self {
        Self((0..n_calls).map(|_| Some(Box::pin(call()) as _)).collect())
    }

    /// Polls each but the first, who leads, and says how many have ended.
    fn poll_waiters(&mut self) -> usize {
        self.0.iter_mut().skip(1).map(|call| usize::from(poll_by_hand(call).is_some())).sum()
    }
}

fn poll_by_hand<T, F: Future<Output = T> + ?Sized>(call: &mut Option<Pin<Box<F>>>) -> Option<T> {
    match call.as_mut()?.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => {
            *call = None;
            Some(result)
        }
        Poll::Pending => None,
    }
}

/// Is woken and pending once.
async fn woken() {
    let mut is_woken = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_woken, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn a_leader_that_is_woken_and_not_polled_costs_one_more_and_the_next_is_well() {
    static STARTS: Starts = Starts::new();
    static GATE: Semaphore = Semaphore::const_new(0);

    #[cached(key = "due")]
    async fn due() -> u64 {
        if STARTS.start().0 == 1 {
            woken().await;
        }
        let _open = GATE.acquire().await;
        7
    }

    let (cache, clock) = cache();
    let mut calls = ByHand::of(100, || scoped_async(&cache, due()));
    assert_eq!(poll_by_hand(&mut calls.0[0]), None);
    let mut passed = 0;
    for (second, started) in [(0, 1), (4, 1), (5, 2), (10, 2), (36, 2), (64, 2), (65, 3)] {
        clock.advance(secs(second - passed));
        passed = second;
        assert_eq!(calls.poll_waiters(), 0);
        assert_eq!(STARTS.n(), started, "second {second}");
    }
    GATE.add_permits(1);
    assert!(calls.poll_waiters() > 0);
    calls.poll_waiters();
    assert_eq!(poll_by_hand(&mut calls.0[0]), Some(7), "polled after all, it ends as well");
    assert!(calls.0.iter().all(Option::is_none));
    assert_eq!(STARTS.n(), 3);
    assert_eq!(Cache::from(&cache).n_flights(), 0);
}

#[test]
fn where_no_leader_is_polled_one_more_starts_per_wait_and_never_two_at_once() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "all of them due")]
    async fn due() -> u64 {
        STARTS.start();
        loop {
            woken().await;
        }
    }

    let (cache, clock) = cache();
    let mut calls = ByHand::of(100, || scoped_async(&cache, due()));
    let mut leaders = Vec::new();
    // Each caller is polled until it leads and has begun, and never again.
    let mut poll_waiters = || {
        for call in &mut calls.0 {
            let n_before = STARTS.n();
            poll_by_hand(call);
            if STARTS.n() > n_before {
                leaders.push(call.take());
            }
        }
    };
    poll_waiters();
    assert_eq!(STARTS.n(), 1);
    let mut passed = 0;
    for (second, started) in [(4, 1), (5, 2), (9, 2), (10, 3), (14, 3), (15, 4), (100, 5), (104, 5), (105, 6)] {
        clock.advance(secs(second - passed));
        passed = second;
        poll_waiters();
        assert_eq!(STARTS.n(), started, "second {second}");
    }
}

#[test]
fn a_waiter_that_is_called_and_not_polled_costs_one_wait() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "called")]
    async fn called() -> u64 {
        if STARTS.start().0 == 1 {
            woken().await;
        }
        7
    }

    let (cache, clock) = cache();
    let mut calls = ByHand::of(4, || scoped_async(&cache, called()));
    assert_eq!(poll_by_hand(&mut calls.0[0]), None);
    assert_eq!(calls.poll_waiters(), 0);
    // The second caller is called, and nobody polls it.
    clock.advance(secs(5));
    assert_eq!(poll_by_hand(&mut calls.0[2]), None);
    clock.advance(secs(4));
    assert_eq!(poll_by_hand(&mut calls.0[2]), None);
    clock.advance(secs(1));
    assert_eq!(poll_by_hand(&mut calls.0[2]), Some(7), "the third is");
    assert_eq!(STARTS.n(), 2);
    assert_eq!(poll_by_hand(&mut calls.0[3]), Some(7));
    assert_eq!(poll_by_hand(&mut calls.0[1]), Some(7), "it has a result, and need not compute");
    assert_eq!(STARTS.n(), 2);
}

#[test]
fn a_leader_that_is_being_polled_is_well_however_long_it_takes() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "long poll", skip(clock, waiters))]
    async fn long_poll(clock: ManualClock, waiters: Arc<Mutex<Vec<Call>>>) -> u64 {
        STARTS.start();
        let work = poll_fn(|context| {
            for _ in 0..4 {
                context.waker().wake_by_ref();
                // On a thread of their own: on this one they would be calls inside the computation.
                let n_ended = std::thread::scope(|threads| {
                    let poll = || waiters.lock().unwrap().iter_mut().filter_map(poll_by_hand).count();
                    threads.spawn(poll).join().unwrap()
                });
                assert_eq!((n_ended, STARTS.n()), (0, 1));
                clock.advance(secs(12));
            }
            Poll::Ready(())
        });
        work.await;
        7
    }

    type Call = Option<Pin<Box<dyn Future<Output = u64> + Send>>>;

    let (cache, clock) = cache();
    let waiters = Arc::<Mutex<Vec<Call>>>::default();
    let call = || scoped_async(&cache, long_poll(clock.clone(), Arc::clone(&waiters)));
    waiters.lock().unwrap().extend((0..50).map(|_| -> Call { Some(Box::pin(call())) }));
    assert_eq!(futures_lite::future::block_on(call()), 7);
    assert!(waiters.lock().unwrap().iter_mut().all(|call| poll_by_hand(call) == Some(7)));
    assert_eq!(STARTS.n(), 1);
}

#[test]
fn with_a_wait_of_its_own_one_more_starts_after_each() {
    static STARTS: Starts = Starts::new();
    static GATE: Semaphore = Semaphore::const_new(0);

    #[cached(key = "impatient", wait = "5s")]
    async fn impatient() -> u64 {
        let _running = STARTS.start();
        let _open = GATE.acquire().await;
        7
    }

    on_one_thread(async {
        let (cache, clock) = cache();
        let tasks: Vec<_> = (0..1000).map(|_| tokio::spawn(scoped_async(&cache, impatient()))).collect();
        settle().await;
        for second in 0..=60 {
            assert_eq!(STARTS.n(), 1 + second / 5, "second {second}, and never all at once");
            clock.advance(secs(1));
            settle().await;
        }
        GATE.add_permits(1);
        for task in tasks {
            assert_eq!(task.await.unwrap(), 7);
        }
    });
}

#[test]
fn a_leader_that_nobody_polls_costs_one_wait() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "parked", wait = 2)]
    async fn parked() -> u64 {
        let (n, _running) = STARTS.start();
        if n == 1 {
            tokio::task::yield_now().await;
        }
        7
    }

    on_one_thread(async {
        let (cache, clock) = cache();
        let mut leader = pin!(scoped_async(&cache, parked()));
        assert!(leader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let waiter = tokio::spawn(scoped_async(&cache, parked()));
        settle().await;
        assert_eq!(STARTS.n(), 1);
        clock.advance(secs(2));
        assert_eq!(waiter.await.unwrap(), 7);
        assert_eq!(leader.await, 7, "polled after all, it ends as well");
        assert_eq!(STARTS.n(), 2);
    });
}

#[test]
fn threads_wait_and_are_released_by_time_as_well() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "stuck:{id}", skip(hold))]
    fn stuck(id: u64, hold: &Barrier) -> u64 {
        let (n, _running) = STARTS.start();
        if n == 1 {
            hold.wait();
            hold.wait();
        }
        id
    }

    let (cache, clock) = cache();
    let hold = Arc::new(Barrier::new(2));
    std::thread::scope(|threads| {
        threads.spawn(|| scoped(&cache, || stuck(7, &hold)));
        hold.wait();
        let waiter = threads.spawn(|| scoped(&cache, || stuck(7, &hold)));
        // However late the waiter comes, some step of the clock is a whole minute after it.
        while !waiter.is_finished() {
            clock.advance(secs(60));
            std::thread::yield_now();
        }
        assert_eq!(waiter.join().unwrap(), 7);
        hold.wait();
    });
    assert_eq!(STARTS.n(), 2);
}

#[test]
fn a_call_works_without_any_runtime_and_inside_every_one() {
    #[cached(key = "anywhere:{x}")]
    fn sync_anywhere(x: u64) -> u64 {
        x
    }

    #[cached(key = "anywhere async:{x}")]
    async fn anywhere(x: u64) -> u64 {
        x
    }

    let (cache, _) = cache();
    scoped(&cache, || {
        assert_eq!((sync_anywhere(1), futures_lite::future::block_on(anywhere(1))), (1, 1));
        on_one_thread(async { assert_eq!((sync_anywhere(2), anywhere(2).await), (2, 2)) });
        let dropped = tokio::runtime::Runtime::new().unwrap();
        assert_eq!(dropped.block_on(anywhere(3)), 3);
        drop(dropped);
        assert_eq!(futures_lite::future::block_on(anywhere(3)), 3);
    });
}

#[test]
fn a_result_that_a_second_leader_replaces_is_not_dropped_under_a_lock() {
    static STARTS: Starts = Starts::new();
    static GATES: [Semaphore; 2] = [const { Semaphore::const_new(0) }; 2];
    static PARKED: Mutex<Option<Pin<Box<dyn Future<Output = Value> + Send>>>> = Mutex::new(None);

    #[derive(Clone)]
    struct Value(#[expect(dead_code, reason = "only its destructor matters")] Arc<Nosy>);

    /// Takes a waiting call with it.
    struct Nosy;
    impl Drop for Nosy {
        fn drop(&mut self) {
            let parked = PARKED.lock().unwrap().take();
            drop(parked);
        }
    }

    #[cached(key = "two landings", local, wait = 1, cache_if = |_| false)]
    async fn twice() -> Value {
        let (n, _running) = STARTS.start();
        let _open = GATES[n - 1].acquire().await;
        Value(Arc::new(Nosy))
    }

    on_one_thread(async {
        let (cache, clock) = cache();
        let call = || Box::pin(scoped_async(&cache, twice()));
        let mut poll = {
            let mut context = Context::from_waker(Waker::noop());
            move |call: &mut Pin<Box<larder::Scoped<_>>>| call.as_mut().poll(&mut context).is_ready()
        };
        let (mut first, mut second, mut waiting) = (call(), call(), call());
        assert!(!poll(&mut first) && !poll(&mut second));
        clock.advance(secs(1));
        assert!(!poll(&mut second) && !poll(&mut waiting));
        assert_eq!(STARTS.n(), 2);
        GATES[0].add_permits(1);
        assert!(poll(&mut first), "the first lands, for the waiting one, which has not looked yet");
        drop(first);
        *PARKED.lock().unwrap() = Some(waiting);
        GATES[1].add_permits(1);
        assert!(poll(&mut second), "the second lands too");
        drop(PARKED.lock().unwrap().take());
    });
}
