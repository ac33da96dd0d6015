//! One flight per key: who computes, who waits, and for how long.

use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Waker};

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
fn twelve_seconds_under_a_thousand_callers_are_computed_three_times() {
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
        for (second, started) in [(0, 1), (4, 1), (5, 2), (9, 2), (10, 3), (12, 3)] {
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
        // However late the waiter comes, some step of the clock is a whole `wait` after it.
        while !waiter.is_finished() {
            clock.advance(secs(5));
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
    use std::sync::{Arc, Mutex};

    static STARTS: Starts = Starts::new();
    static GATES: [Semaphore; 2] = [const { Semaphore::const_new(0) }; 2];
    static PARKED: Mutex<Option<std::pin::Pin<Box<dyn Future<Output = Value> + Send>>>> = Mutex::new(None);

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
            move |call: &mut std::pin::Pin<Box<larder::Scoped<_>>>| call.as_mut().poll(&mut context).is_ready()
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
