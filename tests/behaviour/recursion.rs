//! Calls that meet themselves: memoized recursion is fast, and no ring of keys hangs.

use std::future::Future;
use std::pin::Pin;
use std::sync::Barrier;

use larder::{Cache, cached, scoped, scoped_async};

use crate::support::{cache, on_one_thread, secs, settle};

const FIB_90: u64 = 2_880_067_194_370_816_120;

#[test]
fn fib_of_ninety_is_memoized() {
    #[cached(key = "fib:{n}")]
    fn fib(n: u64) -> u64 {
        if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
    }

    let (cache, _) = cache();
    assert_eq!(scoped(&cache, || fib(90)), FIB_90);
    assert_eq!(fib::stats().computed, 91);
}

#[test]
fn async_fib_of_ninety_is_memoized() {
    #[cached(key = "async fib:{n}")]
    fn fib(n: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
        Box::pin(async move { if n < 2 { n } else { fib(n - 1).await + fib(n - 2).await } })
    }

    let (cache, _) = cache();
    assert_eq!(on_one_thread(scoped_async(&cache, fib(90))), FIB_90);
    assert_eq!(fib::stats().computed, 91);
}

#[test]
fn a_call_inside_its_own_computation_computes() {
    #[cached(key = "same:{id}", skip(depth))]
    fn same(id: u64, depth: u64) -> u64 {
        if depth == 0 { id } else { same(id, depth - 1) + 1 }
    }

    #[cached(key = "same async:{id}", skip(depth))]
    fn same_async(id: u64, depth: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
        Box::pin(async move { if depth == 0 { id } else { same_async(id, depth - 1).await + 1 } })
    }

    let (cache, _) = cache();
    assert_eq!(scoped(&cache, || same(7, 3)), 10);
    assert_eq!(scoped(&cache, || same(7, 0)), 10, "the outermost result is what is stored");
    assert_eq!(on_one_thread(scoped_async(&cache, same_async(7, 3))), 10);
    assert_eq!(Cache::from(&cache).n_flights(), 0);
}

/// `a` of `x` calls `b` of `x`, which calls `a` of `x`, so many `hops` deep.
#[cached(key = "ring a:{x}", skip(hops, both))]
fn a(x: u64, hops: u64, both: Option<&Barrier>) -> u64 {
    both.map(Barrier::wait);
    if hops == 0 { x } else { b(x, hops - 1, None) + 1 }
}

#[cached(key = "ring b:{x}", skip(hops, both))]
fn b(x: u64, hops: u64, both: Option<&Barrier>) -> u64 {
    both.map(Barrier::wait);
    if hops == 0 { x } else { a(x, hops - 1, None) + 1 }
}

#[test]
fn a_ring_on_two_threads_ends() {
    let (cache, _) = cache();
    // Both compute before either calls the other.
    let both = Barrier::new(2);
    std::thread::scope(|threads| {
        let from_a = threads.spawn(|| scoped(&cache, || a(100, 2, Some(&both))));
        let from_b = threads.spawn(|| scoped(&cache, || b(100, 2, Some(&both))));
        assert!((100..=104).contains(&from_a.join().unwrap()));
        assert!((100..=104).contains(&from_b.join().unwrap()));
    });
    assert_eq!(Cache::from(&cache).n_flights(), 0);
}

#[cached(key = "async ring a:{x}", skip(hops))]
fn async_a(x: u64, hops: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        tokio::task::yield_now().await;
        if hops == 0 { x } else { async_b(x, hops - 1).await + 1 }
    })
}

#[cached(key = "async ring b:{x}", skip(hops))]
fn async_b(x: u64, hops: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        tokio::task::yield_now().await;
        if hops == 0 { x } else { async_a(x, hops - 1).await + 1 }
    })
}

#[test]
fn a_ring_of_two_tasks_ends() {
    on_one_thread(async {
        let (cache, _) = cache();
        let from_a = tokio::spawn(scoped_async(&cache, async_a(100, 2)));
        let from_b = tokio::spawn(scoped_async(&cache, async_b(100, 2)));
        assert!((100..=104).contains(&from_a.await.unwrap()));
        assert!((100..=104).contains(&from_b.await.unwrap()));
        assert_eq!(Cache::from(&cache).n_flights(), 0);
    });
}

#[test]
fn a_ring_of_two_branches_of_one_join_ends() {
    on_one_thread(async {
        let (cache, _) = cache();
        let (from_a, from_b) = scoped_async(&cache, async { tokio::join!(async_a(200, 2), async_b(200, 2)) }).await;
        assert!((200..=204).contains(&from_a) && (200..=204).contains(&from_b));
        assert_eq!(Cache::from(&cache).n_flights(), 0);
    });
}

#[cached(key = "spawned ring a:{x}", skip(hops))]
fn spawned_a(x: u64, hops: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move { if hops == 0 { x } else { spawned(spawned_b(x, hops - 1)).await + 1 } })
}

#[cached(key = "spawned ring b:{x}", skip(hops))]
fn spawned_b(x: u64, hops: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move { if hops == 0 { x } else { spawned(spawned_a(x, hops - 1)).await + 1 } })
}

/// The same cache, in a task that knows no parents.
async fn spawned(call: Pin<Box<dyn Future<Output = u64> + Send>>) -> u64 {
    tokio::spawn(scoped_async(larder::adapter_get(), call)).await.unwrap()
}

#[test]
fn a_ring_through_spawned_tasks_ends_within_minutes() {
    on_one_thread(async {
        let (cache, clock) = cache();
        let call = tokio::spawn(scoped_async(&cache, spawned_a(100, 4)));
        let mut n_minutes = 0;
        loop {
            settle().await;
            if call.is_finished() {
                break;
            }
            n_minutes += 1;
            assert!(n_minutes <= 5, "it never ends");
            clock.advance(secs(59));
            settle().await;
            assert!(!call.is_finished());
            clock.advance(secs(1));
        }
        assert_eq!(call.await.unwrap(), 104);
        assert!(n_minutes > 0, "it was a ring");
        assert_eq!(Cache::from(&cache).n_flights(), 0);
    });
}

#[test]
fn two_branches_of_one_join_share_a_key() {
    on_one_thread(async {
        let (cache, _) = cache();
        let both = scoped_async(&cache, async { tokio::join!(async_a(300, 0), async_a(300, 0)) }).await;
        assert_eq!(both, (300, 300));
    });
}
