//! How a cluster is opened, and what is said where there is none.

use larder::adapter::CacheAdapter;
use larder::{ErrorKind, IntoCache, RedisCache, RedisCluster, caches};
use larder_servers::{Redis, Unreachable, or_skip};
use serde_json::json;

use crate::certificates::Authority;
use crate::support::{Store, keys};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_alone_and_a_node_of_a_cluster_are_not_taken_for_each_other() {
    let Some(server) = or_skip(Redis::start()) else { return };
    let alone = RedisCluster::open(server.url().replace("redis", "redis+cluster")).unwrap().fleet(|part| part);
    let error = alone.get(&keys(1)[0]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(format!("{error:?}").contains("cluster support disabled"), "{error:?}");

    let Some(store) = Store::start(2, 0) else { return };
    let node = RedisCache::builder().port(store.servers.node(0).port()).build().unwrap();
    let mut told = String::new();
    for key in keys(40) {
        told += &node.get(&key).await.err().map(|error| format!("{error:?}")).unwrap_or_default();
    }
    assert!(told.contains("redis+cluster://"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_node_leads_to_all_and_none_is_an_error_that_shows_no_password() {
    let Some(store) = Store::start(2, 0) else { return };
    let gone = Unreachable::new().unwrap();
    let url = format!("redis+cluster://127.0.0.1:{},127.0.0.1:{}", gone.port(), store.servers.node(1).port());
    let fleet = RedisCluster::open(url).unwrap().fleet(|part| part);
    assert_eq!(fleet.get_many(&keys(40)).await.unwrap(), vec![None; 40]);

    let nobody = RedisCluster::open(format!("redis+cluster://:hunter2@127.0.0.1:{}", gone.port())).unwrap();
    let error = nobody.fleet(|part| part).get(&keys(1)[0]).await.unwrap_err();
    let told = format!("{error} {error:?} {nobody:?}");
    assert!(error.kind() == ErrorKind::Unavailable && told.contains("127.0.0.1"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn all_nodes_are_spoken_to_over_tls() {
    let authority = Authority::new();
    let signed = authority.sign(&["127.0.0.1"]);
    let servers = larder_servers::RedisCluster::with_tls(2, &signed.of_server(Some(&authority.file())));
    let Some(servers) = or_skip(servers) else { return };
    let (certificate, key) = (signed.certificate.display(), signed.key.display());
    let url = format!("{}?ca={}&certificate={certificate}&key={key}", servers.url(), authority.file().display());
    let cache = url.as_str().into_cache().unwrap().blocking();
    for number in 0..40 {
        cache.set(format!("tea{number}"), number, 60).unwrap();
        assert_eq!(cache.get::<i32>(format!("tea{number}")).unwrap(), Some(number));
    }
    let stranger = Authority::new();
    let url = format!("{}?ca={}", servers.url(), stranger.file().display());
    let error = url.as_str().into_cache().unwrap().blocking().get::<i32>("tea1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[test]
fn a_url_is_enough() {
    let Some(store) = Store::start(2, 0) else { return };
    let cache = format!("{}?namespace=shop&timeout=60", store.servers.url()).into_cache().unwrap();
    assert_eq!((cache.adapter(), cache.namespace()), ("redis", "shop"));
    let cache = cache.blocking();
    for number in 0..40 {
        cache.set(format!("tea{number}"), number, 60).unwrap();
    }
    assert_eq!(cache.get::<i32>("tea7").unwrap(), Some(7));
    cache.clear().unwrap();
    assert_eq!(cache.get::<i32>("tea7").unwrap(), None);
    cache.flush_store().unwrap();
}

#[test]
fn nodes_that_a_file_lists_are_used_in_the_place_of_the_urls() {
    let Some(store) = Store::start(2, 0) else { return };
    let gone = Unreachable::new().unwrap();
    let nodes = [gone.port(), store.servers.node(1).port()].map(|port| format!("127.0.0.1:{port}"));
    let settings = json!({ "adapter": format!("redis+cluster://{}", nodes[0]), "nodes": nodes });
    caches::configure(json!({ "listed-nodes": settings })).unwrap();
    let cache = caches::get("listed-nodes").unwrap().blocking();
    for number in 0..40 {
        cache.set(format!("tea{number}"), number, 60).unwrap();
        assert_eq!(cache.get::<i32>(format!("tea{number}")).unwrap(), Some(number));
    }
}

/// The line that users copy, and what it says of a cluster.
#[test]
fn the_rights_that_are_written_down_are_enough() {
    const DOCS: &str = include_str!("../../runtime/docs/redis.md");
    let Some(store) = Store::start(2, 0) else { return };
    let line = DOCS.lines().find(|line| line.starts_with("ACL SETUSER")).unwrap();
    let further = "+cluster|slots +cluster|info +asking";
    assert!(DOCS.contains(further));
    let words: Vec<_> = line.split(' ').chain(further.split(' ')).collect();
    for at in 0..2 {
        store.servers.ask(at, &words).unwrap();
    }
    let cache = store.servers.url().replace("//", "//app:s3cret@").into_cache().unwrap().blocking();
    for number in 0..40 {
        cache.set(format!("tea{number}"), number, 60).unwrap();
        assert_eq!(cache.increment(format!("tea{number}"), 1).unwrap(), number + 1);
    }
    cache.clear().unwrap();
    assert_eq!(cache.get::<i32>("tea7").unwrap(), None);
}

#[test]
fn what_a_cluster_does_not_do_is_refused_by_name() {
    for (url, said) in [
        ("redis+cluster://h?envelope=off&codec=json", "envelope"),
        ("redis+cluster://h/3", "database"),
        ("redis+cluster://h?ca=/f", "TLS"),
        ("redis+cluster://ann@h", "password"),
    ] {
        let error = url.into_cache().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{url}");
        assert!(error.to_string().contains(said), "{error}");
    }
    assert!(RedisCluster::open("redis://h").unwrap_err().to_string().contains("redis+cluster://"));
    assert!(RedisCache::open("redis+cluster://h").unwrap_err().to_string().contains("RedisCluster"));
    assert!(RedisCluster::builder().node("h:port").build().unwrap_err().to_string().contains("port"));
}
