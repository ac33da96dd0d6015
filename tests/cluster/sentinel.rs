//! A Redis behind sentinels: finding the master, and leaving what is none any more.

use std::time::{Duration, Instant};

use larder::testing::conformance::{Subject, run};
use larder::{ErrorKind, IntoCache, RedisCache, caches};
use larder_servers::{RedisSentinel, Unreachable, or_skip};
use serde_json::json;

/// So long that on a busy machine no master is replaced by mistake.
const PATIENT: Duration = Duration::from_secs(30);

#[test]
fn it_keeps_the_contract() {
    let Some(servers) = or_skip(RedisSentinel::start(PATIENT)) else { return };
    let open = || RedisCache::open(servers.url()).unwrap();
    let subject = Subject::new("redis behind sentinels", open()).with_peer(open()).with_flush();
    tokio::runtime::Runtime::new().unwrap().block_on(run(&subject));
}

#[test]
fn sentinels_that_a_file_lists_are_asked() {
    let Some(mut servers) = or_skip(RedisSentinel::start(PATIENT)) else { return };
    let sentinels = [0, 1].map(|at| format!("127.0.0.1:{}", servers.sentinel(at).port()));
    let settings =
        json!({ "adapter": "redis+sentinel://127.0.0.1:1/other", "sentinels": sentinels, "master": "prime" });
    caches::configure(json!({ "listed-sentinels": settings })).unwrap();
    let cache = caches::get("listed-sentinels").unwrap().blocking();
    cache.set("tea", 1, 60).unwrap();
    assert_eq!(cache.get::<i32>("tea").unwrap(), Some(1));
}

#[test]
fn a_replica_that_takes_over_is_found_and_what_was_cleared_stays_so() {
    let Some(mut servers) = or_skip(RedisSentinel::start(PATIENT)) else { return };
    // One sentinel that is gone, and one that was never there, are not asked for long.
    servers.sentinel(2).kill();
    let gone = Unreachable::new().unwrap();
    let url = servers.url().replace("//", &format!("//127.0.0.1:{},", gone.port()));
    let cache = format!("{url}?wait_replicas=2").into_cache().unwrap().blocking();
    cache.set("tea", 1, 600).unwrap();
    cache.set("old", 1, 600).unwrap();
    assert!(cache.delete("old").unwrap());
    for _ in 0..2 {
        servers.fail_over().unwrap();
        servers.wait_until_whole().unwrap();
        let start = Instant::now();
        // Calls that come while the old connection is given up say so, and nothing is made up.
        while cache.set("new", 2, 600).is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "the new master is not found");
        }
        assert_eq!(cache.get::<i32>("old").unwrap(), None);
        assert_eq!(cache.get::<i32>("new").unwrap(), Some(2));
    }
    assert_eq!(cache.get::<i32>("tea").unwrap(), Some(1));
}

#[test]
fn what_replicas_have_not_confirmed_is_an_error_and_the_store_is_not_down() {
    let Some(mut servers) = or_skip(RedisSentinel::start(PATIENT)) else { return };
    let cache = format!("{}?wait_replicas=2", servers.url()).into_cache().unwrap().blocking();
    cache.set("tea", 1, 600).unwrap();
    assert!(cache.delete("tea").unwrap());
    servers.node(2).freeze().unwrap();
    for _ in 0..6 {
        assert_eq!(cache.set("tea", 1, 600).unwrap_err().kind(), ErrorKind::NotReplicated);
        assert_eq!(cache.get::<i32>("tea").unwrap(), Some(1));
        assert_eq!(cache.delete("tea").unwrap_err().kind(), ErrorKind::NotReplicated);
        assert_eq!(cache.get::<i32>("tea").unwrap(), None);
    }
    assert_eq!(cache.clear().unwrap_err().kind(), ErrorKind::NotReplicated);
    servers.node(2).thaw().unwrap();
}

/// One that its sentinels cannot make a replica, as one that they do not reach.
fn make_undemotable(servers: &RedisSentinel, at: usize) {
    servers.ask(at, &["ACL", "SETUSER", "default", "-slaveof", "-replicaof"]).unwrap();
}

/// The port of the server that the cache asks; none while it has no connection.
fn port_of(cache: &RedisCache) -> Option<u16> {
    let ask = async || {
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut cache.client()).await.ok()?;
        info.lines().find_map(|line| line.strip_prefix("tcp_port:"))?.trim().parse().ok()
    };
    futures_lite::future::block_on(ask())
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// It takes them ten seconds to make one a replica that they have replaced, and here it is never one.
#[test]
fn a_master_that_most_sentinels_have_left_is_left_though_it_says_to_be_one() {
    let Some(mut servers) = or_skip(RedisSentinel::start(PATIENT)) else { return };
    let redis = RedisCache::open(servers.url()).unwrap();
    let cache = larder::Cache::far(redis.clone()).blocking();
    cache.set("tea", 1, 600).unwrap();
    let old = servers.master().unwrap();
    assert_eq!(port_of(&redis), Some(servers.node(old).port()));
    make_undemotable(&servers, old);
    servers.fail_over().unwrap();
    let new = servers.master().unwrap();
    let new = servers.node(new).port();
    wait_until("the old master is asked still", || cache.get::<i32>("tea").is_ok() && port_of(&redis) == Some(new));
    assert_eq!(servers.ask(old, &["ROLE"]).unwrap()[0], "master", "it would be so for ever");
}

#[test]
fn who_cleared_after_a_failover_sees_it_cleared() {
    let Some(servers) = or_skip(RedisSentinel::start(PATIENT)) else { return };
    let cache = format!("{}?wait_replicas=1", servers.url()).into_cache().unwrap().blocking();
    for id in 0..20 {
        cache.set(format!("tea{id}"), 1, 600).unwrap();
    }
    assert!(cache.delete("tea0").unwrap());
    let old = servers.master().unwrap();
    make_undemotable(&servers, old);
    // The connection by which replicas are waited for is lost, and made anew after the failover.
    let clients = servers.ask(old, &["CLIENT", "LIST"]).unwrap().concat();
    let waits = clients.lines().find(|line| line.contains("cmd=wait")).expect("one that waits for replicas");
    let id = waits.split(' ').find_map(|word| word.strip_prefix("id=")).unwrap();
    servers.fail_over().unwrap();
    servers.ask(old, &["CLIENT", "KILL", "ID", id]).unwrap();
    for id in 1..20 {
        let (key, start) = (format!("tea{id}"), Instant::now());
        // Who is told that it was not cleared asks again.
        while let Err(error) = cache.delete(&key) {
            assert!(start.elapsed() < Duration::from_secs(30), "{error:?}");
        }
        assert_eq!(cache.get::<i32>(&key).unwrap_or(None), None, "{key} was cleared, and confirmed");
    }
}

#[test]
fn errors_say_what_is_missing_and_show_no_password() {
    let Some(servers) = or_skip(RedisSentinel::start(PATIENT)) else { return };
    let unknown = servers.url().replace("/prime", "/other").replace("//", "//:hunter2@");
    let gone = Unreachable::new().unwrap();
    let nobody = format!("redis+sentinel://:hunter2@127.0.0.1:{}/prime?sentinel_password=hunter2", gone.port());
    for (url, said) in [(unknown, "no master `other`"), (nobody, "refused")] {
        let cache = url.as_str().into_cache().unwrap().blocking();
        let error = cache.connect().unwrap_err();
        let told = format!("{error} {error:?} {:?}", RedisCache::open(&url).unwrap());
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(told.contains(said) && !told.contains("hunter2"), "{told}");
    }
    let builder = || RedisCache::builder().sentinel("a").master("prime");
    assert!(builder().host("h").build().unwrap_err().to_string().contains("`master`"));
    assert!(builder().sentinel_user("ann").build().unwrap_err().to_string().contains("password"));
    assert!(RedisCache::builder().sentinel("a").build().unwrap_err().to_string().contains("`master`"));
    assert_eq!(format!("{:?}", builder().build().unwrap()), "RedisCache(the master `prime` of a:26379/0)");
}
