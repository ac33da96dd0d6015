//! Values: what one side writes the other reads.

use std::collections::BTreeMap;

use larder_servers::{Redis, or_skip};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::peer::Peer;
use crate::shared::each;

/// Of all kinds that JSON has, at their edges.
fn values() -> Vec<Value> {
    vec![
        json!(0),
        json!(-1),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(0.1),
        json!(1e300),
        json!(-2.5e-8),
        json!(true),
        json!(false),
        json!(""),
        json!("plain"),
        json!("quotes \" and \\ and \u{0} and \r\n"),
        json!("Grüße ☕ 😀 \u{2028}"),
        json!([]),
        json!({}),
        json!([1, [2, [null, {"a": [true]}]]]),
        json!({"name": "tea", "prices": {"eu": 2.5, "us": null}, "größe": [1, 2]}),
    ]
}

#[test]
fn json_goes_both_ways() {
    each("json", |shared, sides| {
        for value in values() {
            sides.ours.set("ours", value.clone(), 60).unwrap();
            assert_eq!(sides.ask(json!(["get", "ours"])), value, "{}", shared.store);
            assert_eq!(sides.ask(json!(["set", "theirs", value, 60])), json!(true), "{}", shared.store);
            assert_eq!(sides.ours.get::<Value>("theirs").unwrap(), Some(value), "{}", shared.store);
        }
    });
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u32,
    #[serde(rename = "customer")]
    who: Option<String>,
    items: BTreeMap<String, u8>,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Open,
    Paid { by: String },
}

#[test]
fn a_struct_is_an_object_there_and_an_object_a_struct_here() {
    each("json", |shared, sides| {
        let items = BTreeMap::from([("tea".to_owned(), 2)]);
        let order = Order { id: 7, who: None, items, state: State::Paid { by: "card".into() } };
        let object = json!({"id": 7, "customer": null, "items": {"tea": 2}, "state": {"Paid": {"by": "card"}}});
        sides.ours.set("order", order, 60).unwrap();
        assert_eq!(sides.ask(json!(["get", "order"])), object, "{}", shared.store);

        let open = json!({"state": "Open", "items": {}, "note": "who asked?", "customer": "Ada", "id": 8});
        sides.ask(json!(["set", "order", open, 60]));
        let order = sides.ours.get::<Order>("order").unwrap().unwrap();
        assert_eq!((order.id, order.who.as_deref(), order.state), (8, Some("Ada"), State::Open), "{}", shared.store);
        sides.ask(json!(["set", "order", {"id": "eight"}, 60]));
        assert_eq!(sides.ours.get::<Order>("order").unwrap(), None, "{}: no order", shared.store);
    });
}

#[test]
fn none_is_null_and_is_there() {
    each("json", |shared, sides| {
        sides.ours.set("ours", None::<u8>, 60).unwrap();
        let theirs = [sides.ask(json!(["exists", "ours"])), sides.ask(json!(["get", "ours"]))];
        assert_eq!(theirs, [json!(true), json!(null)], "{}", shared.store);
        sides.ask(json!(["set", "theirs", null, 60]));
        assert_eq!(sides.ours.get::<Option<u8>>("theirs").unwrap(), Some(None), "{}", shared.store);
        assert_eq!(sides.ours.get::<Option<u8>>("absent").unwrap(), None, "{}", shared.store);
    });
}

#[test]
fn raw_text_goes_both_ways_and_so_do_integers() {
    each("string", |shared, sides| {
        for text in ["", "plain", "7", "Grüße ☕ 😀", "two\r\nlines"] {
            sides.ours.set("ours", text.to_owned(), 60).unwrap();
            assert_eq!(sides.ask(json!(["get", "ours"])), json!(text), "{}", shared.store);
            sides.ask(json!(["set", "theirs", text, 60]));
            assert_eq!(sides.ours.get::<String>("theirs").unwrap().as_deref(), Some(text), "{}", shared.store);
        }
        sides.ours.set("ours", -12_i64, 60).unwrap();
        assert_eq!(sides.ask(json!(["get", "ours"])), json!("-12"), "{}", shared.store);
        sides.ask(json!(["set", "theirs", -13, 60]));
        assert_eq!(sides.ours.get::<i64>("theirs").unwrap(), Some(-13), "{}", shared.store);
    });
}

#[test]
fn raw_bytes_go_both_ways() {
    each("bytes", |shared, sides| {
        for bytes in [vec![], vec![0, 13, 10, 255], (0..=255).collect()] {
            let hex: String = bytes.iter().map(|byte: &u8| format!("{byte:02x}")).collect();
            sides.ours.set("ours", bytes.clone(), 60).unwrap();
            assert_eq!(sides.ask(json!(["get", "ours"])), json!({ "hex": hex }), "{}", shared.store);
            sides.ask(json!(["set", "theirs", {"hex": hex}, 60]));
            assert_eq!(sides.ours.get::<Vec<u8>>("theirs").unwrap(), Some(bytes), "{}", shared.store);
        }
    });
}

#[test]
fn a_client_without_a_framework_reads_and_writes_the_same() {
    let Some(server) = or_skip(Redis::start()) else { return };
    let cache = larder::Cache::plain(larder::RedisCache::open(server.url()).unwrap());
    let cache = cache.codec(larder::Codec::JSON).namespace("shop").build().unwrap().blocking();
    let Some(mut redis) = Peer::start("redis_peer.py", &[&server.port().to_string()]) else { return };

    cache.set("a", vec![1, 2], 60).unwrap();
    assert_eq!(redis.ask(&json!(["get", "shop:a"])), json!("[1,2]"));
    assert_eq!(redis.ask(&json!(["set", "shop:b", "{\"x\": 1.50}", 60])), json!(true));
    assert_eq!(cache.get::<BTreeMap<String, f32>>("b").unwrap(), Some(BTreeMap::from([("x".into(), 1.5)])));
    assert_eq!(redis.ask(&json!(["incrby", "shop:n", 5])), json!(5));
    assert_eq!((cache.increment("n", -7).unwrap(), redis.ask(&json!(["incr", "shop:n"]))), (-2, json!(-1)));
    assert_eq!(redis.ask(&json!(["ttl", "shop:n"])), json!(-1));
    let left = redis.ask(&json!(["pttl", "shop:a"])).as_i64().unwrap();
    assert!((50_000..=60_000).contains(&left), "{left}");
    // What is no value of ours is no value, and in nobody's way.
    redis.ask(&json!(["rpush", "shop:list", "1"]));
    assert_eq!((cache.get::<Value>("list").unwrap(), cache.delete("list").unwrap()), (None, true));
    assert_eq!(redis.ask(&json!(["keys", "*"])).as_array().unwrap().len(), 3);
}
