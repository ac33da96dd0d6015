//! Getting in: passwords, users, databases, sockets; and what is never told.

use larder::adapter::{CacheAdapter, Condition};
use larder::{ErrorKind, RedisCache};
use larder_servers::{Redis, or_skip};

use crate::support::{Store, entry, key, live, raw};

const SECRET: &str = "p@ss/w#rd?x:y%z";
const ESCAPED: &str = "p%40ss%2Fw%23rd%3Fx%3Ay%25z";

async fn works(cache: &RedisCache) {
    cache.put(&key("a"), &entry("1"), Condition::Always).await.unwrap();
    assert_eq!(live(cache, &key("a")).await.as_deref(), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_opens_and_is_never_told() {
    let Some(server) = or_skip(Redis::with(&[("requirepass", SECRET)])) else { return };
    let port = server.port();
    works(&RedisCache::open(format!("redis://:{ESCAPED}@127.0.0.1:{port}/3")).unwrap()).await;
    works(&RedisCache::builder().port(port).password(SECRET).build().unwrap()).await;
    works(&RedisCache::open(format!("redis+unix://:{ESCAPED}@{}?db=3", server.socket().display())).unwrap()).await;

    let none = RedisCache::builder().port(port).build().unwrap();
    let wrong = RedisCache::builder().port(port).password("hunter2").build().unwrap();
    let user = RedisCache::builder().port(port).user("annabel").password("hunter2").build().unwrap();
    for cache in [none, wrong, user] {
        let error = cache.get(&key("a")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let told = format!("{error} {error:?} {cache:?} {:?}", cache.client());
        assert!(told.contains("127.0.0.1"), "{told}");
        assert!(!told.contains("hunter2") && !told.contains("annabel"), "{told}");
    }
    let builder = RedisCache::builder().url(format!("redis://annabel:{ESCAPED}@h")).user("annabel").password(SECRET);
    let told = format!("{builder:?}");
    assert!(!told.contains("p%40") && !told.contains("p@ss") && !told.contains("annabel"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_gets_in_with_the_rights_that_larder_needs() {
    let Some(store) = Store::start() else { return };
    store.raw::<()>(&["ACL", "SETUSER", "annabel", "on", ">pw", "~*", "+@all", "-@dangerous", "-@admin"]).await;
    works(&RedisCache::builder().port(store.server.port()).user("annabel").password("pw").build().unwrap()).await;

    store.raw::<()>(&["ACL", "SETUSER", "bob", "on", ">pw", "~*", "+@all", "-get"]).await;
    let bob = RedisCache::builder().port(store.server.port()).user("bob").password("pw").build().unwrap();
    let told = format!("{:?}", bob.get(&key("a")).await.unwrap_err());
    assert!(told.contains("NOPERM") && !told.contains("bob"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_selected_anew_with_each_connection() {
    let Some(mut store) = Store::start() else { return };
    let cache = RedisCache::open(format!("{}/5", store.server.url())).unwrap();
    works(&cache).await;
    assert_eq!(format!("{cache:?}"), format!("RedisCache(127.0.0.1:{}/5)", store.server.port()));
    store.server.restart().unwrap();
    works(&cache).await;
    assert_eq!(raw::<u64>(&cache, &["DBSIZE"]).await, 1);
    assert_eq!(store.raw::<u64>(&["DBSIZE"]).await, 0);
    let error = RedisCache::open(format!("{}/99", store.server.url())).unwrap().get(&key("a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unix_socket_is_as_good() {
    let Some(store) = Store::start() else { return };
    let cache = RedisCache::builder().socket(store.server.socket()).build().unwrap();
    works(&cache).await;
    works(&RedisCache::open(format!("unix://{}", store.server.socket().display())).unwrap()).await;
    let missing = RedisCache::builder().socket("/there/is/none").build().unwrap();
    assert_eq!(missing.connect().await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[test]
fn settings_that_contradict_each_other_are_refused_by_name() {
    let builder = RedisCache::builder;
    let cases = [
        (builder().host("h").socket("/s"), "socket"),
        (builder().port(0), "port"),
        (builder().host(""), "host"),
        (builder().user("annabel"), "password"),
        (builder().largest_entry(0), "largest_entry"),
        (builder().url("redis://annabel@h"), "password"),
        (builder().url("redis://h?ca=/f"), "TLS"),
    ];
    for (builder, name) in cases {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(name) && !error.to_string().contains("annabel"), "{error}");
    }
}
