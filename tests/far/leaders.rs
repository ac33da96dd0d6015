//! Several leaders of one key: what becomes of a result where another leader goes on, or has begun before a clear.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_lite::future::block_on;
use larder::testing::{ManualClock, MemoryAdapter};
use larder::{Cache, ErrorKind, cached, scoped, scoped_async};

use crate::moody::When;
use crate::origin::Origin;
use crate::relay::{Asked, Relay, until};

#[cached(key = "leaders_async:{id}", skip(origin), timeout = 60)]
async fn value(id: u64, origin: Arc<Origin>) -> u64 {
    origin.read().await + id - id
}

#[cached(key = "leaders_unstored:{id}", skip(origin), cache_if = |_| false)]
async fn unstored(id: u64, origin: Arc<Origin>) -> u64 {
    origin.read().await + id - id
}

fn process(store: &MemoryAdapter) -> (Cache, Arc<Relay>, ManualClock) {
    let (relay, clock) = (Arc::new(Relay::default()), ManualClock::new());
    let cache = Cache::builder(store.clone()).layer(Arc::clone(&relay)).clock(clock.clock());
    (cache.build().unwrap(), relay, clock)
}

/// A leader without a lease, as the store failed it, computes what was cleared since; another one has a lease of later epochs.
#[tokio::test]
async fn leader_from_before_a_clear_of_all_shares_nothing_with_callers_after_it() {
    #[cached(key = "leaders_shared:{id}", skip(origin), timeout = 60, wait = 1)]
    async fn value(id: u64, origin: Arc<Origin>) -> u64 {
        origin.read().await + id - id
    }
    let store = MemoryAdapter::new();
    let (cache, relay, clock) = process(&store);
    let origin = Origin::with_slow(2);
    let call = || tokio::spawn(scoped_async(&cache, value(7, Arc::clone(&origin))));
    relay.fail(Asked::Lease, ErrorKind::Unavailable);
    let first = call();
    until("it computes", || origin.n_reads() == 1).await;
    relay.fail_nothing();
    let question = relay.hold(When::Before, Asked::Lease);
    let n_looks = relay.n_answered(Asked::Entry);
    let second = call();
    until("it looks", || relay.n_answered(Asked::Entry) > n_looks).await;
    tokio::task::yield_now().await;
    clock.advance(Duration::from_secs(1));
    until("it is to claim", || relay.n_sent(Asked::Lease) == 2).await;
    origin.change();
    scoped_async(&cache, value::clear_all()).await.unwrap();
    question.close();
    until("it computes too", || origin.n_reads() == 2).await;
    let n_looks = relay.n_answered(Asked::Entry);
    let third = call();
    until("it looks", || relay.n_answered(Asked::Entry) > n_looks).await;
    tokio::task::yield_now().await;
    origin.release(1);
    assert_eq!(first.await.unwrap(), 1);
    tokio::task::yield_now().await;
    let late = call();
    origin.release(2);
    assert_eq!((second.await.unwrap(), third.await.unwrap(), late.await.unwrap()), (2, 2, 2));
}

type Call = Pin<Box<dyn Future<Output = u64>>>;

fn poll(call: &mut Call) -> Poll<u64> {
    call.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// What a computation that hangs costs, it costs once.
#[test]
fn leader_that_hangs_costs_later_callers_nothing_once_another_has_landed() {
    let store = MemoryAdapter::new();
    let (cache, _, clock) = process(&store);
    let hung = Origin::slow();
    let call = |origin: &Arc<Origin>| -> Call { Box::pin(scoped_async(&cache, value(7, Arc::clone(origin)))) };
    let mut first = call(&hung);
    assert!(poll(&mut first).is_pending());
    let mut second = call(&Origin::quick());
    assert!(poll(&mut second).is_pending());
    clock.advance(Duration::from_secs(60));
    assert_eq!(poll(&mut second), Poll::Ready(1));
    for _ in 0..3 {
        assert!(scoped(Cache::far(store.clone()), || block_on(value::clear(7))).unwrap());
        assert_eq!(poll(&mut call(&Origin::quick())), Poll::Ready(1));
    }
    drop(first);
    assert_eq!(cache.n_flights(), 0);
}

#[test]
fn leader_that_hangs_costs_later_callers_nothing_of_what_is_not_stored() {
    let store = MemoryAdapter::new();
    let (cache, _, clock) = process(&store);
    let hung = Origin::slow();
    let call = |origin: &Arc<Origin>| -> Call { Box::pin(scoped_async(&cache, unstored(7, Arc::clone(origin)))) };
    let mut first = call(&hung);
    assert!(poll(&mut first).is_pending());
    let mut second = call(&Origin::quick());
    assert!(poll(&mut second).is_pending());
    clock.advance(Duration::from_secs(60));
    assert_eq!(poll(&mut second), Poll::Ready(1));
    for _ in 0..3 {
        assert_eq!(poll(&mut call(&Origin::quick())), Poll::Ready(1));
    }
    drop(first);
    assert_eq!(cache.n_flights(), 0);
}
