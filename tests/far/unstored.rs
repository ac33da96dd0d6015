//! Results that are not stored, while another process changes the key: nothing of them reaches callers who came later. Those who
//! came before may have them.

use std::sync::Arc;

use larder::{Cache, cached, scoped_async};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use crate::origin::{Origin, Work};
use crate::pair::{Faults, Pair, pairs};
use crate::relay::{Asked, until};

const N_EARLY: usize = 4;
const N_LATE: usize = 12;

/// A function whose result of version 1 is not stored, as async code and as blocking code. All tell the version that they give.
struct Kind {
    name: &'static str,
    call: fn(u64, Arc<Origin>) -> Work<u64>,
    blocking: fn(u64, &Origin) -> u64,
    key: fn(u64) -> larder::Key,
    clear: fn(u64) -> Work<larder::Result<bool>>,
    clear_blocking: fn(u64) -> larder::Result<bool>,
    end: fn(u64) -> Work<larder::Result<bool>>,
}

/// Makes a kind: `$make` tells the result of a version, `$read` the version of a result.
macro_rules! kind {
    ($name:ident, $result:ty, $make:expr, $read:expr $(, $option:ident = $value:expr)*) => {
        mod $name {
            use super::*;

            #[cached(skip(origin) $(, $option = $value)*)]
            async fn value(id: u64, origin: Arc<Origin>) -> $result {
                make(origin.read().await + id - id)
            }

            #[cached(skip(origin) $(, $option = $value)*)]
            fn blocking(id: u64, origin: &Origin) -> $result {
                make(origin.read_blocking() + id - id)
            }

            fn make(version: u64) -> $result {
                let make: fn(u64) -> $result = $make;
                make(version)
            }

            fn read(result: $result) -> u64 {
                let read: fn($result) -> u64 = $read;
                read(result)
            }

            pub(super) const KIND: Kind = Kind {
                name: stringify!($name),
                call: |id, origin| Box::pin(async move { read(value(id, origin).await) }),
                blocking: |id, origin| read(blocking(id, origin)),
                key: |id| value::key(id),
                clear: |id| Box::pin(value::clear(id)),
                clear_blocking: |id| blocking::clear(id),
                end: |id| Box::pin(value::update_timeout(id, 0)),
            };
        }
    };
}

kind!(nothing, Option<u64>, |version| (version > 1).then_some(version), |given| given.unwrap_or(1));
kind!(nothing_at_all, Result<Option<u64>, String>, |version| Ok((version > 1).then_some(version)), |given| given
    .unwrap()
    .unwrap_or(1));
kind!(failure, Result<u64, String>, |version| if version > 1 { Ok(version) } else { Err("1".into()) }, |given| given
    .unwrap_or(1));
kind!(refused, u64, |version| version, |given| given, cache_if = |version| *version > 1);
kind!(always_refused, u64, |version| version, |given| given, cache_if = |_| false);
kind!(no_time, u64, |version| version, |given| given, timeout_by = |version| if *version > 1 { 60 } else { 0 });
kind!(never_any_time, u64, |version| version, |given| given, timeout = zero());
kind!(too_large, String, |version| "x".repeat(if version > 1 { 2 } else { 3 << 20 }), |given| if given.len() == 2 {
    2
} else {
    1
});
kind!(unwritable, Unwritable, Unwritable, |given| given.0);

fn zero() -> u64 {
    0
}

const KINDS: [Kind; 9] = [
    nothing::KIND,
    nothing_at_all::KIND,
    failure::KIND,
    refused::KIND,
    always_refused::KIND,
    no_time::KIND,
    never_any_time::KIND,
    too_large::KIND,
    unwritable::KIND,
];

/// No codec writes its first version.
#[derive(Clone, Deserialize)]
struct Unwritable(u64);

impl Serialize for Unwritable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            1 => Err(serde::ser::Error::custom("the first version is not to be written")),
            version => serializer.serialize_newtype_struct("Unwritable", &version),
        }
    }
}

fn call(pair: &Pair, kind: &Kind, id: u64, origin: &Arc<Origin>) -> JoinHandle<u64> {
    tokio::spawn(scoped_async(&pair.here, (kind.call)(id, Arc::clone(origin))))
}

/// `n` calls that have looked, and wait.
async fn crowd(pair: &Pair, kind: &Kind, id: u64, origin: &Arc<Origin>, n: usize) -> Vec<JoinHandle<u64>> {
    let n_looks = pair.relay.n_answered(Asked::Entry);
    let calls = (0..n).map(|_| call(pair, kind, id, origin)).collect();
    // What follows a look, up to where the caller waits, is one step on this thread.
    until("they look", || pair.relay.n_answered(Asked::Entry) >= n_looks + n).await;
    calls
}

async fn given(calls: Vec<JoinHandle<u64>>) -> Vec<u64> {
    let mut given = Vec::new();
    for call in calls {
        given.push(call.await.unwrap());
    }
    given
}

/// While a call of `kind` computes its first version, another process changes the key in this `way`.
async fn check(pair: &Pair, kind: &Kind, id: u64, way: (&str, Way), faults: &mut Faults) {
    let what = format!("{}, {} on {}", kind.name, way.0, pair.name);
    let origin = Origin::slow();
    let first = call(pair, kind, id, &origin);
    until("it computes", || origin.n_reads() == 1).await;
    let early = crowd(pair, kind, id, &origin, N_EARLY).await;
    origin.change();
    way.1(pair.elsewhere.clone(), kind, id).await;
    let late = crowd(pair, kind, id, &origin, N_LATE).await;
    origin.release(1);
    assert_eq!(first.await.unwrap(), 1, "{what}: it began before");
    assert!(given(early).await.iter().all(|version| [1, 2].contains(version)), "{what}");
    let given = given(late).await;
    faults.unless(given == [2; N_LATE], || format!("{what}: late callers are given {given:?}"));
    let n_reads = origin.n_reads();
    faults.unless(n_reads <= 2, || format!("{what}: {n_reads} computations"));
}

type Way = fn(Cache, &Kind, u64) -> Work<()>;

const CLEAR: (&str, Way) = ("clear", |cache, kind, id| {
    let clear = (kind.clear)(id);
    Box::pin(async move { _ = scoped_async(cache, clear).await.unwrap() })
});

#[tokio::test]
async fn unstored_result_reaches_no_caller_after_a_clear() {
    let mut faults = Faults::default();
    for pair in pairs() {
        for kind in &KINDS {
            check(&pair, kind, 7, CLEAR, &mut faults).await;
        }
    }
    faults.judge();
}

#[tokio::test]
async fn unstored_result_reaches_no_caller_after_any_change() {
    let ways: [(&str, Way); 5] = [
        ("update_timeout to 0", |cache, kind, id| {
            let end = (kind.end)(id);
            Box::pin(async move { _ = scoped_async(cache, end).await.unwrap() })
        }),
        ("delete", |cache, kind, id| {
            let key = (kind.key)(id);
            Box::pin(async move { _ = cache.asynchronous().delete(key).await.unwrap() })
        }),
        ("remove", |cache, kind, id| {
            let keys = [(kind.key)(id), (kind.key)(id + 1)];
            Box::pin(async move { _ = cache.asynchronous().remove(keys).await.unwrap() })
        }),
        ("set and delete", |cache, kind, id| {
            let key = (kind.key)(id);
            Box::pin(async move {
                cache.asynchronous().set(key.clone(), 1_u64, 60).await.unwrap();
                cache.asynchronous().delete(key).await.unwrap();
            })
        }),
        ("a refresh that is not stored either", |cache, kind, id| {
            let (clear, call) = ((kind.clear)(id), (kind.call)(id, Origin::quick()));
            Box::pin(scoped_async(cache, async move {
                clear.await.unwrap();
                assert_eq!(call.await, 1);
            }))
        }),
    ];
    let mut faults = Faults::default();
    for pair in pairs() {
        for (id, way) in (100..).step_by(10).zip(ways) {
            check(&pair, &nothing::KIND, id, way, &mut faults).await;
            check(&pair, &always_refused::KIND, id, way, &mut faults).await;
        }
    }
    faults.judge();
}

#[tokio::test]
async fn unstored_result_reaches_no_thread_after_a_clear() {
    let mut faults = Faults::default();
    for pair in pairs() {
        for kind in &KINDS {
            let (origin, blocking) = (Origin::slow(), kind.blocking);
            let ask = || {
                let (here, origin) = (pair.here.clone(), Arc::clone(&origin));
                std::thread::spawn(move || larder::scoped(here, || blocking(7, &origin)))
            };
            let first = ask();
            until("it computes", || origin.n_reads() == 1).await;
            origin.change();
            larder::scoped(&pair.elsewhere, || (kind.clear_blocking)(7).unwrap());
            let n_looks = pair.relay.n_answered(Asked::Entry);
            let late: Vec<_> = (0..N_LATE).map(|_| ask()).collect();
            until("they look", || pair.relay.n_answered(Asked::Entry) >= n_looks + N_LATE).await;
            origin.release(1);
            let given: Vec<u64> = late.into_iter().map(|thread| thread.join().unwrap()).collect();
            let what = || format!("{} on {}", kind.name, pair.name);
            faults.unless(given == [2; N_LATE], || format!("{}: late callers are given {given:?}", what()));
            assert_eq!(first.join().unwrap(), 1, "{}", what());
            let n_reads = origin.n_reads();
            faults.unless(n_reads <= 2, || format!("{}: {n_reads} computations", what()));
        }
    }
    faults.judge();
}

/// A lease may be gone without a change: it was evicted, its ten minutes are over, its store was restarted. Nothing tells that
/// from a clear.
#[tokio::test]
async fn unstored_result_reaches_no_caller_after_a_flush() {
    let mut faults = Faults::default();
    for pair in pairs() {
        check(
            &pair,
            &nothing::KIND,
            500,
            ("flush_store", |cache, _, _| {
                Box::pin(async move {
                    cache.asynchronous().flush_store().await.unwrap();
                })
            }),
            &mut faults,
        )
        .await;
    }
    faults.judge();
}
