//! `get`, `get_or`, `fetch`, `multi_get`, `exists`, and keys and values of all kinds.

use std::collections::HashMap;

use larder::{ErrorKind, Key};

use crate::shop::{Kind, everywhere};

#[test]
fn values_that_look_like_nothing_are_hits() {
    everywhere(|shop| {
        let hand = &shop.hand;
        assert_eq!(hand.get::<String>("empty").unwrap(), None);
        hand.set("empty", String::new(), 60).unwrap();
        hand.set("none", None::<String>, 60).unwrap();
        hand.set("zero", 0_u8, 60).unwrap();
        hand.set("false", false, 60).unwrap();
        hand.set("unit", (), 60).unwrap();
        hand.set("list", Vec::<String>::new(), 60).unwrap();
        hand.set("nested", Some(None::<u8>), 60).unwrap();
        assert_eq!(hand.get::<String>("empty").unwrap(), Some(String::new()));
        assert_eq!(hand.get::<Option<String>>("none").unwrap(), Some(None));
        assert_eq!(hand.get::<u8>("zero").unwrap(), Some(0));
        assert_eq!(hand.get::<bool>("false").unwrap(), Some(false));
        assert_eq!(hand.get::<()>("unit").unwrap(), Some(()));
        assert_eq!(hand.get::<Vec<String>>("list").unwrap(), Some(vec![]));
        assert_eq!(hand.get::<Option<Option<u8>>>("nested").unwrap(), Some(Some(None)));
        assert_eq!(hand.get_or("zero", 7_u8).unwrap(), 0);
        assert_eq!(hand.fetch::<Option<String>>("none").unwrap(), None);
        assert_eq!(hand.multi_get::<String>(["empty"]).unwrap(), [Some(String::new())]);
        for key in ["empty", "none", "zero", "false", "unit", "list", "nested"] {
            assert!(hand.exists(key).unwrap() && !hand.add(key, 1, 60).unwrap(), "{key}");
        }
    });
}

#[test]
fn a_default_is_given_and_not_stored() {
    everywhere(|shop| {
        assert_eq!(shop.hand.get_or("key", 7).unwrap(), 7);
        assert!(!shop.hand.exists("key").unwrap());
        shop.hand.set("key", 8, 60).unwrap();
        assert_eq!(shop.hand.get_or("key", 7).unwrap(), 8);
    });
}

#[test]
fn fetch_finds_or_fails() {
    everywhere(|shop| {
        let error = shop.hand.fetch::<String>("key").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        shop.hand.set("key", "value".to_owned(), 60).unwrap();
        assert_eq!(shop.hand.fetch::<String>("key").unwrap(), "value");
        shop.expire("key");
        assert_eq!(shop.hand.fetch::<String>("key").unwrap_err().kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_value_of_another_type_is_absent_and_stays() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.set("key", "value".to_owned(), 60).unwrap();
        assert_eq!(hand.get::<u64>("key").unwrap(), None);
        assert_eq!(hand.get_or("key", 7_u64).unwrap(), 7);
        assert_eq!(hand.multi_get::<u64>(["key"]).unwrap(), [None]);
        assert_eq!(hand.get::<Vec<u8>>("key").unwrap(), None);
        assert!(hand.exists("key").unwrap(), "an entry stands there");
        assert_eq!(hand.get::<String>("key").unwrap().as_deref(), Some("value"));
    });
}

#[test]
fn integers_are_one_type() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.set("small", 200_u8, 60).unwrap();
        assert_eq!(hand.get::<i64>("small").unwrap(), Some(200));
        assert_eq!(hand.get::<usize>("small").unwrap(), Some(200));
        assert_eq!(hand.get::<u128>("small").unwrap(), Some(200));
        assert_eq!(hand.get::<i8>("small").unwrap(), None, "it has no room");
        hand.set("negative", -1, 60).unwrap();
        assert_eq!(hand.get::<i128>("negative").unwrap(), Some(-1));
        assert_eq!(hand.get::<u32>("negative").unwrap(), None);
        hand.set("largest", u64::MAX, 60).unwrap();
        assert_eq!(hand.get::<u64>("largest").unwrap(), Some(u64::MAX));
        assert_eq!(hand.get::<i64>("largest").unwrap(), None);
        assert_eq!(hand.get::<u128>("largest").unwrap(), None, "past what stores count in, its type is its own");
    });
}

/// What is read as what does not depend on the store.
#[test]
fn optional_values_are_read_alike_everywhere() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.set("plain", "a".to_owned(), 60).unwrap();
        assert_eq!(hand.get::<Option<String>>("plain").unwrap(), None, "it was no `Option`");
        hand.set("some", Some("a".to_owned()), 60).unwrap();
        assert_eq!(hand.get::<Option<String>>("some").unwrap(), Some(Some("a".into())));
        assert_eq!(hand.get::<String>("some").unwrap(), None, "it was an `Option`");
        hand.set("number", Some(5_u8), 60).unwrap();
        assert_eq!(hand.get::<Option<u8>>("number").unwrap(), Some(Some(5)));
    });
}

#[test]
fn many_are_read_in_their_order() {
    everywhere(|shop| {
        let hand = &shop.hand;
        assert_eq!(hand.multi_get::<u64>([] as [&str; 0]).unwrap(), []);
        hand.multi_set([("a", 1_u64), ("b", 2)], 60).unwrap();
        hand.set("text", "c".to_owned(), 60).unwrap();
        let read = hand.multi_get::<u64>(["b", "absent", "a", "b", "text", "a"]).unwrap();
        assert_eq!(read, [Some(2), None, Some(1), Some(2), None, Some(1)]);
        shop.expire("text");
        assert_eq!(hand.multi_get::<String>(["text", "a"]).unwrap(), [None, None]);
    });
}

#[test]
fn what_lives_exists() {
    everywhere(|shop| {
        let hand = &shop.hand;
        assert!(!hand.exists("key").unwrap());
        hand.set("key", "value".to_owned(), 60).unwrap();
        assert!(hand.exists("key").unwrap() && !hand.exists("key2").unwrap());
        shop.expire("key");
        assert!(!hand.exists("key").unwrap(), "it has expired");
        assert!(!hand.delete("key").unwrap(), "it has expired");
        assert!(hand.add("key", "other".to_owned(), 60).unwrap(), "it has expired");
        assert!(hand.delete("key").unwrap() && !hand.exists("key").unwrap());
    });
}

/// Text that would be commands if it were not escaped, text that has no end, and text that is none.
fn keys() -> Vec<String> {
    let texts = ["", " ", "a b", "a\nb", "a\r\nflush_all\r\n", "\0", "a\0b", "😀", "é", "%", "%20", "%e", "a:b", "*"];
    let long = ["k".repeat(300), "k".repeat(100_000), "k".repeat(99_999) + "l", "é".repeat(300)];
    texts.into_iter().map(str::to_owned).chain(long).collect()
}

#[test]
fn any_text_is_a_key_of_its_own() {
    everywhere(|shop| {
        let hand = &shop.hand;
        let mut written = HashMap::new();
        for (number, key) in keys().iter().enumerate() {
            hand.set(key, number, 60).unwrap();
            assert_eq!(written.insert(Key::from(key).as_str().to_owned(), number), None, "{key:.20} is another's");
        }
        for (number, key) in keys().iter().enumerate() {
            assert_eq!(hand.get::<usize>(key).unwrap(), Some(number), "{key:.20}");
            assert!(hand.exists(key).unwrap(), "{key:.20}");
            assert_eq!(hand.increment(key, 1).unwrap(), number as i64 + 1, "{key:.20}");
            assert_eq!(hand.update_timeout::<usize>(key, 90).unwrap(), number + 1, "{key:.20}");
        }
        assert!(hand.multi_get::<usize>(keys()).unwrap().iter().all(Option::is_some));
        assert!(hand.remove(keys()).unwrap().all());
    });
}

#[test]
fn values_of_any_size_come_back_whole() {
    everywhere(|shop| {
        let hand = &shop.hand;
        // 1 MiB as it is written, with the codec's five bytes; memcached wants its own head in that too.
        let large = (1 << 20) - if shop.is_memcached() { 4_096 } else { 5 };
        let sizes = [0, 1, 100, 65_537, large];
        for size in sizes {
            let value = "v".repeat(size);
            hand.set("key", value.clone(), 60).unwrap();
            assert!(hand.get::<String>("key").unwrap() == Some(value.clone()), "{size} bytes");
            assert!(hand.add(format!("added-{size}"), value.clone(), 60).unwrap(), "{size} bytes");
            assert!(hand.update_timeout::<String>("key", 60).unwrap() == value, "{size} bytes");
        }
        let pairs = sizes.map(|size| (format!("many-{size}"), "v".repeat(size)));
        hand.multi_set(pairs.clone(), 60).unwrap();
        let read = hand.multi_get::<String>(pairs.iter().map(|(key, _)| key)).unwrap();
        assert!(read.into_iter().zip(pairs).all(|(read, (_, value))| read == Some(value)));
    });
}

#[test]
fn a_value_over_the_stores_limit_is_an_error() {
    everywhere(|shop| {
        if shop.kind == Kind::Memory {
            return;
        }
        let (hand, value) = (&shop.hand, "v".repeat(2 << 20));
        hand.set("key", "before".to_owned(), 60).unwrap();
        let refusals = [
            hand.set("key", value.clone(), 60),
            hand.add("absent", value.clone(), 60).map(drop),
            hand.multi_set([("other", "small".to_owned()), ("key", value)], 60),
        ];
        for refused in refusals {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::TooLarge);
        }
        assert!(!hand.exists("other").unwrap(), "nothing of it is stored");
        // What stood there may be gone; it is not half of something.
        assert!(hand.get::<String>("key").unwrap().is_none_or(|value| value == "before"));
    });
}
