//! A refresh or a set whose store has failed, or is full: the older value in the store is not served for good. Here it is not
//! served from then on, and elsewhere not once the store has been told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_lite::future::block_on;
use larder::ErrorKind::{self, TooLarge, Unavailable};
use larder::testing::ManualClock;
use larder::{Cache, IntoCache, cached, scoped, scoped_async};
use larder_servers::{Memcached, Redis, Server, or_skip};

use crate::moody::{Mood, Moody, When};
use crate::origin::{Origin, Work};
use crate::pair::{Faults, Pair, pairs};
use crate::relay::{Asked, until};
use crate::stores;

/// Version 3 comes to nothing, and version 4 cannot be stored.
#[cached(key = "older_async:{id}", skip(origin), timeout = 600)]
async fn value(id: u64, origin: Arc<Origin>) -> Option<String> {
    make(origin.read().await + id - id)
}

#[cached(key = "older_blocking:{id}", skip(origin), timeout = 600)]
fn blocking(id: u64, origin: &Origin) -> Option<String> {
    make(origin.read_blocking() + id - id)
}

fn make(version: u64) -> Option<String> {
    match version {
        3 => None,
        4 => Some("4".repeat(3 << 20)),
        version => Some(version.to_string()),
    }
}

fn is_first(given: &Option<String>) -> bool {
    given.as_deref() == Some("1")
}

/// Puts something in the place of what is stored, and says whether it went as it should.
type Way = fn(u64, Arc<Origin>) -> Work<bool>;

fn refresh(id: u64, origin: Arc<Origin>) -> Work<bool> {
    Box::pin(async move { !is_first(&value::refresh(id, origin).await) })
}

fn refresh_to(version: u64, id: u64, origin: Arc<Origin>) -> Work<bool> {
    (2..version).for_each(|_| origin.change());
    refresh(id, origin)
}

const WAYS: [(&str, Way); 5] = [
    ("refresh", refresh),
    ("refresh to `None`", |id, origin| refresh_to(3, id, origin)),
    ("refresh to what is too large", |id, origin| refresh_to(4, id, origin)),
    ("set", |id, _| Box::pin(async move { value::set(id, Some("2".into())).await.is_err() })),
    ("set to what is not stored", |id, _| Box::pin(async move { value::set(id, None).await.is_err() })),
];

/// What the store fails with: that which claims a lease, that which stores, that which removes.
const FAILURES: [(&str, [Option<ErrorKind>; 3]); 6] = [
    ("a store that is full", [None, Some(TooLarge), Some(Unavailable)]),
    ("a store that is full, removals too", [None, Some(TooLarge), Some(TooLarge)]),
    ("a store that is full, leases too", [Some(TooLarge), Some(TooLarge), Some(Unavailable)]),
    ("a store that fails", [Some(Unavailable), Some(Unavailable), Some(Unavailable)]),
    ("a store that fails after the computation", [None, Some(Unavailable), Some(Unavailable)]),
    ("a store that fails for a moment", [None, Some(Unavailable), None]),
];

fn fail(pair: &Pair, failures: [Option<ErrorKind>; 3]) {
    for (asked, kind) in [Asked::Lease, Asked::Verdict, Asked::Removal].into_iter().zip(failures) {
        kind.into_iter().for_each(|kind| pair.relay.fail(asked, kind));
    }
}

/// Until the store has been told of what it has missed.
async fn settled(pair: &Pair) {
    pair.relay.fail_nothing();
    until("it is never told", || {
        pair.clock.advance(Duration::from_millis(20));
        pair.here.n_undelivered() == 0
    })
    .await;
}

#[tokio::test]
async fn older_value_is_not_served_after_a_store_has_failed() {
    let mut faults = Faults::default();
    for pair in pairs() {
        let cases = FAILURES.iter().flat_map(|failure| WAYS.iter().map(move |way| (failure, way)));
        for (id, ((failure, kinds), (name, way))) in (0..).zip(cases) {
            let what = format!("{name}, {failure}, {}", pair.name);
            let origin = Origin::quick();
            let call = |cache: &Cache| scoped_async(cache, value(id, Arc::clone(&origin)));
            assert!(is_first(&call(&pair.here).await), "{what}");
            assert!(is_first(&call(&pair.elsewhere).await), "{what}");
            origin.change();
            fail(&pair, *kinds);
            let went_well = scoped_async(&pair.here, way(id, Arc::clone(&origin))).await;
            let is_owed = went_well || pair.here.n_undelivered() == 0;
            faults.unless(is_owed, || format!("{what}: it answers wrongly"));
            faults.unless(!is_first(&call(&pair.here).await), || format!("{what}: served at once"));
            settled(&pair).await;
            faults.unless(!is_first(&call(&pair.here).await), || format!("{what}: served here"));
            faults.unless(!is_first(&call(&pair.elsewhere).await), || format!("{what}: served elsewhere"));
            scoped_async(&pair.here, async { value::clear(id).await.unwrap() }).await;
        }
    }
    faults.judge();
}

#[test]
fn older_value_is_not_served_to_threads_after_a_store_has_failed() {
    let mut faults = Faults::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for pair in pairs() {
        for (id, (failure, kinds)) in (0..).zip(FAILURES) {
            let what = format!("{failure}, {}", pair.name);
            let origin = Origin::quick();
            let call = |cache: &Cache| scoped(cache, || blocking(id, &origin));
            assert!(is_first(&call(&pair.here)), "{what}");
            origin.change();
            fail(&pair, kinds);
            assert_eq!(scoped(&pair.here, || blocking::refresh(id, &origin)).as_deref(), Some("2"), "{what}");
            faults.unless(!is_first(&call(&pair.here)), || format!("{what}: served at once"));
            runtime.block_on(settled(&pair));
            faults.unless(!is_first(&call(&pair.here)), || format!("{what}: served here"));
            faults.unless(!is_first(&call(&pair.elsewhere)), || format!("{what}: served elsewhere"));
        }
    }
    faults.judge();
}

/// Refreshes while `fail` holds the store back, until `mend`.
fn outlive(name: &str, caches: [Cache; 2], fail: impl FnOnce(), mend: impl FnOnce(), faults: &mut Faults) {
    let ([here, elsewhere], origin) = (caches, Origin::quick());
    let call = |cache: &Cache| scoped(cache, || blocking(7, &origin));
    assert!(is_first(&call(&here)) && is_first(&call(&elsewhere)), "{name}");
    assert_eq!(origin.n_reads(), 1, "{name}: it is stored");
    origin.change();
    fail();
    assert_eq!(scoped(&here, || blocking::refresh(7, &origin)).as_deref(), Some("2"), "{name}");
    faults.unless(!is_first(&call(&here)), || format!("{name}: served at once"));
    mend();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(until("it is used again", || scoped(&here, || blocking::get(8)).is_ok()));
    runtime.block_on(until("it is told", || here.n_undelivered() == 0));
    for (cache, place) in [(here, "here"), (elsewhere, "elsewhere")] {
        faults.unless(!is_first(&call(&cache)), || format!("{name}: served {place} after the outage"));
    }
}

#[test]
fn older_value_is_not_served_after_an_outage() {
    let mut faults = Faults::default();
    let frozen = |name, server: &Server, faults: &mut Faults| {
        let caches = [(); 2].map(|()| server.url().as_str().into_cache().unwrap());
        outlive(name, caches, || server.freeze().unwrap(), || server.thaw().unwrap(), faults);
    };
    or_skip(Redis::start()).iter().for_each(|redis| frozen("redis", redis, &mut faults));
    or_skip(Memcached::start()).iter().for_each(|memcached| frozen("memcached", memcached, &mut faults));
    let sqlite = stores::stores().find(|store| store.name == "sqlite").unwrap();
    let caches = [(); 2].map(|()| sqlite.url.as_str().into_cache().unwrap());
    let other = rusqlite::Connection::open(sqlite.url.trim_start_matches("sqlite:")).unwrap();
    let lock = || other.execute_batch("BEGIN IMMEDIATE").unwrap();
    outlive("sqlite", caches, lock, || other.execute_batch("ROLLBACK").unwrap(), &mut faults);
    faults.judge();
}

/// Without room for a lease nothing is to be stored, and what is stored can be removed all the same.
#[test]
fn older_value_is_not_served_where_redis_is_full() {
    let mut faults = Faults::default();
    let Some(redis) = or_skip(Redis::with(&[("maxmemory", "3mb"), ("maxmemory-policy", "noeviction")])) else { return };
    let caches = [(); 2].map(|()| redis.url().as_str().into_cache().unwrap());
    let mut connection = redis::Client::open(redis.url()).unwrap().get_connection().unwrap();
    let mut command = |name: &str, arguments: [String; 2]| {
        redis::cmd(name).arg(&arguments).query::<redis::Value>(&mut connection).map(drop)
    };
    let fill = || {
        for (n_bytes, number) in
            [1 << 16, 1 << 10, 16].into_iter().flat_map(|n| (0..10_000).map(move |number| (n, number)))
        {
            if command("SETNX", [format!("{n_bytes}:{number}"), "x".repeat(n_bytes)]).is_err() && n_bytes == 16 {
                return;
            }
        }
    };
    outlive("redis", caches, fill, || {}, &mut faults);
    faults.judge();
}

/// It computes without the store, which has more to do than it may be given, and what stands there is as old as before.
#[test]
fn refresh_that_finds_no_place_at_its_store_leaves_no_older_value() {
    #[cached(key = "older_crowded:{id}", skip(version), timeout = 600)]
    async fn value(id: u64, version: Arc<AtomicU64>) -> u64 {
        version.load(SeqCst) + id - id
    }
    let (store, clock) = (Moody::new(Mood::Works), ManualClock::new());
    let cache = Cache::builder(store.clone()).clock(clock.clock()).max_in_flight(1).build().unwrap();
    let context = &mut Context::from_waker(Waker::noop());
    let in_scope = |call| Box::pin(scoped_async(&cache, call));
    let version = Arc::new(AtomicU64::new(1));
    assert_eq!(block_on(in_scope(value(7, Arc::clone(&version)))), 1);
    let held = store.hold(When::Before, "permit");
    let mut other = in_scope(value(8, Arc::clone(&version)));
    assert!(other.as_mut().poll(context).is_pending());
    version.store(2, SeqCst);
    let mut refresh = Box::pin(scoped_async(&cache, value::refresh(7, Arc::clone(&version))));
    assert!(refresh.as_mut().poll(context).is_pending());
    clock.advance(Duration::from_millis(250));
    assert_eq!(refresh.as_mut().poll(context), Poll::Ready(2));
    held.close();
    store.hold_nothing();
    drop(other);
    assert_eq!(block_on(in_scope(value(7, Arc::clone(&version)))), 2);
}
