//! A codec of a user's own, over every store: the example's.

use larder::{Cache, Codec, cached, scoped};
use serde::{Deserialize, Serialize};

use crate::stores::stores;

#[path = "../../examples/custom_codec.rs"]
mod custom_codec;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Leaf {
    Green { grams: u32 },
    Black(String, Option<f64>),
}

#[cached(key = "leaf:{n}", none_timeout = 60)]
fn leaf(n: u32) -> Option<Leaf> {
    (n > 0).then_some(Leaf::Green { grams: n })
}

#[test]
fn the_example_does_what_it_says() {
    custom_codec::main().unwrap();
}

#[test]
fn a_codec_of_ones_own_serves_functions_and_commands_on_every_store() {
    let pretty = Codec::custom(&custom_codec::Pretty).unwrap();
    for store in stores() {
        let before = leaf::stats().hits;
        let cache = store.with(pretty);
        scoped(cache.clone(), || {
            assert_eq!((leaf(3), leaf(3)), (Some(Leaf::Green { grams: 3 }), Some(Leaf::Green { grams: 3 })));
            assert_eq!((leaf(0), leaf(0), leaf::stats().hits - before), (None, None, 2), "{}", store.name);
        });
        let hand = cache.blocking();
        let black = Leaf::Black("assam".into(), None);
        hand.set("black", black.clone(), 60).unwrap();
        assert_eq!(hand.get::<Leaf>("black").unwrap(), Some(black), "{}", store.name);
        assert_eq!(hand.increment("n", 3).unwrap(), 3, "{}", store.name);
        // Who uses another codec, or none, does not take it for a value.
        assert_eq!(store.cache.blocking().get::<Leaf>("black").unwrap(), None, "{}", store.name);
        assert!(hand.exists("black").unwrap(), "{}", store.name);
    }
}

#[test]
fn a_plain_cache_takes_none() {
    let pretty = Codec::custom(&custom_codec::Pretty).unwrap();
    let redis = larder::RedisCache::open("redis://127.0.0.1:1").unwrap();
    let error = Cache::plain(redis).codec(pretty).build().unwrap_err();
    assert!(error.to_string().contains("`pretty`"), "{error}");
}
