//! What commands by hand mean where values are bare: what they mean everywhere, but for what bytes alone cannot tell.

use larder::adapter::AnyAdapter;
use larder::{Cache, Codec, ErrorKind, IntoCache, MemoryCache, Remaining, Timeout};
use larder_servers::{Redis, or_skip};
use serde::{Deserialize, Serialize};

use crate::shelf::Shelf;
use crate::stores::stores;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Article {
    name: String,
    price: Option<f64>,
}

#[test]
fn what_is_stored_is_found_falsy_values_too() {
    for store in stores() {
        let (json, raw) = (store.json(), store.raw());
        let article = Article { name: "tea ☕".into(), price: None };
        json.set("article", article.clone(), 60).unwrap();
        assert_eq!(json.get("article").unwrap(), Some(article), "{}", store.name);
        json.set("none", None::<Article>, 60).unwrap();
        assert_eq!(json.get::<Option<Article>>("none").unwrap(), Some(None), "{}", store.name);
        for (key, value) in [("text", ""), ("zero", "0"), ("false", "false")] {
            raw.set(key, value.to_owned(), 60).unwrap();
            assert_eq!(raw.get::<String>(key).unwrap().as_deref(), Some(value), "{} {key}", store.name);
        }
        raw.set("bytes", vec![0_u8, 255, 13, 10], 60).unwrap();
        assert_eq!(raw.get::<Vec<u8>>("bytes").unwrap(), Some(vec![0, 255, 13, 10]), "{}", store.name);
        assert_eq!(json.get::<String>("text").unwrap(), None, "{}: another namespace", store.name);
    }
}

#[test]
fn one_of_those_who_add_does_and_what_stands_there_stays() {
    for store in stores() {
        let cache = store.json();
        assert!(cache.add("a", 1, 60).unwrap(), "{}", store.name);
        assert!(!cache.add("a", 2, 60).unwrap(), "{}", store.name);
        assert_eq!(cache.get::<i32>("a").unwrap(), Some(1), "{}", store.name);
    }
}

#[test]
fn counters_go_below_zero_and_keep_their_timeout() {
    for store in stores() {
        for cache in [store.json(), store.raw()] {
            assert_eq!(cache.increment("n", -3).unwrap(), -3, "{}", store.name);
            assert_eq!(cache.increment("n", 13).unwrap(), 10, "{}", store.name);
            assert_eq!(cache.increment("n", -1).unwrap(), 9, "{}", store.name);
            assert_eq!(cache.get::<i64>("n").unwrap(), Some(9), "{}", store.name);
            assert_eq!(cache.timeout_of("n").unwrap(), Some(Remaining::Never), "{}", store.name);
            cache.set("set", 5, 60).unwrap();
            assert_eq!(cache.increment("set", 1).unwrap(), 6, "{}", store.name);
            assert!(matches!(cache.timeout_of("set").unwrap(), Some(Remaining::For(_))), "{}", store.name);
            assert_eq!(cache.increment_for("new", 2, 60).unwrap() + cache.increment_for("new", 1, 9999).unwrap(), 5);
            assert!(
                matches!(cache.timeout_of("new").unwrap(), Some(Remaining::For(left)) if left.as_secs() <= 60),
                "{}",
                store.name
            );
        }
    }
}

#[test]
fn what_is_no_integer_is_not_counted_and_not_changed() {
    for store in stores() {
        let cache = store.raw();
        cache.set("word", "seven".to_owned(), 60).unwrap();
        cache.set("most", i64::MAX, 60).unwrap();
        let kinds = ["word", "most"].map(|key| cache.increment(key, 1).unwrap_err().kind());
        assert_eq!(kinds, [ErrorKind::WrongType, ErrorKind::OutOfRange], "{}", store.name);
        assert_eq!(cache.get::<String>("word").unwrap().as_deref(), Some("seven"), "{}", store.name);
        assert_eq!(cache.get::<i64>("most").unwrap(), Some(i64::MAX), "{}", store.name);
    }
}

#[test]
fn many_keys_go_at_once_in_their_order() {
    for store in stores() {
        let cache = store.json();
        let keys: Vec<String> = (0..2_500).map(|n| format!("k{n}")).collect();
        cache.multi_set(keys.iter().zip(0_u32..), 60).unwrap();
        let found = cache.multi_get::<u32>(keys.iter().rev().chain([&"none".to_owned()])).unwrap();
        let expected = (0..2_500).rev().map(Some).chain([None]);
        assert!(found.into_iter().eq(expected), "{}", store.name);
        let removed = cache.remove(keys.iter().chain([&"none".to_owned(), &keys[0]])).unwrap();
        assert_eq!((removed.asked, removed.removed), (2_501, 2_500), "{}", store.name);
        assert_eq!(cache.multi_get::<u32>([""; 0]).unwrap(), [], "{}", store.name);
    }
}

#[test]
fn a_clear_takes_its_namespace_and_no_other() {
    for store in stores() {
        let caches = ["foo", "foobar", "f*o", ""].map(|namespace| store.cache(Codec::JSON, namespace).blocking());
        caches.iter().for_each(|cache| cache.set("k", 1, 60).unwrap());
        let cleared = caches[0].clear().map_err(|error| error.kind());
        let left = caches.each_ref().map(|cache| cache.exists("k").unwrap());
        if store.walks() {
            assert_eq!((cleared, left), (Ok(()), [false, true, true, true]), "{}", store.name);
        } else {
            assert_eq!((cleared, left), (Err(ErrorKind::Unsupported), [true; 4]), "{}", store.name);
        }
        let message = caches[3].clear().unwrap_err().to_string();
        assert!(message.contains("namespace") || message.contains("flush"), "{}: {message}", store.name);
        caches[0].flush_store().unwrap();
        assert!(!caches[1].exists("k").unwrap(), "{}", store.name);
    }
}

#[test]
fn what_cannot_be_told_from_another_value_is_not_stored() {
    for store in stores() {
        let (json, raw) = (store.json(), store.raw());
        let refused = [
            json.set("a", Some(None::<u8>), 60),
            json.set("a", f64::NAN, 60),
            raw.set("a", None::<String>, 60),
            raw.set("a", 1.5, 60),
        ];
        for refused in refused {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unstorable, "{}", store.name);
        }
        assert!(!json.exists("a").unwrap() && !raw.exists("a").unwrap(), "{}", store.name);
    }
}

#[test]
fn what_others_wrote_wrongly_is_a_miss_and_can_be_removed() {
    let shelf = Shelf::new();
    let cache = Cache::plain(shelf.clone()).codec(Codec::JSON).build().unwrap().blocking();
    let deep = "[".repeat(100_000);
    for foreign in ["", "{", "NaN", "'7'", "\u{0}", &deep] {
        shelf.put("k", foreign);
        assert_eq!(cache.get::<Vec<u8>>("k").unwrap(), None);
        assert_eq!(cache.get_or_set("k", 60, || vec![7_u8]).unwrap(), [7]);
        shelf.put("k", foreign);
        assert!(cache.delete("k").unwrap());
    }
}

#[test]
fn keys_are_what_the_other_side_writes() {
    let shelf = Shelf::new();
    let cache = |namespace| Cache::plain(shelf.clone()).codec(Codec::RAW).namespace(namespace).build().unwrap();
    let set = |namespace, key: &str| cache(namespace).blocking().set(key, 1, 60).unwrap();
    set("", "user:7");
    set("shop", "user:7");
    set("shop", "Ada Lovelace");
    set("a:b", "k");
    assert_eq!(shelf.keys(), ["a%3Ab:k", "shop:Ada%20Lovelace", "shop:user:7", "user:7"]);
    assert_eq!(Cache::plain(shelf).codec(Codec::RAW).build().unwrap().namespace(), "");
}

#[test]
fn a_plain_cache_is_made_by_url_too() {
    let Some(server) = or_skip(Redis::start()) else { return };
    let url = |rest: &str| format!("{}?{rest}", server.url());
    let made = url("envelope=off&codec=json&namespace=shop").as_str().into_cache().unwrap().blocking();
    made.set("k", vec![1, 2], 60).unwrap();
    let raw = url("envelope=off&codec=raw&namespace=shop").as_str().into_cache().unwrap().blocking();
    assert_eq!(raw.get::<String>("k").unwrap().as_deref(), Some("[1,2]"));
    for (wrong, said) in [("envelope=off", "codec `json` or `raw`"), ("envelope=no", "`on` or `off`")] {
        assert!(url(wrong).as_str().into_cache().unwrap_err().to_string().contains(said), "{wrong}");
    }
    assert!("sqlite:x.db?envelope=off".into_cache().unwrap_err().to_string().contains("redis and memcached"));
}

#[test]
fn several_stores_are_one_if_all_are_plain() {
    let shelves = ["a", "b"].map(|name| (name, Shelf::new()));
    let plain = shelves.clone().map(|(name, shelf)| (name, AnyAdapter::plain(shelf)));
    let cache = Cache::fleet(plain).codec(Codec::JSON).namespace("shop").build().unwrap().blocking();
    cache.multi_set((0..100).map(|n| (format!("k{n}"), n)), 60).unwrap();
    let held = shelves.each_ref().map(|(_, shelf)| shelf.keys().len());
    assert!(held.iter().sum::<usize>() == 100 && !held.contains(&0), "{held:?}");
    assert_eq!((cache.get("k7").unwrap(), cache.increment("k7", 1).unwrap()), (Some(7), 8));
    cache.clear().unwrap();
    assert_eq!(shelves.map(|(_, shelf)| shelf.keys().len()), [0, 0]);

    let mixed = [("a", AnyAdapter::plain(Shelf::new())), ("b", AnyAdapter::new(larder::testing::MemoryAdapter::new()))];
    let error = Cache::fleet(mixed).codec(Codec::JSON).build().unwrap_err();
    assert!(error.to_string().contains("all plain or none"), "{error}");
}

#[test]
fn an_entry_that_is_moved_says_its_value_and_one_that_is_gone_is_not_revived() {
    for store in stores() {
        let cache = store.json();
        cache.set("k", 7, 60).unwrap();
        assert_eq!(cache.update_timeout::<i32>("k", Timeout::NEVER).unwrap(), 7, "{}", store.name);
        assert_eq!(cache.timeout_of("k").unwrap(), Some(Remaining::Never), "{}", store.name);
        assert_eq!(cache.update_timeout::<i32>("k", 100).unwrap(), 7, "{}", store.name);
        assert!(
            matches!(cache.timeout_of("k").unwrap(), Some(Remaining::For(left)) if (98..=101).contains(&left.as_secs()))
        );
        assert_eq!(cache.update_timeout::<i32>("k", 0).unwrap(), 7, "{}", store.name);
        for timeout in [60, 0] {
            let error = cache.update_timeout::<i32>("k", timeout).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{}", store.name);
        }
    }
}

#[test]
fn a_cache_in_memory_is_none_of_this() {
    let cache = Cache::from(MemoryCache::new()).blocking();
    cache.set("k", Some(None::<u8>), 60).unwrap();
    assert_eq!(cache.get::<Option<Option<u8>>>("k").unwrap(), Some(Some(None)));
}
