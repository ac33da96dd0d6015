//! Leaders that fail: by a panic, by an error that can be shared, by one that cannot.

use std::io;
use std::sync::Barrier;

use larder::{Cache, cached, scoped, scoped_async};

use crate::support::{Starts, cache, on_one_thread, settle};

#[test]
fn a_leader_that_panics_hands_over_to_a_thread_that_waits() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "shaky")]
    fn shaky() -> u64 {
        let (n, _running) = STARTS.start();
        std::thread::yield_now();
        assert!(n > 1, "the first one panics");
        7
    }

    let (cache, _) = cache();
    let barrier = Barrier::new(50);
    let n_panics = std::thread::scope(|threads| {
        let callers = (0..50).map(|_| {
            threads.spawn(|| {
                barrier.wait();
                scoped(&cache, shaky)
            })
        });
        let results: Vec<_> = callers.collect::<Vec<_>>().into_iter().map(|caller| caller.join()).collect();
        assert!(results.iter().flatten().all(|&result| result == 7));
        results.iter().filter(|result| result.is_err()).count()
    });
    assert_eq!((n_panics, STARTS.n(), STARTS.most_at_once()), (1, 2, 1));
    assert_eq!(scoped(&cache, shaky), 7, "the next call is clean");
    assert_eq!(Cache::from(&cache).n_flights(), 0);
}

#[test]
fn a_leader_that_panics_hands_over_to_a_task_that_waits() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "shaky task")]
    async fn shaky() -> u64 {
        let (n, _running) = STARTS.start();
        tokio::task::yield_now().await;
        assert!(n > 1, "the first one panics");
        7
    }

    on_one_thread(async {
        let (cache, _) = cache();
        let tasks: Vec<_> = (0..50).map(|_| tokio::spawn(scoped_async(&cache, shaky()))).collect();
        let mut n_panics = 0;
        for task in tasks {
            n_panics += usize::from(task.await.is_err());
        }
        assert_eq!((n_panics, STARTS.n(), STARTS.most_at_once()), (1, 2, 1));
        assert_eq!(Cache::from(&cache).n_flights(), 0);
    });
}

#[test]
fn an_error_that_can_be_cloned_is_shared() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "refused")]
    async fn refused() -> Result<u64, String> {
        let (n, _running) = STARTS.start();
        tokio::task::yield_now().await;
        Err(format!("failure {n}"))
    }

    on_one_thread(async {
        let (cache, _) = cache();
        let tasks: Vec<_> = (0..100).map(|_| tokio::spawn(scoped_async(&cache, refused()))).collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), Err("failure 1".to_owned()));
        }
        assert_eq!(STARTS.n(), 1);
        let again = scoped_async(&cache, refused()).await;
        assert_eq!(again, Err("failure 2".to_owned()), "an error is shared, not stored");
    });
}

#[test]
fn an_error_that_cannot_be_cloned_is_met_by_each_caller_eight_at_a_time() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "broken")]
    async fn broken() -> io::Result<u64> {
        let (n, _running) = STARTS.start();
        tokio::task::yield_now().await;
        Err(io::Error::other(format!("failure {n}")))
    }

    on_one_thread(async {
        let (cache, _) = cache();
        let tasks: Vec<_> = (0..100).map(|_| tokio::spawn(scoped_async(&cache, broken()))).collect();
        let mut messages = std::collections::BTreeSet::new();
        for task in tasks {
            messages.insert(task.await.unwrap().unwrap_err().to_string());
        }
        assert_eq!(messages.len(), 100, "every caller has an error of its own");
        assert_eq!((STARTS.n(), STARTS.most_at_once()), (100, 8));
        assert_eq!(Cache::from(&cache).n_flights(), 0);
    });
}

#[test]
fn after_errors_the_first_success_serves_the_rest() {
    static STARTS: Starts = Starts::new();

    #[cached(key = "late")]
    async fn late() -> io::Result<u64> {
        let (n, _running) = STARTS.start();
        tokio::task::yield_now().await;
        if n <= 3 { Err(io::Error::other("not yet")) } else { Ok(7) }
    }

    on_one_thread(async {
        let (cache, _) = cache();
        let tasks: Vec<_> = (0..100).map(|_| tokio::spawn(scoped_async(&cache, late()))).collect();
        settle().await;
        let mut n_errors = 0;
        for task in tasks {
            n_errors += usize::from(task.await.unwrap().is_err());
        }
        assert_eq!(n_errors, 3);
        assert!(STARTS.n() <= 3 + 8 && STARTS.most_at_once() <= 8);
    });
}

#[test]
fn panics_in_the_users_own_conditions_hang_nobody() {
    #[cached(key = "picky:{x}", cache_if = |x| if *x == 0 { panic!("on purpose") } else { true })]
    fn picky(x: u64) -> u64 {
        x
    }

    let (cache, _) = cache();
    scoped(&cache, || {
        assert!(std::panic::catch_unwind(|| picky(0)).is_err());
        assert!(std::panic::catch_unwind(|| picky(0)).is_err());
        assert_eq!(picky(1), 1);
    });
    assert_eq!(Cache::from(&cache).n_flights(), 0);
}

#[test]
fn conditions_that_call_the_function_itself_end() {
    static DEPTH: Starts = Starts::new();

    #[cached(key = "self-check once", cache_if = |_| DEPTH.start().0 > 1 || once() == 1)]
    fn once() -> u64 {
        1
    }

    // Inside its own landing, a call computes: it would be waiting for itself.
    let (cache, _) = cache();
    assert_eq!(scoped(&cache, once), 1);
    assert_eq!(Cache::from(&cache).n_flights(), 0);
}

#[test]
fn a_waker_that_panics_strands_nobody_else() {
    use std::sync::Arc;
    use std::task::{Context, Wake, Waker};

    static GATE: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(0);

    #[cached(key = "rude waker")]
    async fn gated() -> u64 {
        let _open = GATE.acquire().await;
        7
    }

    struct Rude;
    impl Wake for Rude {
        fn wake(self: Arc<Self>) {
            panic!("on purpose");
        }
    }

    on_one_thread(async {
        let (cache, _) = cache();
        let leader = tokio::spawn(scoped_async(&cache, gated()));
        settle().await;
        let mut rude = Box::pin(scoped_async(&cache, gated()));
        let waker = Waker::from(Arc::new(Rude));
        assert!(rude.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        let polite = tokio::spawn(scoped_async(&cache, gated()));
        settle().await;
        GATE.add_permits(1);
        assert_eq!((leader.await.unwrap(), polite.await.unwrap(), rude.await), (7, 7, 7));
    });
}
