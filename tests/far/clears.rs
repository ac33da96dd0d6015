//! Computations that another process overtakes by a clear of the whole function or namespace. For a second after it, callers
//! may join them; later ones compute anew, once for all of them.

use std::sync::Arc;
use std::time::Duration;

use larder::{Cache, cached, scoped_async};
use tokio::task::JoinHandle;

use crate::origin::{Origin, Work};
use crate::pair::{Faults, Pair, pairs};
use crate::relay::{Asked, until};

const N_LATE: usize = 20;
/// An epoch that was read is believed for a second.
const BELIEVED: Duration = Duration::from_millis(1_001);

#[cached(key = "clears_async:{id}", skip(origin))]
async fn value(id: u64, origin: Arc<Origin>) -> u64 {
    origin.read().await + id - id
}

#[cached(key = "clears_blocking:{id}", skip(origin))]
fn blocking(id: u64, origin: &Origin) -> u64 {
    origin.read_blocking() + id - id
}

/// Clears all entries of the functions above, as the process of that cache.
type Clear = fn(Cache) -> Work<larder::Result<()>>;

const CLEARS: [(&str, Clear); 5] = [
    ("clear_all", |cache| Box::pin(scoped_async(cache, async { value::clear_all().await }))),
    ("clear", |cache| Box::pin(async move { cache.clear_async().await })),
    ("clear, blocking", |cache| Box::pin(async move { cache.clear() })),
    ("clear by hand", |cache| Box::pin(async move { cache.asynchronous().clear().await.map(drop) })),
    ("clear of a handle", |cache| Box::pin(async move { cache.with_namespace(cache.namespace()).clear_async().await })),
];

fn call(pair: &Pair, id: u64, origin: &Arc<Origin>) -> JoinHandle<u64> {
    tokio::spawn(scoped_async(&pair.here, value(id, Arc::clone(origin))))
}

/// What the late callers are given, once all of them have looked.
async fn late(pair: &Pair, id: u64, origin: &Arc<Origin>) -> Vec<u64> {
    let n_looks = pair.relay.n_answered(Asked::Entry);
    let calls: Vec<_> = (0..N_LATE).map(|_| call(pair, id, origin)).collect();
    // What follows a look, up to where the caller waits, is one step on this thread.
    until("they look", || pair.relay.n_answered(Asked::Entry) >= n_looks + N_LATE).await;
    origin.release(1);
    let mut given = Vec::new();
    for call in calls {
        given.push(call.await.unwrap());
    }
    given
}

#[tokio::test]
async fn clear_all_elsewhere_ends_joining_within_a_second() {
    let mut faults = Faults::default();
    for pair in pairs() {
        for (id, (clear, cleared)) in CLEARS.into_iter().enumerate() {
            let (id, what) = (id as u64, format!("{clear} on {}", pair.name));
            let origin = Origin::slow();
            let first = call(&pair, id, &origin);
            until("it computes", || origin.n_reads() == 1).await;
            origin.change();
            cleared(pair.elsewhere.clone()).await.unwrap();
            pair.clock.advance(BELIEVED);
            let given = late(&pair, id, &origin).await;
            faults.unless(given == [2; N_LATE], || format!("{what}: late callers are given {given:?}"));
            assert_eq!(first.await.unwrap(), 1, "{what}: it began before the clear");
            assert_eq!(call(&pair, id, &origin).await.unwrap(), 2, "{what}");
            let n_reads = origin.n_reads();
            faults.unless(n_reads == 2, || {
                format!("{what}: {n_reads} computations where one for all late ones is stored")
            });
        }
    }
    faults.judge();
}

/// The epoch is not asked for by those who call, but was read meanwhile: behind the callers, or for another key.
#[tokio::test]
async fn clear_all_elsewhere_ends_joining_however_it_is_learned() {
    let mut faults = Faults::default();
    for pair in pairs() {
        for (id, is_read_behind) in [(100, true), (200, false)] {
            let what = format!("{} on {}", if is_read_behind { "behind callers" } else { "by a claim" }, pair.name);
            let origin = Origin::slow();
            let first = call(&pair, id, &origin);
            until("it computes", || origin.n_reads() == 1).await;
            origin.change();
            scoped_async(&pair.elsewhere, async { value::clear_all().await.unwrap() }).await;
            let n_read = pair.relay.n_answered(Asked::Epochs);
            if is_read_behind {
                // In steps, as on a busy machine it may not have looked at the clock yet by which it waits.
                until("the epochs are read", || {
                    pair.clock.advance(Duration::from_millis(5));
                    pair.relay.n_answered(Asked::Epochs) > n_read
                })
                .await;
            } else {
                // It misses, and its claim tells the epochs.
                assert_eq!(call(&pair, id + 1, &origin).await.unwrap(), 2, "{what}");
            }
            pair.clock.advance(Duration::from_millis(501));
            let given = late(&pair, id, &origin).await;
            faults.unless(given == [2; N_LATE], || format!("{what}: late callers are given {given:?}"));
            assert_eq!(first.await.unwrap(), 1, "{what}");
        }
    }
    faults.judge();
}

#[tokio::test]
async fn clear_all_elsewhere_ends_joining_of_threads_too() {
    let mut faults = Faults::default();
    for pair in pairs() {
        let origin = Origin::slow();
        let ask = || {
            let (here, origin) = (pair.here.clone(), Arc::clone(&origin));
            std::thread::spawn(move || larder::scoped(here, || blocking(7, &origin)))
        };
        let first = ask();
        until("it computes", || origin.n_reads() == 1).await;
        origin.change();
        larder::scoped(&pair.elsewhere, || blocking::clear_all().unwrap());
        pair.clock.advance(BELIEVED);
        let n_looks = pair.relay.n_answered(Asked::Entry);
        let late: Vec<_> = (0..N_LATE).map(|_| ask()).collect();
        until("they look", || pair.relay.n_answered(Asked::Entry) >= n_looks + N_LATE).await;
        origin.release(1);
        let given: Vec<u64> = late.into_iter().map(|thread| thread.join().unwrap()).collect();
        faults.unless(given == [2; N_LATE], || format!("on {}: late callers are given {given:?}", pair.name));
        assert_eq!(first.join().unwrap(), 1, "{}", pair.name);
        let n_reads = origin.n_reads();
        faults.unless(n_reads == 2, || format!("on {}: {n_reads} computations", pair.name));
    }
    faults.judge();
}

/// A result of before a clear is stored by nobody's lease but its own: it is dead, and a lease is used up by what is stored.
#[tokio::test]
async fn fill_from_before_clear_all_takes_no_lease_of_a_later_one() {
    let mut faults = Faults::default();
    for pair in pairs() {
        let origin = Origin::with_slow(2);
        let early = call(&pair, 300, &origin);
        until("it computes", || origin.n_reads() == 1).await;
        origin.change();
        scoped_async(&pair.elsewhere, async { value::clear_all().await.unwrap() }).await;
        let later = tokio::spawn(scoped_async(&pair.elsewhere, value(300, Arc::clone(&origin))));
        until("it computes too", || origin.n_reads() == 2).await;
        origin.release(1);
        assert_eq!(early.await.unwrap(), 1);
        origin.release(2);
        assert_eq!(later.await.unwrap(), 2);
        let stored = scoped_async(&pair.elsewhere, async { value::get(300).await.unwrap() }).await;
        faults.unless(stored == Some(2), || format!("on {}: {stored:?} is stored", pair.name));
    }
    faults.judge();
}

#[tokio::test]
async fn clear_all_elsewhere_leaves_other_flights_alone() {
    #[cached(key = "clears_neighbour:{id}", skip(origin))]
    async fn neighbour(id: u64, origin: Arc<Origin>) -> u64 {
        origin.read().await + id - id
    }
    #[cached(key = "clears_local:{id}", skip(origin), local)]
    async fn local(id: u64, origin: Arc<Origin>) -> u64 {
        origin.read().await + id - id
    }
    type Call = fn(Arc<Origin>) -> Work<u64>;
    let of_template: Call = |origin| Box::pin(neighbour(7, origin));
    let of_process: Call = |origin| Box::pin(local(7, origin));
    let of_namespace: Call = |origin| Box::pin(value(7, origin));
    let cases: [(&str, Call, Clear, &str); 4] = [
        ("of another template", of_template, CLEARS[0].1, "larder"),
        ("of another namespace", of_namespace, CLEARS[1].1, "elsewhere"),
        ("of a local function, by clear", of_process, CLEARS[1].1, "larder"),
        (
            "of a local function, by clear_all",
            of_process,
            |cache| Box::pin(scoped_async(cache, async { local::clear_all().await })),
            "larder",
        ),
    ];
    for pair in pairs() {
        for (what, call, clear, namespace) in cases {
            let (origin, here) = (Origin::slow(), pair.here.with_namespace(namespace));
            let call = || tokio::spawn(scoped_async(&here, call(Arc::clone(&origin))));
            let first = call();
            until("it computes", || origin.n_reads() == 1).await;
            // Both know the epochs of that namespace.
            assert_eq!(scoped_async(&here, value(8, Origin::quick())).await, 1);
            clear(pair.elsewhere.clone()).await.unwrap();
            pair.clock.advance(BELIEVED);
            let late: Vec<_> = (0..N_LATE).map(|_| call()).collect();
            // They learn of what was cleared.
            assert_eq!(scoped_async(&here, value(9, Origin::quick())).await, 1);
            origin.release(1);
            assert_eq!(first.await.unwrap(), 1);
            for late in late {
                assert_eq!(late.await.unwrap(), 1);
            }
            assert_eq!(origin.n_reads(), 1, "a flight {what} on {}", pair.name);
            scoped_async(&here, async { local::clear(7).await.unwrap() }).await;
            here.clear().unwrap();
        }
    }
}
