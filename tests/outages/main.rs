//! A store that goes away costs time, never an answer: Redis and memcached are killed, frozen, black-holed, or were never
//! there, under a crowd of callers. An oracle looks at every value; the longest call is told, and bounded with patience.
//!
//! A binary of its own, so that what else is tested does not load the machine meanwhile.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod crowd;
mod figures;
mod topologies;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use larder::{Cache, IntoCache, cached};
use larder_servers::{Behaviour, Memcached, Proxy, Redis, Server, Unreachable, or_skip};

use crowd::{Crowd, MANY};

/// One crowd at a time.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_full() -> bool {
    std::env::var("LARDER_SCALE").as_deref() == Ok("full")
}

/// Each kind of outage once, or fifty in a soak.
fn n_rounds() -> usize {
    if is_full() { 50 } else { 3 }
}

#[test]
fn nobody_notices_that_redis_goes_away() {
    let Some(mut redis) = or_skip(Redis::start()) else { return };
    outlive("redis", "redis", &mut redis);
}

#[test]
fn nobody_notices_that_memcached_goes_away() {
    let Some(mut memcached) = or_skip(Memcached::start()) else { return };
    outlive("memcached", "memcache", &mut memcached);
}

#[test]
fn nobody_notices_that_there_was_never_a_store() {
    let _turn = turn();
    for scheme in ["redis", "memcache"] {
        let store = Unreachable::new().unwrap();
        let crowd = Crowd::gather(cache(&store.url(scheme)), MANY);
        let down = crowd.down(Duration::from_secs(1));
        crowd.disperse();
        println!("{scheme}, never there: {down}");
    }
}

fn outlive(name: &str, scheme: &str, server: &mut Server) {
    let _turn = turn();
    let proxy = Proxy::before(server.port()).unwrap();
    let direct = cache(&format!("{scheme}://127.0.0.1:{}", server.port()));
    let through = cache(&format!("{scheme}://127.0.0.1:{}", proxy.port()));
    let down_for = Duration::from_millis(if is_full() { 2_000 } else { 1_500 });
    for round in 0..n_rounds() {
        let (outage, cache) = [("killed", &direct), ("frozen", &direct), ("black-holed", &through)][round % 3];
        let crowd = Crowd::gather(cache.clone(), MANY);
        crowd.wait_for_hits();
        let up = crowd.up(Duration::from_millis(300));
        match outage {
            "killed" => server.kill(),
            "frozen" => server.freeze().unwrap(),
            _ => proxy.switch(Behaviour::BlackHole).unwrap(),
        }
        let down = crowd.down(down_for);
        match outage {
            "killed" => server.restart().unwrap(),
            "frozen" => server.thaw().unwrap(),
            _ => proxy.switch(Behaviour::Pass).unwrap(),
        }
        let back = Instant::now();
        crowd.wait_for_hits();
        let recovered = back.elapsed();
        crowd.disperse();
        println!("{name}, {outage}: up {up}; down {down}; hits came back after {} ms", recovered.as_millis());
    }
}

fn cache(url: &str) -> Cache {
    url.into_cache().unwrap()
}

/// Calls alone find it, where nobody uses a helper.
#[test]
fn a_store_that_comes_later_is_used() {
    #[cached(key = "later:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    let _turn = turn();
    let Some(mut redis) = or_skip(Redis::start()) else { return };
    let Some(mut memcached) = or_skip(Memcached::start()) else { return };
    for server in [&mut *redis, &mut *memcached] {
        server.kill();
        larder::scoped(cache(&server.url()), || {
            for id in 0..20 {
                assert_eq!(value(id), id);
            }
            assert!(value::stats().store_failures > 0);
            server.restart().unwrap();
            let (start, mut id) = (Instant::now(), 20);
            let is_hit = |id| {
                let before = value::stats();
                assert_eq!((value(id), value(id)), (id, id));
                let after = value::stats();
                // What is kept near for a second is a hit too.
                after.store_failures == before.store_failures && after.hits > before.hits
            };
            while !is_hit(id) {
                assert!(start.elapsed() < Duration::from_secs(30), "it is never found");
                std::thread::sleep(Duration::from_millis(10));
                id += 1;
            }
        });
    }
}
