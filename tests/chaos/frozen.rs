//! One of two memcacheds freezes while a thousand of its keys are cleared, and thaws.

use std::sync::Arc;
use std::time::{Duration, Instant};

use larder::{Cache, IntoCache, cached};
use larder_servers::{Memcached, or_skip};

use crate::oracle::Truth;
use crate::turn;

const N_KEYS: usize = 2_200;

#[cached(key = "frozen:{key}", timeout = 600, skip(truth))]
async fn value(truth: &Truth, key: usize) -> String {
    truth.computed(key, truth.version(key))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn what_was_cleared_while_a_server_was_frozen_is_gone_when_it_thaws() {
    let _turn = turn();
    let Some(servers) = [(); 2].map(|()| or_skip(Memcached::start())).into_iter().collect::<Option<Vec<_>>>() else {
        return;
    };
    let url = format!("memcache://127.0.0.1:{},127.0.0.1:{}", servers[0].port(), servers[1].port());
    let (cache, other) = (url.as_str().into_cache().unwrap(), url.as_str().into_cache().unwrap());
    let truth = Arc::new(Truth::of(N_KEYS));
    larder::scoped_async(&cache, fill(Arc::clone(&truth))).await;
    servers[1].freeze().unwrap();
    let clears = (0..N_KEYS).map(|key| {
        let truth = Arc::clone(&truth);
        tokio::spawn(larder::scoped_async(&cache, async move {
            let version = truth.raise(key);
            let is_cleared = value::clear(key).await.is_ok();
            truth.cleared(key, version);
            is_cleared
        }))
    });
    let mut n_failed = 0;
    for clear in clears.collect::<Vec<_>>() {
        n_failed += usize::from(!clear.await.unwrap());
    }
    assert!(n_failed > 1_000 && n_failed < N_KEYS, "{n_failed} of {N_KEYS} were on the server that froze");
    assert_eq!(cache.n_undelivered(), n_failed);

    servers[1].thaw().unwrap();
    // Who cleared finds nothing old from the first moment on.
    let delivery = tokio::spawn(delivered(cache.clone()));
    while !delivery.is_finished() {
        larder::scoped_async(&cache, judge(Arc::clone(&truth))).await;
    }
    println!("{n_failed} were delivered within {:?}", delivery.await.unwrap());
    // And nobody else does from now on.
    let stored = other.asynchronous().multi_get::<String>((0..N_KEYS).map(value::key)).await.unwrap();
    for (key, stored) in stored.iter().enumerate() {
        stored.iter().for_each(|stored| truth.judge(key, truth.oldest(key), stored));
    }
    larder::scoped_async(&other, judge(truth)).await;
}

/// How long it takes until nothing is owed.
async fn delivered(cache: Cache) -> Duration {
    let start = Instant::now();
    while cache.n_undelivered() > 0 {
        assert!(start.elapsed() < Duration::from_secs(30), "{} are not delivered", cache.n_undelivered());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    start.elapsed()
}

async fn fill(truth: Arc<Truth>) {
    for key in 0..N_KEYS {
        value(&truth, key).await;
    }
    let stored = larder::async_adapter_get().asynchronous().multi_get::<String>((0..N_KEYS).map(value::key)).await;
    assert_eq!(stored.unwrap().iter().flatten().count(), N_KEYS, "all are stored");
}

async fn judge(truth: Arc<Truth>) {
    for key in 0..N_KEYS {
        let oldest = truth.oldest(key);
        truth.judge(key, oldest, &value(&truth, key).await);
    }
}
