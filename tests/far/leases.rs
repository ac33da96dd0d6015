//! A lease of a computation that stores nothing is given back: it takes no room in the store, and nothing from others who
//! compute the same key.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use larder::layer::{Layer, Verb};
use larder::testing::MemoryAdapter;
use larder::{Cache, Result, cached, scoped, scoped_async};

use crate::moody::When;
use crate::origin::{Origin, Work};
use crate::pair::{Faults, Pair, pairs};
use crate::relay::{Asked, until};

const N_CALLS: u64 = 50;

/// Version 1 comes to nothing.
#[cached(key = "leases_async:{id}", skip(origin), timeout = 60)]
async fn value(id: u64, origin: Arc<Origin>) -> Option<u64> {
    let version = origin.read().await + id - id;
    (version > 1).then_some(version)
}

#[cached(key = "leases_blocking:{id}", skip(origin), timeout = 60)]
fn blocking(id: u64, origin: &Origin) -> Option<u64> {
    let version = origin.read_blocking() + id - id;
    (version > 1).then_some(version)
}

#[cached(key = "leases_failing:{id}")]
async fn failing(id: u64) -> Result<u64, String> {
    Err(id.to_string())
}

#[cached(key = "leases_refused:{id}", cache_if = |_| false)]
async fn refused(id: u64) -> u64 {
    id
}

#[cached(key = "leases_too_large:{id}")]
async fn too_large(id: u64) -> String {
    id.to_string().repeat(3 << 20)
}

#[cached(key = "leases_panicking:{id}")]
fn panicking(id: u64) -> u64 {
    // Without a word.
    std::panic::resume_unwind(Box::new(id))
}

#[cached(key = "leases_endless:{id}")]
async fn endless(id: u64) -> u64 {
    std::future::pending::<()>().await;
    id
}

#[cached(key = "leases_cleared:{id}")]
async fn cleared(id: u64) -> Option<u64> {
    cleared::clear(id).await.unwrap();
    None
}

#[cached(key = "leases_cleared_at_all:{id}")]
async fn all_cleared(id: u64) -> u64 {
    all_cleared::clear_all().await.unwrap();
    id
}

#[cached(key = "leases_set:{id}")]
async fn set(id: u64) -> Option<u64> {
    assert!(!set::set(id, None).await.unwrap());
    None
}

/// Begins a call whose lease is not used.
type Way = fn(&Pair, u64) -> Work<()>;

const WAYS: [(&str, Way); 12] = [
    ("a `None`", |pair, id| in_scope(pair, async move { assert_eq!(value(id, Origin::quick()).await, None) })),
    ("a `None` of blocking code", |pair, id| {
        in_scope(pair, async move { assert_eq!(blocking(id, &Origin::quick()), None) })
    }),
    ("an `Err`", |pair, id| in_scope(pair, async move { assert!(failing(id).await.is_err()) })),
    ("a result that is refused", |pair, id| in_scope(pair, async move { assert_eq!(refused(id).await, id) })),
    ("a result that is too large", |pair, id| in_scope(pair, async move { drop(too_large(id).await) })),
    ("a panic", |pair, id| {
        in_scope(pair, async move { assert!(catch_unwind(AssertUnwindSafe(|| panicking(id))).is_err()) })
    }),
    ("a call that is cancelled", |pair, id| {
        let call = tokio::spawn(scoped_async(&pair.here, endless(id)));
        let (relay, n_leases) = (Arc::clone(&pair.relay), pair.relay.n_answered(Asked::Lease));
        Box::pin(async move {
            until("it computes", || relay.n_answered(Asked::Lease) > n_leases).await;
            call.abort();
            assert!(call.await.unwrap_err().is_cancelled());
        })
    }),
    ("a call that is cancelled before its lease is there", |pair, id| {
        let answer = pair.relay.hold(When::After, Asked::Lease);
        let call = tokio::spawn(scoped_async(&pair.here, endless(id)));
        let (relay, n_leases) = (Arc::clone(&pair.relay), pair.relay.n_answered(Asked::Lease));
        Box::pin(async move {
            until("it claims", || relay.n_answered(Asked::Lease) > n_leases).await;
            call.abort();
            assert!(call.await.unwrap_err().is_cancelled());
            answer.close();
        })
    }),
    ("a key that was cleared meanwhile", |pair, id| in_scope(pair, async move { assert_eq!(cleared(id).await, None) })),
    ("a function that was cleared meanwhile", |pair, id| {
        in_scope(pair, async move { assert_eq!(all_cleared(id).await, id) })
    }),
    ("a key that was set meanwhile", |pair, id| in_scope(pair, async move { assert_eq!(set(id).await, None) })),
    ("a refresh to `None`", |pair, id| {
        in_scope(pair, async move { assert_eq!(value::refresh(id, Origin::quick()).await, None) })
    }),
];

fn in_scope(pair: &Pair, call: impl Future<Output = ()> + Send + 'static) -> Work<()> {
    Box::pin(scoped_async(&pair.here, call))
}

/// In any store that tells how much is in it.
async fn none_is_left(pair: &Pair, what: &str, faults: &mut Faults) {
    for _ in 0..500 {
        if pair.n_stored() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    faults.unless(false, || format!("{what} on {}: {} are left in the store", pair.name, pair.n_stored()));
    pair.elsewhere.asynchronous().flush_store().await.unwrap();
}

#[tokio::test]
async fn lease_that_is_not_used_leaves_the_store() {
    let mut faults = Faults::default();
    for pair in pairs().filter(Pair::tells_what_is_stored) {
        for (what, way) in WAYS {
            for id in 0..N_CALLS {
                way(&pair, id).await;
            }
            none_is_left(&pair, what, &mut faults).await;
        }
    }
    faults.judge();
}

#[tokio::test]
async fn lease_that_is_not_used_leaves_the_store_with_waiters_too() {
    let mut faults = Faults::default();
    for pair in pairs().filter(Pair::tells_what_is_stored) {
        for n_waiters in [1, 20] {
            let origin = Origin::slow();
            let call = || tokio::spawn(scoped_async(&pair.here, value(700, Arc::clone(&origin))));
            let n_looks = pair.relay.n_answered(Asked::Entry);
            let calls: Vec<_> = (0..=n_waiters).map(|_| call()).collect();
            until("they look", || pair.relay.n_answered(Asked::Entry) > n_looks + n_waiters).await;
            until("one computes", || origin.n_reads() == 1).await;
            origin.release(1);
            for call in calls {
                assert_eq!(call.await.unwrap(), None);
            }
            none_is_left(&pair, &format!("{n_waiters} waiters"), &mut faults).await;
        }
    }
    faults.judge();
}

/// They share one lease, and whoever of them stores nothing gives back a share of it.
#[tokio::test]
async fn release_takes_no_lease_from_another_process() {
    let mut faults = Faults::default();
    for pair in pairs() {
        for (id, releases_here, claims_first) in
            [(0, true, true), (1, true, false), (2, false, true), (3, false, false)]
        {
            let (stores, comes_to_nothing) = (Origin::with_slow(2), Origin::slow());
            stores.change();
            let call = |is_here: bool, origin: &Arc<Origin>| {
                let cache = if is_here { &pair.here } else { &pair.elsewhere };
                tokio::spawn(scoped_async(cache, value(id, Arc::clone(origin))))
            };
            let mut calls = [(releases_here, &comes_to_nothing), (!releases_here, &stores)];
            if !claims_first {
                calls.reverse();
            }
            let mut both = Vec::new();
            for (is_here, origin) in calls {
                both.push(call(is_here, origin));
                until("it computes", || origin.n_reads() == 1).await;
            }
            if !claims_first {
                both.reverse();
            }
            comes_to_nothing.release(1);
            assert_eq!(both.remove(0).await.unwrap(), None);
            // What is given back behind the caller arrives.
            tokio::time::sleep(Duration::from_millis(20)).await;
            stores.release(2);
            assert_eq!(both.remove(0).await.unwrap(), Some(2));
            let stored = scoped_async(&pair.elsewhere, async { value::get(id).await.unwrap() }).await;
            faults.unless(stored == Some(Some(2)), || format!("case {id} on {}: {stored:?} is stored", pair.name));
        }
    }
    faults.judge();
}

/// A refresh replaces the lease of whoever computes, and what that one gives back is its own.
#[tokio::test]
async fn release_takes_no_lease_from_a_refresh() {
    let mut faults = Faults::default();
    for pair in pairs() {
        for (id, is_here) in [(10, true), (11, false)] {
            let (stores, comes_to_nothing) = (Origin::with_slow(2), Origin::slow());
            stores.change();
            let early = tokio::spawn(scoped_async(&pair.here, value(id, Arc::clone(&comes_to_nothing))));
            until("it computes", || comes_to_nothing.n_reads() == 1).await;
            let refresh = value::refresh(id, Arc::clone(&stores));
            let refresh = tokio::spawn(scoped_async(if is_here { &pair.here } else { &pair.elsewhere }, refresh));
            until("it computes anew", || stores.n_reads() == 1).await;
            comes_to_nothing.release(1);
            assert_eq!(early.await.unwrap(), None);
            tokio::time::sleep(Duration::from_millis(20)).await;
            stores.release(2);
            assert_eq!(refresh.await.unwrap(), Some(2));
            let stored = scoped_async(&pair.elsewhere, async { value::get(id).await.unwrap() }).await;
            faults.unless(stored == Some(Some(2)), || format!("case {id} on {}: {stored:?} is stored", pair.name));
        }
    }
    faults.judge();
}

/// Who blocks leaves no lease behind either, on whatever thread.
#[test]
fn lease_of_a_thread_leaves_the_store() {
    let mut faults = Faults::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for pair in pairs().filter(Pair::tells_what_is_stored) {
        std::thread::scope(|threads| {
            for id in 0..N_CALLS {
                let here = &pair.here;
                threads.spawn(move || scoped(here, || assert_eq!(blocking(id % 10, &Origin::quick()), None)));
            }
        });
        runtime.block_on(none_is_left(&pair, "threads", &mut faults));
    }
    faults.judge();
}

/// Whoever waits takes over, and what was on its way is given back all the same.
#[tokio::test]
async fn lease_of_a_call_that_is_cancelled_while_it_gives_it_back_leaves_the_store() {
    let mut faults = Faults::default();
    for pair in pairs().filter(Pair::tells_what_is_stored) {
        let origin = Origin::slow();
        let call = || tokio::spawn(scoped_async(&pair.here, value(800, Arc::clone(&origin))));
        let first = call();
        until("it computes", || origin.n_reads() == 1).await;
        let n_looks = pair.relay.n_answered(Asked::Entry);
        let second = call();
        until("it looks", || pair.relay.n_answered(Asked::Entry) > n_looks).await;
        let release = pair.relay.hold(When::Before, Asked::Verdict);
        origin.release(1);
        until("it gives its lease back", || pair.relay.n_sent(Asked::Verdict) > 0).await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        release.close();
        assert_eq!(second.await.unwrap(), None);
        none_is_left(&pair, "a release that is cancelled", &mut faults).await;
    }
    faults.judge();
}

/// A layer of the program's own that panics where a claim goes by.
struct Panics;

impl Layer for Panics {
    async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        if std::any::type_name::<T>().ends_with("Permitted") {
            // Once it was polled and is to be polled again.
            tokio::task::yield_now().await;
            panic!("on purpose");
        }
        call.await
    }
}

#[test]
fn claim_that_panics_is_over() {
    #[cached(key = "leases_panic:{id}")]
    fn value(id: u64) -> u64 {
        id
    }
    let panics = Arc::new(Panics);
    let cache = Cache::builder(MemoryAdapter::new()).layer(Arc::clone(&panics)).build().unwrap();
    let call = || scoped(&cache, || value(7));
    let _ = catch_unwind(AssertUnwindSafe(call));
    drop(cache);
    // Whatever goes on behind the caller holds the store.
    let started = Instant::now();
    while Arc::strong_count(&panics) > 1 {
        assert!(started.elapsed() < Duration::from_secs(10), "it panics again and again");
        std::thread::sleep(Duration::from_millis(1));
    }
}
