//! A permit that is gone when the computation comes back, for whatever reason: its fill is refused.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use larder::adapter::{AnyAdapter, CacheAdapter, StoreKey};
use larder::testing::{ManualClock, MemoryAdapter};
use larder::{Cache, MemcachedCache, RedisCache, SqliteCache, cached};
use larder_servers::{Memcached, Redis, or_skip};

/// What happens while the function computes.
type Meanwhile<'a> = &'a dyn Fn(&StoreKey);

#[cached(key = "permits:{id}", skip(meanwhile), timeout = 60)]
fn slow(id: u64, meanwhile: Meanwhile<'_>) -> u64 {
    meanwhile(&StoreKey::new("larder", slow::key(id)));
    id
}

/// One test at a time, as they look at the same counters.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check(what: &str, adapter: impl CacheAdapter, meanwhile: Meanwhile<'_>) {
    let adapter = AnyAdapter::new(adapter);
    larder::scoped(Cache::far(adapter), || {
        let before = slow::stats();
        assert_eq!(slow(7, meanwhile), 7, "{what}");
        let after = slow::stats();
        assert_eq!(after.refused, before.refused + 1, "{what}");
        assert_eq!(after.store_failures, before.store_failures, "{what}");
        assert_eq!(slow::get(7).unwrap(), None, "{what}");
        // Nothing is left that would keep the next from being stored.
        assert_eq!(slow(7, &|_| {}), 7, "{what}");
        assert_eq!(slow::get(7).unwrap(), Some(7), "{what}");
        assert!(slow::clear(7).unwrap(), "{what}");
    });
}

/// Those who came when it was being computed may have come after a clear: they share another computation, which began later.
#[tokio::test]
async fn a_crowd_before_a_store_that_refuses_everything_shares_two_results() {
    #[cached(key = "permits_crowd:{id}", skip(other), timeout = 60)]
    async fn crowd(id: u64, other: Cache) -> u64 {
        // All have come by then.
        tokio::task::yield_now().await;
        other.asynchronous().delete(crowd::key(id)).await.unwrap();
        id
    }
    // Time stands still, so that nobody has waited long enough to compute beside the others.
    let (store, clock) = (MemoryAdapter::new(), ManualClock::new());
    let open = || Cache::builder(store.clone()).clock(clock.clock()).build().unwrap();
    let (cache, other) = (open(), open());
    let callers = [(); 12].map(|()| tokio::spawn(larder::scoped_async(cache.clone(), crowd(7, other.clone()))));
    for caller in callers {
        assert_eq!(caller.await.unwrap(), 7);
    }
    assert_eq!((crowd::stats().computed, crowd::stats().refused), (2, 2));
}

#[test]
fn on_redis() {
    let _turn = turn();
    let Some(server) = or_skip(Redis::start()) else { return };
    let adapter = || RedisCache::open(server.url()).unwrap();
    let command = |name: &str, arguments: &[&str]| {
        let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
        let mut command = redis::cmd(name);
        arguments.iter().for_each(|argument| _ = command.arg(*argument));
        let reply: redis::Value = command.query(&mut connection).unwrap();
        assert_ne!(reply, redis::Value::Int(0), "{name} has met nothing");
    };
    let beside = |key: &StoreKey| {
        let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).unwrap();
        keys.into_iter().find(|found| found.contains(key.as_str())).expect("the permit stands beside its key")
    };
    check("evicted", adapter(), &|key| command("DEL", &[&beside(key)]));
    check("expired", adapter(), &|key| {
        command("PEXPIRE", &[&beside(key), "1"]);
        std::thread::sleep(Duration::from_millis(20));
    });
    check("of another", adapter(), &|key| command("SET", &[&beside(key), "another's"]));
    check("flushed", adapter(), &|_| command("FLUSHALL", &[]));
    check("flushed by an adapter", adapter(), &|_| block_on(adapter().flush()).unwrap());
}

#[test]
fn on_memcached() {
    use std::io::{BufRead, BufReader, Write};
    let _turn = turn();
    let Some(server) = or_skip(Memcached::start()) else { return };
    let adapter = || MemcachedCache::builder().url(&server.url()).unwrap().build().unwrap();
    let command = |line: String, answer: &str| {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        stream.write_all(line.as_bytes()).unwrap();
        let mut reply = String::new();
        BufReader::new(stream).read_line(&mut reply).unwrap();
        assert!(reply.starts_with(answer), "{line}: {reply}");
    };
    check("evicted", adapter(), &|key| command(format!("md {key}\r\n"), "HD"));
    check("expired", adapter(), &|key| command(format!("mg {key} T-1\r\n"), "HD"));
    check("of another", adapter(), &|key| command(format!("ms {key} 0 T60\r\n\r\n"), "HD"));
    check("flushed", adapter(), &|_| command("flush_all\r\n".into(), "OK"));
    check("flushed by an adapter", adapter(), &|_| block_on(adapter().flush()).unwrap());
}

#[test]
fn on_sqlite() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("permits.sqlite");
    let adapter = SqliteCache::open(&path).unwrap();
    let change = |statement: &str| {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(connection.execute(statement, []).unwrap(), 1, "{statement}");
    };
    check("evicted", adapter.clone(), &|_| change("DELETE FROM permit"));
    check("expired", adapter.clone(), &|_| change("UPDATE permit SET until = 1"));
    check("of another", adapter.clone(), &|_| change("UPDATE permit SET token = x'00000000000000000000000000000000'"));
    check("flushed by an adapter", adapter.clone(), &|_| block_on(adapter.flush()).unwrap());
}

/// A store that was restarted knows of no permits.
#[test]
fn of_a_store_that_was_restarted() {
    let _turn = turn();
    let Some(mut redis) = or_skip(Redis::start()) else { return };
    let cache = Cache::far(RedisCache::open(redis.url()).unwrap());
    let before = slow::stats();
    let server = RefCell::new(&mut redis);
    larder::scoped(&cache, || slow(8, &|_| server.borrow_mut().restart().unwrap()));
    let after = slow::stats();
    // It is refused, or not even asked on a connection that is gone.
    assert!(after.refused + after.store_failures > before.refused + before.store_failures);
    let start = Instant::now();
    let kept = loop {
        match larder::scoped(&cache, || slow::get(8)) {
            Ok(kept) => break kept,
            Err(error) => assert!(start.elapsed() < Duration::from_secs(30), "{error}"),
        }
    };
    // Near it may be kept for a second, if the store has failed.
    assert!(kept.is_none() || after.store_failures > before.store_failures);
}
