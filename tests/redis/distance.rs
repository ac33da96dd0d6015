//! A server that is far away, and one of which too much is asked at once.

use std::time::{Duration, Instant};

use larder::{Cache, Codec, IntoCache, RedisCache, cached};
use larder_servers::{Behaviour, Proxy, Redis, or_skip};

/// A cache over a server whose answers come 160 ms later.
fn far_away(settings: &str) -> Option<(Redis, Proxy, Cache)> {
    let redis = or_skip(Redis::start())?;
    let proxy = Proxy::before(redis.port()).unwrap();
    proxy.switch(Behaviour::Delay(Duration::from_millis(160))).unwrap();
    let cache = format!("redis://127.0.0.1:{}?{settings}", proxy.port()).into_cache().unwrap();
    Some((redis, proxy, cache))
}

#[test]
fn a_server_that_is_far_away_serves_hits_where_calls_have_time_for_it() {
    #[cached(key = "redis_distance_served:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    let Some((_redis, _proxy, cache)) = far_away("request_timeout=10s&time_budget=30s") else { return };
    larder::scoped(&cache, || {
        (0..3).for_each(|id| assert_eq!(value(id), id));
        (0..3).for_each(|id| assert_eq!(value(id), id));
        let stats = value::stats();
        assert_eq!((stats.computed, stats.hits, stats.store_failures), (3, 3, 0));
    });
}

#[test]
fn a_server_that_is_far_away_is_given_up_where_they_have_none() {
    #[cached(key = "redis_distance_given_up:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    let Some((_redis, proxy, cache)) = far_away("namespace=given-up") else { return };
    larder::scoped(&cache, || {
        let is_slow = |id| {
            let start = Instant::now();
            assert_eq!(value(id), id);
            start.elapsed() > Duration::from_millis(125)
        };
        // To connect takes it as long as some calls wait for.
        let n_slow = (0..100).filter(|id| is_slow(*id)).count();
        assert!(n_slow < 30, "{n_slow}");
        let n_slow = (100..130)
            .filter(|id| {
                std::thread::sleep(Duration::from_millis(50));
                is_slow(*id)
            })
            .count();
        assert!(n_slow < 5, "{n_slow} of 30 calls have waited for a server that was given up");
        proxy.switch(Behaviour::Pass).unwrap();
        let start = Instant::now();
        while !matches!(value::get(7), Ok(Some(7))) {
            assert!(start.elapsed() < Duration::from_secs(30), "it is never let in again");
            value(7);
            std::thread::sleep(Duration::from_millis(10));
        }
    });
}

/// How long those take is not how long it takes for calls.
#[test]
fn a_plain_server_that_was_slow_is_let_in_again_although_its_replicas_are_missing() {
    #[cached(key = "redis_distance_plain:{id}", codec = "json", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    let Some(redis) = or_skip(Redis::start()) else { return };
    let proxy = Proxy::before(redis.port()).unwrap();
    let url = format!("redis://127.0.0.1:{}?wait_replicas=1", proxy.port());
    let store = RedisCache::open(url).unwrap();
    let cache = Cache::plain(store).namespace("shop").codec(Codec::JSON).build().unwrap();
    larder::scoped(&cache, || {
        value(7);
        assert_eq!(value::get(7).unwrap(), Some(7));
        proxy.switch(Behaviour::Delay(Duration::from_millis(400))).unwrap();
        (10..30).for_each(|id| _ = value(id));
        proxy.switch(Behaviour::Pass).unwrap();
        let start = Instant::now();
        while !matches!(value::get(7), Ok(Some(7))) {
            assert!(start.elapsed() < Duration::from_secs(15), "it is never let in again: {:?}", value::get(7));
            std::thread::sleep(Duration::from_millis(10));
        }
    });
}

/// All requests in flight are answered one after the other: were they as many as the callers, most would be late.
#[test]
fn a_burst_of_cold_keys_does_not_open_the_breaker_of_a_server_that_is_well() {
    #[cached(key = "redis_burst:{id}", timeout = 60)]
    async fn value(id: u64) -> u64 {
        id
    }
    const N_CALLS: u64 = 6_000;
    let Some(redis) = or_skip(Redis::start()) else { return };
    let cache = redis.url().into_cache().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(larder::scoped_async(&cache, async {
        assert_eq!(value(N_CALLS).await, N_CALLS);
        let calls: Vec<_> = (0..N_CALLS).map(|id| tokio::spawn(larder::scoped_async(&cache, value(id)))).collect();
        for (call, id) in calls.into_iter().zip(0..) {
            assert_eq!(call.await.unwrap(), id);
        }
        // One that is given up says so at once.
        assert_eq!(value::get(N_CALLS).await.unwrap(), Some(N_CALLS));
        let stats = value::stats();
        println!("of {N_CALLS} calls {} were failed by the store", stats.store_failures);
        assert!(stats.store_failures < N_CALLS / 10, "{stats:?}");
    }));
}
