//! Ten thousand replies that come where another was asked for: swapped with their neighbours, or one question too early for as
//! long as their connection lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use larder::{Cache, IntoCache, cached};
use larder_servers::{Behaviour, Memcached, Proxy, Redis, Server, or_skip};

use crate::oracle::{Dice, Truth};
use crate::{scaled, turn};

/// Each with a connection and a breaker of its own, as replies that make no sense end a connection.
const N_CACHES: usize = 40;
const N_TASKS: usize = 3;
const N_KEYS: usize = 5;

/// One reply of so many is misplaced.
const EVERY: u64 = 60;
/// Beyond this they do not come any more.
const PATIENCE: Duration = Duration::from_secs(300);

#[cached(key = "misplaced:{key}", timeout = 600, skip(truth))]
async fn value(truth: &Truth, key: usize) -> String {
    truth.computed(key, truth.version(key))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_was_meant_for_another_is_no_value_on_redis() {
    if let Some(redis) = or_skip(Redis::start()) {
        mix_up(&redis, "redis").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_was_meant_for_another_is_no_value_on_memcached() {
    if let Some(memcached) = or_skip(Memcached::start()) {
        mix_up(&memcached, "memcache").await;
    }
}

#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn mix_up(server: &Server, scheme: &str) {
    let _turn = turn();
    for behaviour in [Behaviour::Swap(EVERY), Behaviour::Shift(EVERY)] {
        let proxy = Proxy::before(server.port()).unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let before = value::stats();
        let is_first = behaviour == Behaviour::Swap(EVERY);
        let crowds = (0..N_CACHES).map(|number| number + N_CACHES * usize::from(is_first));
        let tasks: Vec<_> = crowds.flat_map(|number| crowd(&proxy, scheme, number, &is_over)).collect();
        proxy.switch(behaviour).unwrap();
        let (start, enough) = (Instant::now(), scaled(10_000) as u64 / 2);
        while proxy.n_misplaced() < enough && !tasks.iter().any(|task| task.is_finished()) {
            assert!(start.elapsed() < PATIENCE, "{} were misplaced", proxy.n_misplaced());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        is_over.store(true, Ordering::SeqCst);
        for task in tasks {
            task.await.expect("a caller has failed");
        }
        let (stats, took) = (value::stats(), start.elapsed());
        let n_hits = stats.hits - before.hits;
        println!("{scheme}, {behaviour:?}: {} misplaced in {took:?}, {n_hits} hits", proxy.n_misplaced());
        assert!(n_hits > 0);
    }
}

/// Callers that share a cache, and keys of their own.
fn crowd(
    proxy: &Proxy,
    scheme: &str,
    number: usize,
    is_over: &Arc<AtomicBool>,
) -> impl Iterator<Item = tokio::task::JoinHandle<()>> {
    let url = format!("{scheme}://127.0.0.1:{}?namespace=crowd{number}", proxy.port());
    let cache = url.as_str().into_cache().unwrap();
    let (truth, is_over) = (Arc::new(Truth::of(N_KEYS)), Arc::clone(is_over));
    (0..N_TASKS).map(move |seed| {
        let seed = (number * N_TASKS + seed) as u64;
        let work = work(cache.clone(), Arc::clone(&truth), Arc::clone(&is_over), seed);
        tokio::spawn(larder::scoped_async(&cache, work))
    })
}

async fn work(cache: Cache, truth: Arc<Truth>, is_over: Arc<AtomicBool>, seed: u64) {
    let mut dice = Dice::new(seed);
    let by_hand = cache.asynchronous();
    while !is_over.load(Ordering::SeqCst) {
        let key = dice.below(truth.n_keys());
        let oldest = truth.oldest(key);
        match dice.below(20) {
            0 => {
                let version = truth.raise(key);
                let _ = value::clear(key).await;
                truth.cleared(key, version);
            }
            1 => {
                if let Ok(Some(value)) = by_hand.get::<String>(value::key(key)).await {
                    truth.judge(key, oldest, &value);
                }
            }
            _ => truth.judge(key, oldest, &value(&truth, key).await),
        }
        // Else a crowd whose store is given up spins on what it keeps near.
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
}
