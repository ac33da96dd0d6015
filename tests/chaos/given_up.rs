//! A hundred thousand calls, half of which are given up after up to five milliseconds, over a network that takes two.

use std::sync::Arc;
use std::time::Duration;

use larder::{Cache, IntoCache, cached};
use larder_servers::{Behaviour, Memcached, Proxy, Redis, Server, or_skip};

use crate::oracle::{Dice, Truth};
use crate::{scaled, turn};

const N_TASKS: usize = 100;
const N_KEYS: usize = 50;

#[cached(key = "given_up:{key}", timeout = 600, skip(truth))]
async fn value(truth: &Truth, key: usize) -> String {
    let version = truth.version(key);
    tokio::time::sleep(Duration::from_millis(version % 3)).await;
    truth.computed(key, version)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_half_way_leaves_nobody_a_wrong_value_on_redis() {
    if let Some(redis) = or_skip(Redis::start()) {
        give_up(&redis, "redis").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_half_way_leaves_nobody_a_wrong_value_on_memcached() {
    if let Some(memcached) = or_skip(Memcached::start()) {
        give_up(&memcached, "memcache").await;
    }
}

#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn give_up(server: &Server, scheme: &str) {
    let _turn = turn();
    let proxy = Proxy::before(server.port()).unwrap();
    proxy.switch(Behaviour::Delay(Duration::from_millis(2))).unwrap();
    let cache = format!("{scheme}://127.0.0.1:{}", proxy.port()).as_str().into_cache().unwrap();
    let truth = Arc::new(Truth::of(N_KEYS));
    let before = value::stats();
    let tasks = (0..N_TASKS).map(|seed| {
        let work = work(cache.clone(), Arc::clone(&truth), seed as u64);
        tokio::spawn(larder::scoped_async(&cache, work))
    });
    let mut n_given_up = 0;
    for task in tasks.collect::<Vec<_>>() {
        n_given_up += task.await.expect("a caller has failed");
    }
    let stats = value::stats();
    println!("{scheme}: {n_given_up} given up, {} hits", stats.hits - before.hits);
    assert!(n_given_up > scaled(100_000) / 20 && stats.hits > before.hits);
    assert_eq!(cache.n_flights(), 0);
}

/// How many calls were given up?
async fn work(cache: Cache, truth: Arc<Truth>, seed: u64) -> usize {
    let mut dice = Dice::new(seed);
    let by_hand = cache.asynchronous();
    let mut n_given_up = 0;
    for _ in 0..scaled(100_000) / N_TASKS {
        let (key, kind) = (dice.below(N_KEYS), dice.below(10));
        let patience = match dice.below(2) {
            0 => Duration::from_secs(30),
            _ => Duration::from_micros(dice.below(5_000) as u64),
        };
        let within = |call| tokio::time::timeout(patience, call);
        if kind == 0 {
            let version = truth.raise(key);
            // Whatever becomes of it, who comes later finds nothing older here.
            let cleared = tokio::time::timeout(patience, value::clear(key)).await;
            truth.cleared(key, version);
            n_given_up += usize::from(cleared.is_err());
            continue;
        }
        let oldest = truth.oldest(key);
        let read = if kind == 1 {
            within(futures_lite::FutureExt::boxed(async { by_hand.get(value::key(key)).await.ok().flatten() })).await
        } else {
            within(futures_lite::FutureExt::boxed(async { Some(value(&truth, key).await) })).await
        };
        match read {
            Ok(Some(value)) => truth.judge(key, oldest, &value),
            Ok(None) => {}
            Err(_) => n_given_up += 1,
        }
    }
    n_given_up
}
