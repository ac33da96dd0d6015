//! What is said of what is wrong.

use larder::{ErrorKind, caches};
use serde_json::{Value, json};

/// The error of one cache, and its kind.
fn refused(settings: Value) -> (ErrorKind, String) {
    let error = caches::configure(json!({ "s": settings })).expect_err("it is wrong");
    assert_eq!(caches::get("s").unwrap_err().kind(), ErrorKind::UnknownAdapter, "nothing is half-configured");
    (error.kind(), error.to_string())
}

#[test]
fn a_wrong_setting_is_named_with_its_place() {
    let table = [
        (
            json!({ "timeuot": 1 }),
            "s.timeuot: a cache over `memory` has no such setting: it has max_entries, max_weight, timeout, grace, \
             namespace, observers; did you mean `timeout`?",
        ),
        (
            json!({ "codec": "json" }),
            "s.codec: a cache over `memory` has no such setting: it has max_entries, max_weight, timeout, grace, namespace, \
             observers",
        ),
        (
            json!({ "adapter": "redis://h", "max_entries": 5 }),
            "s.max_entries: a cache over `redis` has no such setting: it has host, port, socket, database, sentinels, \
             master, user, password, ca, certificate, key, sentinel_user, sentinel_password, wait_replicas, address_map, largest_entry, nodes, envelope, namespace, timeout, grace, codec, {limits}, layers, observers",
        ),
        (json!({ "adapter": "redis://h", "envelope": "of" }), "s.envelope: `envelope` of a store is `on` or `off`"),
        (
            json!({ "adapter": "redis://h", "envelope": "off" }),
            "s: a plain cache keeps what other programs read, not `msgpack`: choose the codec `json` or `raw`",
        ),
        (
            json!({ "adapter": "memcache://h", "database": 5 }),
            "s.database: a cache over `memcached` has no such setting: it has servers, largest_entry, envelope, namespace, \
             timeout, grace, codec, {limits}, layers, observers",
        ),
        (
            json!({ "adapter": "sqlite::memory:", "max_byte": 5 }),
            "s.max_byte: a cache over `sqlite` has no such setting: it has path, max_bytes, max_entries, namespace, timeout, \
             grace, codec, {limits}, layers, observers; did you mean `max_bytes`?",
        ),
        (
            json!({ "adapter": "null", "max_entries": 5 }),
            "s.max_entries: a cache over `null` has no such setting: it has timeout, grace, codec, layers, {limits}, namespace, \
             observers",
        ),
        (
            json!({ "timeout": "soon" }),
            "s.timeout: this takes seconds (300), a text with units (\"5m\", \"1h30m\", \"250ms\") or \"never\"",
        ),
        (
            json!({ "grace": -1 }),
            "s.grace: this takes seconds (300), a text with units (\"5m\", \"1h30m\", \"250ms\") or \"never\"",
        ),
        (
            json!({ "timeout": null }),
            "s.timeout: this takes seconds (300), a text with units (\"5m\", \"1h30m\", \"250ms\") or \"never\"",
        ),
        (json!({ "timeout": 0 }), "s.timeout: 0 keeps nothing: write `adapter = \"null\"` for that"),
        (json!({ "max_entries": "many" }), "s.max_entries: this takes a whole number"),
        (json!({ "max_entries": 1.5 }), "s.max_entries: this takes a whole number"),
        (json!({ "max_entries": true }), "s.max_entries: this takes a whole number"),
        (json!({ "max_entries": 0 }), "s.max_entries: 0 stores nothing: write `adapter = \"null\"` for that"),
        (
            json!({ "max_entries": 1, "max_weight": 1 }),
            "s: a memory cache takes `max_entries` or `max_weight`, not both",
        ),
        (json!({ "namespace": 5 }), "s.namespace: this takes a text"),
        (json!({ "adapter": "redis://h", "port": 70_000 }), "s.port: the number is too large"),
        (
            json!({ "adapter": "redis://h", "codec": "yaml" }),
            "s.codec: unknown codec; there are `msgpack`, `postcard`, `bincode`, `json` and `raw`",
        ),
        (json!({ "adapter": "redis://h", "user": "ada" }), "s: a redis cache with a `user` needs its `password`"),
        (json!({ "adapter": "redis://h:port" }), "s.adapter: the port of a redis URL is a number from 1 to 65535"),
        (
            json!({ "adapter": "redis://h?timeout=soon", "port": 1 }),
            "s.adapter: `timeout` in the URL of a store: \
             a timeout is seconds (`300`), numbers with units (`5m`, `1h30m`, `250ms`) or `never`",
        ),
        (
            json!({ "adapter": "memcache://h", "servers": ["a", 1] }),
            "s.servers: this takes a list of at least one text",
        ),
        (json!({ "adapter": "memcache://h", "servers": [] }), "s.servers: this takes a list of at least one text"),
        (
            json!({ "adapter": "redis+cluster://h", "nodes": ["a", "b:port"] }),
            "s.nodes[1]: the port of a redis URL is a number from 1 to 65535",
        ),
        (json!({ "adapter": "redis+cluster://h", "nodes": [] }), "s.nodes: this takes a list of at least one text"),
        (
            json!({ "adapter": "redis+cluster://h", "sentinels": ["a"] }),
            "s.sentinels: a cache over `redis` has no such setting: it has nodes, user, password, ca, certificate, key, \
             sentinel_user, sentinel_password, wait_replicas, address_map, largest_entry, envelope, namespace, timeout, grace, codec, {limits}, \
             layers, observers",
        ),
        (
            json!({ "adapter": "redis+cluster://h", "address_map": ["a:1=b:2", "a"] }),
            "s.address_map[1]: `address_map` of a redis cache: it is written `announced=reached`, as in \
             `172.17.0.2:6379=127.0.0.1:7001`",
        ),
        (
            json!({ "adapter": "redis", "nodes": ["a", "b"] }),
            "s.nodes: these are of a cluster: write as its `adapter` a URL that begins with redis+cluster://",
        ),
        (
            json!({ "adapter": "redis+sentinel://h/prime", "sentinels": [""] }),
            "s.sentinels[0]: the host of a redis URL is missing",
        ),
        (
            json!({ "adapter": "redis", "sentinels": ["a", "b"] }),
            "s: sentinels of a redis cache know a master by its name: say `master` too",
        ),
        (
            json!({ "adapter": "redis", "sentinels": "a", "master": "prime", "host": "h" }),
            "s: a redis cache with a `master` takes sentinels, and neither `host`, `port` nor `socket`",
        ),
        (json!({ "adapter": 5 }), "s.adapter: this takes a text: the name of a store, or a URL"),
        (json!(5), "s: a cache is a table of settings, or a text: its adapter"),
    ];
    for (settings, said) in table {
        assert_eq!(refused(settings), (ErrorKind::Config, said.replace("{limits}", LIMITS)));
    }
}

/// What all far stores have, and `null` in their place.
const LIMITS: &str = "request_timeout, time_budget, helper_request_timeout, helper_time_budget, breaker_window, \
                      breaker_pause, breaker_failures, max_in_flight";

#[test]
fn a_limit_that_makes_no_sense_is_named_with_its_place() {
    let table = [
        (
            json!({ "request_timeout": 0 }),
            "s.request_timeout: of the limits on a store, `request_timeout` is more than 0",
        ),
        (json!({ "time_budget": "never" }), "s.time_budget: of the limits on a store, `time_budget` is more than 0"),
        (json!({ "helper_time_budget": "soon" }), "s.helper_time_budget: this takes seconds"),
        (
            json!({ "breaker_failures": 0 }),
            "s.breaker_failures: of the limits on a store, `breaker_failures` is a number",
        ),
        (json!({ "max_in_flight": "many" }), "s.max_in_flight: this takes a whole number"),
        (
            json!({ "request_timeout": "2s", "time_budget": "1s" }),
            "s: of the limits on a store, `request_timeout` (2000 ms) is more than `time_budget` (1000 ms)",
        ),
    ];
    for adapter in ["redis://h", "redis+cluster://h", "memcache://h", "sqlite::memory:"] {
        for (settings, said) in &table {
            let mut settings = settings.clone();
            settings["adapter"] = adapter.into();
            let (kind, message) = refused(settings);
            assert!(kind == ErrorKind::Config && message.starts_with(said), "{message}");
        }
        let right = json!({ "adapter": adapter, "request_timeout": "600ms", "time_budget": 2, "breaker_failures": 3 });
        caches::configure(json!({ "limits-right": right })).unwrap();
    }
    // What the file says goes before what the URL says.
    let both = json!({ "adapter": "redis://h?request_timeout=5s&time_budget=6s", "time_budget": "4s" });
    let message = refused(both).1;
    assert!(message.contains("`request_timeout` (5000 ms) is more than `time_budget` (4000 ms)"), "{message}");
}

#[test]
fn an_unknown_adapter_is_told_the_known_ones() {
    let (kind, said) = refused(json!({ "adapter": "reddis" }));
    assert_eq!(kind, ErrorKind::UnknownAdapter);
    assert!(
        said.starts_with("s.adapter: no adapter is named `reddis`: known are memory (mem, ram), null (none, "),
        "{said}"
    );
    assert!(said.ends_with("; did you mean `redis`?"), "{said}");
}

#[test]
fn the_file_as_a_whole_can_be_wrong() {
    for (source, said) in [
        (json!([1]), "the configuration of caches is no table of them by name"),
        (json!({ "Redis": "memory" }), "Redis: this is the name of a store, so no cache of your own can have it"),
        (json!({ "a-b": "null", "A-B": "null" }), "a-b: there are two of this name, which is the same in any case"),
        (
            json!({ "a b": "null" }),
            "…: the name of a cache has at most 32 letters of `A` to `Z`, digits, `-`, `_` and `+`",
        ),
    ] {
        assert_eq!(caches::configure(source).unwrap_err().to_string(), said);
    }
    let text = r#"{ "twice": { "timeout": 1, "timeout": 2 } }"#;
    let error = caches::configure(&mut serde_json::Deserializer::from_str(text)).unwrap_err();
    assert_eq!(error.to_string(), "twice.timeout: this is there twice");
    let text = r#"{ "broken": { "adapter": "redis://:hunter2@h" "timeout": 2 } }"#;
    let error = caches::configure(&mut serde_json::Deserializer::from_str(text)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the configuration of caches cannot be read: expected `,` or `}` at line 1 column 47"
    );
}

#[test]
fn all_that_is_wrong_is_said_and_nothing_of_the_rest_is_done() {
    let error = caches::configure(json!({
        "good": "memory",
        "bad": { "timeout": "soon" },
        "worse": { "max_entries": 0 },
    }));
    let said = error.unwrap_err().to_string();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], "2 caches are wrongly configured");
    assert!(lines[1].starts_with("bad.timeout: ") && lines[2].starts_with("worse.max_entries: "), "{said}");
    assert_eq!(caches::get("good").unwrap_err().kind(), ErrorKind::UnknownAdapter);
}

#[test]
fn no_message_shows_a_password() {
    for settings in [
        json!({ "adapter": "redis://:hunter2@h:port" }),
        json!({ "adapter": "redis://:hunter2@h", "timeout": 0 }),
        json!({ "adapter": "redis//:hunter2@h" }),
        json!({ "adapter": "hunter2://h" , "password": "hunter2"}),
        json!({ "adapter": "redis://h", "password": ["hunter2"] }),
        json!({ "adapter": "redis://h", "user": "hunter2" }),
        json!({ "adapter": "redis://h", "codec": "hunter2" }),
        json!({ "adapter": "redis+cluster://h", "nodes": ["a", ":hunter2@b"] }),
        json!({ "redis://:hunter2@h": "adapter" }),
    ] {
        let error = caches::configure(json!({ "secret": settings })).expect_err("it is wrong");
        let said = format!("{error} {error:?}").replace("no adapter is named `hunter2`", "");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn an_unknown_name_is_told_the_known_ones() {
    caches::configure(json!({ "lists-pages": "null", "lists-sessions": "null" })).unwrap();
    for error in [caches::get("lists-sesions").unwrap_err(), caches::create("lists-sesions").unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::UnknownAdapter);
        let said = error.to_string();
        assert!(said.starts_with("no adapter is named `lists-sesions`: known are memory (mem, ram), null"), "{said}");
        assert!(said.contains("lists-pages") && said.ends_with("did you mean `lists-sessions`?"), "{said}");
    }
    let error = caches::get("redis://h").unwrap_err();
    assert_eq!(error.to_string(), "a cache is asked for by its name, and this is a URL: `adapter_set` takes those");
    let error = caches::configure(json!({ "circle": { "adapter": "lists-pages" } })).unwrap_err();
    assert_eq!(error.to_string(), "circle.adapter: this is a named cache itself: write the store or the URL");
}
