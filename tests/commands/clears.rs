//! `clear` and `flush_store`.

use std::thread;
use std::time::{Duration, Instant};

use larder::IntoCache;
use larder_servers::{Memcached, Redis, or_skip};

use crate::hand::{FACES, Hand};
use crate::shop::everywhere;

#[test]
fn clear_takes_its_namespace_and_nothing_else() {
    everywhere(|shop| {
        let name = shop.cache.namespace();
        let names = ["", "bar", ":bar", "\n", " "].map(|end| format!("{name}foo{end}"));
        let hands: Vec<_> = names.iter().map(|name| shop.hand_of(&shop.cache.with_namespace(name))).collect();
        for (number, hand) in hands.iter().enumerate() {
            hand.set("key", number, 60).unwrap();
            hand.set("bar:key", number, 60).unwrap();
        }
        hands[0].clear().unwrap();
        for (number, hand) in hands.iter().enumerate() {
            for key in ["key", "bar:key"] {
                assert_eq!(hand.get::<usize>(key).unwrap(), (number != 0).then_some(number), "{:?}", names[number]);
            }
        }
    });
}

#[test]
fn what_was_cleared_is_absent_for_every_command() {
    everywhere(|shop| {
        let hand = &shop.hand;
        let keys = ["get", "many", "exists", "add", "count", "moved", "fill"];
        hand.multi_set(keys.map(|key| (key, 41)), 60).unwrap();
        hand.clear().unwrap();
        assert_eq!(hand.get::<i32>("get").unwrap(), None);
        assert_eq!(hand.multi_get::<i32>(["many", "get"]).unwrap(), [None, None]);
        assert!(!hand.exists("exists").unwrap());
        assert!(hand.add("add", 1, 60).unwrap());
        assert_eq!(hand.increment("count", 1).unwrap(), 1);
        assert!(hand.update_timeout::<i32>("moved", 60).is_err());
        assert_eq!(hand.get_or_set("fill", 60, || 1).unwrap(), 1);
        assert_eq!(hand.multi_get::<i32>(keys).unwrap(), [None, None, None, Some(1), Some(1), None, Some(1)]);
        hand.clear().unwrap();
        assert_eq!(hand.multi_get::<i32>(keys).unwrap(), [None; 7], "cleared again");
    });
}

#[test]
fn others_see_a_clear_within_a_second() {
    everywhere(|shop| {
        let (hand, other) = (&shop.hand, shop.hand_of(&shop.elsewhere()));
        hand.set("key", "value".to_owned(), 60).unwrap();
        assert_eq!(other.get::<String>("key").unwrap().as_deref(), Some("value"));
        hand.clear().unwrap();
        let sees = |value: Option<&str>| {
            if let Some(clock) = &shop.clock {
                clock.advance(Duration::from_millis(1_001));
                assert_eq!(other.get::<String>("key").unwrap().as_deref(), value);
            }
            // A second, and one for the machine.
            let start = Instant::now();
            while other.get::<String>("key").unwrap().as_deref() != value {
                assert!(start.elapsed() < Duration::from_secs(2), "{:?} for {value:?}", start.elapsed());
                thread::sleep(Duration::from_millis(5));
            }
        };
        sees(None);
        hand.set("key", "new".to_owned(), 60).unwrap();
        sees(Some("new"));
    });
}

/// A server of its own: it would empty everybody's.
#[test]
fn flush_store_takes_everything() {
    for face in FACES {
        let (redis, memcached) = (or_skip(Redis::start()), or_skip(Memcached::start()));
        let folder = tempfile::tempdir().unwrap();
        let file = format!("sqlite:{}", folder.path().join("flush.sqlite").display());
        let urls =
            [redis.as_ref().map(|server| server.url()), memcached.as_ref().map(|server| server.url()), Some(file)];
        for url in urls.into_iter().flatten().chain(["memory".into(), "null".into()]) {
            println!("{url}, {face:?}");
            let cache = url.into_cache().unwrap();
            let hands = ["", "foo", "bar"].map(|name| Hand::of(&cache.with_namespace(name), face));
            for hand in &hands {
                hand.set("key", 7, 60).unwrap();
                hand.increment("count", 1).unwrap();
            }
            hands[0].flush_store().unwrap();
            for hand in &hands {
                assert_eq!(hand.multi_get::<i32>(["key", "count"]).unwrap(), [None, None]);
                hand.set("key", 8, 60).unwrap();
                assert_eq!(hand.get("key").unwrap(), (cache.adapter() != "null").then_some(8), "it goes on");
            }
        }
    }
}
