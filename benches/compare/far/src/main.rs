//! larder's far stores beside the bare clients and other crates, all in one process, turn by turn.
//!
//! ```text
//! larder-compare-far                         all of them
//! larder-compare-far redis threads           some: redis, threads, memcached, sqlite, commands, outage
//! larder-compare-far drive redis 64 10       larder alone, so many tasks for so many seconds: for a profiler;
//!                                            `redis-struct` is 1 KiB of it, `client` the bare client of Redis
//! ```

mod memcached_store;
mod outage;
mod redis_store;
mod sqlite_store;
mod turns;
mod work;

use std::env;
use std::io;
use std::time::{Duration, Instant};

use larder_servers::{Memcached, Redis};

fn main() -> io::Result<()> {
    let named: Vec<_> = env::args().skip(1).collect();
    if let [drive, store, n_callers, seconds] = &*named
        && drive == "drive"
    {
        let number = |text: &str| text.parse().map_err(io::Error::other);
        return self::drive(store, number(n_callers)?, Duration::from_secs(number(seconds)?));
    }
    let is_wanted = |name: &str| named.is_empty() || named.iter().any(|named| named == name);
    let redis = Redis::start()?;
    if is_wanted("commands") {
        redis_store::commands(&redis);
    }
    if is_wanted("redis") {
        redis_store::tasks(&redis);
    }
    if is_wanted("threads") {
        redis_store::blocking(&redis);
    }
    if is_wanted("outage") {
        outage::all(redis);
    }
    if is_wanted("memcached") {
        memcached_store::tasks(&Memcached::start()?);
    }
    if is_wanted("sqlite") {
        sqlite_store::all();
    }
    Ok(())
}

fn drive(store: &str, n_callers: u64, duration: Duration) -> io::Result<()> {
    let redis = Redis::start()?;
    let memcached = Memcached::start()?;
    let folder = tempfile::tempdir()?;
    let url = match store {
        "redis" | "redis-struct" | "client" => redis.url(),
        "memcached" => memcached.url(),
        _ => format!("sqlite:{}", folder.path().join("cache.sqlite").display()),
    };
    larder::adapter_set(url).map_err(io::Error::other)?;
    let runtime = work::runtime();
    work::fill(&runtime);
    const N_CALLS: u64 = 51_200;
    let mut client = redis_store::client(&redis, &runtime, (n_callers, N_CALLS));
    let start = Instant::now();
    let mut n_calls = 0;
    while start.elapsed() < duration {
        match store {
            "client" => client.take_turn(),
            "redis-struct" => work::crowd(&runtime, n_callers, N_CALLS, |id| work::profile(id, work::name(id))),
            _ => work::crowd(&runtime, n_callers, N_CALLS, |id| work::user(id, work::name(id))),
        }
        n_calls += N_CALLS;
    }
    println!("{n_calls} calls, {:.0} per second", n_calls as f64 / start.elapsed().as_secs_f64());
    Ok(())
}
