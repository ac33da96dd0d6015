//! What the same settings come to, whatever they are written in.

use std::collections::HashMap;
use std::time::Duration;

use larder::{Remaining, cached, caches};
use serde::de::IntoDeserializer;
use serde::de::value::{Error, MapDeserializer};
use serde_json::json;

#[cached(adapter = "from-file", key = "square:{x}")]
fn square(x: u64) -> u64 {
    x * x
}

#[test]
fn formats_are_alike_and_numbers_may_be_text() {
    let toml = "[from-file]\nadapter = 'mem'\nnamespace = 'shop'\ntimeout = '2h'\nmax_entries = 64\n";
    let json = r#"{ "from-file": { "max_entries": "64", "timeout": 7200, "namespace": "shop", "adapter": "ram" } }"#;
    let map = |timeout| {
        let fields = [("adapter", "memory"), ("namespace", "shop"), ("timeout", timeout), ("max_entries", "64")];
        let fields: MapDeserializer<'_, _, Error> = MapDeserializer::new(fields.into_iter());
        MapDeserializer::<_, Error>::new([("from-file", fields)].into_iter())
    };
    let configured = |n_hours: u64| {
        square(3);
        let cache = caches::get("from-file").unwrap();
        assert_eq!((cache.adapter(), cache.namespace(), cache.n_entries()), ("memory", "shop", 1));
        let Some(Remaining::For(left)) = square::timeout_left(3).unwrap() else { panic!("it expires") };
        assert!(left <= Duration::from_secs(n_hours * 3600) && left > Duration::from_secs(n_hours * 3600 - 60));
    };
    caches::configure(toml::Deserializer::parse(toml).unwrap()).unwrap();
    configured(2);
    caches::configure(&mut serde_json::Deserializer::from_str(json)).unwrap();
    configured(2);
    caches::configure(map("180m")).unwrap();
    configured(3);
    // What is already there as a map of the program's own.
    let own = HashMap::from([("from-file", HashMap::from([("timeout", "4h"), ("namespace", "shop")]))]);
    caches::configure(own.into_deserializer() as MapDeserializer<'_, _, Error>).unwrap();
    configured(4);
}

#[test]
fn every_setting_of_every_store_is_taken() {
    caches::configure(json!({
        "all-memory": { "namespace": "a", "timeout": "never", "grace": 0, "max_weight": 1_000_000 },
        "all-redis": {
            "adapter": "redis://other/1?namespace=b&timeout=1m", "namespace": "c", "timeout": 60, "grace": "1m",
            "codec": "json", "host": "h", "port": "6380", "user": "u", "password": "p", "database": 3,
            "largest_entry": 1000,
        },
        "all-cluster": {
            "adapter": "redis+cluster://a", "nodes": ["b", "c:7000"], "namespace": "g", "user": "u", "password": "p",
            "wait_replicas": 1, "largest_entry": 1000, "address_map": ["10.0.0.1:6379=d:7001", "10.0.0.2=e"],
        },
        "all-sentinel": {
            "adapter": "redis+sentinel://z/other", "sentinels": ["a", "b:26380"], "master": "prime",
            "sentinel_user": "u", "sentinel_password": "p", "database": 3, "namespace": "h",
        },
        "all-memcached": {
            "adapter": "memcache://a", "servers": ["b", "c:11212"], "namespace": "d", "codec": "postcard",
            "largest_entry": 1000,
        },
        "one-memcached": { "adapter": "memcache://a", "servers": "b" },
        "all-sqlite": {
            "adapter": "sqlite::memory:", "path": "/tmp/a.sqlite", "max_bytes": 1_000_000, "max_entries": 10,
            "namespace": "e",
        },
        "all-null": { "adapter": "null", "namespace": "f", "timeout": 1, "grace": 1, "codec": "json" },
        "by-adapter": "memory://?max_entries=5",
    }))
    .unwrap();
    for (name, adapter, namespace) in [
        ("all-memory", "memory", "a"),
        ("all-redis", "redis", "c"),
        ("all-cluster", "redis", "g"),
        ("all-sentinel", "redis", "h"),
        ("all-memcached", "memcached", "d"),
        ("one-memcached", "memcached", "larder"),
        ("all-sqlite", "sqlite", "e"),
        ("all-null", "null", "f"),
        ("by-adapter", "memory", ""),
    ] {
        let cache = caches::get(name).unwrap();
        assert_eq!((cache.adapter(), cache.namespace()), (adapter, namespace), "{name}");
    }
}

#[test]
fn an_adapter_of_ones_own_can_be_given_a_namespace() {
    larder::register_adapter("own-store", || Ok(larder::MemoryCache::new()));
    caches::configure(json!({ "on-own": { "adapter": "Own-Store", "namespace": "x" } })).unwrap();
    assert_eq!(caches::get("on-own").unwrap().namespace(), "x");
}
