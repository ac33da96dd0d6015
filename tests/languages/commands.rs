//! Commands: what one side does to an entry the other sees.

use std::thread::sleep;
use std::time::Duration;

use larder::{ErrorKind, Remaining, Timeout};
use serde_json::json;

use crate::shared::{each, stores};

#[test]
fn timeouts_are_the_stores_and_hold_for_both() {
    each("json", |shared, sides| {
        // Memcached's first second may be short.
        sides.ours.set("ours", 1, 5).unwrap();
        sides.ask(json!(["set", "theirs", 2, 5]));
        sides.ours.set("moved here", 3, 5).unwrap();
        sides.ask(json!(["set", "moved%20there", 4, 5]));
        sides.ask(json!(["set", "never", 5, null]));
        assert_eq!(sides.ours.update_timeout::<u8>("moved here", 600).unwrap(), 3, "{}", shared.store);
        assert_eq!(sides.ask(json!(["expire", "moved%20there", 600])), json!(true), "{}", shared.store);
        let first = sides.ours.timeout_of("theirs").unwrap();
        assert!(matches!(first, Some(Remaining::For(left)) if left.as_secs() <= 5), "{}", shared.store);
        sleep(Duration::from_secs(6));

        let here =
            ["ours", "theirs", "moved here", "moved there", "never"].map(|key| sides.ours.get::<u8>(key).unwrap());
        assert_eq!(here, [None, None, Some(3), Some(4), Some(5)], "{}", shared.store);
        let keys = json!(["ours", "theirs", "moved%20here", "moved%20there", "never"]);
        assert_eq!(sides.ask(json!(["multi_get", keys])), json!([null, null, 3, 4, 5]), "{}", shared.store);

        let left = sides.ours.timeout_of("moved there").unwrap();
        assert!(
            matches!(left, Some(Remaining::For(left)) if (500..=600).contains(&left.as_secs())),
            "{}",
            shared.store
        );
        assert_eq!(sides.ours.timeout_of("never").unwrap(), Some(Remaining::Never), "{}", shared.store);
        // Gone for both: an expired entry has no grace, and nobody revives it.
        let error = sides.ours.update_timeout::<u8>("ours", 60).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{}", shared.store);
        sides.ours.set("never", 6, Timeout::NEVER).unwrap();
        assert_eq!(sides.ask(json!(["get", "never"])), json!(6), "{}", shared.store);
    });
}

#[test]
fn both_count_the_same_counter() {
    each("string", |shared, sides| {
        assert_eq!(sides.ours.increment("n", 10).unwrap(), 10, "{}", shared.store);
        assert_eq!(sides.ask(json!(["increment", "n", 5])), json!(15), "{}", shared.store);
        assert_eq!(sides.ask(json!(["increment", "n", -6])), json!(9), "{}", shared.store);
        // Memcached leaves a space where a number has become shorter.
        assert_eq!(sides.ours.get::<i64>("n").unwrap(), Some(9), "{}", shared.store);
        assert_eq!(sides.ours.increment("n", -10).unwrap(), -1, "{}", shared.store);
        assert_eq!(sides.ask(json!(["get", "n"])), json!("-1"), "{}", shared.store);
        assert_eq!(sides.ours.increment("n", 8).unwrap(), 7, "{}", shared.store);
        assert_eq!(sides.ask(json!(["increment", "n", 1])), json!(8), "{}", shared.store);

        sides.ask(json!(["set", "set", "41", 60]));
        assert_eq!(sides.ours.increment("set", 1).unwrap(), 42, "{}", shared.store);
        assert!(matches!(sides.ours.timeout_of("set").unwrap(), Some(Remaining::For(_))), "{}", shared.store);
        sides.ask(json!(["set", "word", "seven", 60]));
        let error = sides.ours.increment("word", 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongType, "{}", shared.store);
    });
}

#[test]
fn a_number_that_was_set_as_json_can_be_counted() {
    each("json", |shared, sides| {
        sides.ask(json!(["set", "n", 41, 60]));
        assert_eq!(sides.ours.increment("n", 1).unwrap(), 42, "{}", shared.store);
        assert_eq!(sides.ask(json!(["get", "n"])), json!(42), "{}", shared.store);
    });
}

#[test]
fn both_add_remove_and_ask_for_many() {
    each("json", |shared, sides| {
        assert!(sides.ours.add("a", 1, 60).unwrap(), "{}", shared.store);
        let refused = sides.ask(json!(["add", "a", 2, 60]));
        assert!(refused["error"].as_str().unwrap().starts_with("ValueError"), "{}: {refused}", shared.store);
        assert_eq!(sides.ask(json!(["add", "b", 2, 60])), json!(true), "{}", shared.store);
        assert!(!sides.ours.add("b", 3, 60).unwrap(), "{}", shared.store);

        sides.ask(json!(["multi_set", [["c", 3], ["d", [4]]], {"ttl": 60}]));
        sides.ours.multi_set([("e", 5), ("f", 6)], 60).unwrap();
        assert_eq!(sides.ours.multi_get::<u8>(["a", "b", "c", "none", "f"]).unwrap(), [1, 2, 3, 0, 6].map(some));
        assert_eq!(sides.ask(json!(["multi_get", ["d", "e", "none", "f"]])), json!([[4], 5, null, 6]));

        assert_eq!(sides.ask(json!(["delete", "a"])), json!(1), "{}", shared.store);
        assert!(!sides.ours.exists("a").unwrap() && sides.ours.exists("b").unwrap(), "{}", shared.store);
        let removed = sides.ours.remove(["a", "b", "c"]).unwrap();
        assert_eq!((removed.asked, removed.removed), (3, 2), "{}", shared.store);
        assert_eq!(sides.ask(json!(["exists", "b"])), json!(false), "{}", shared.store);
    });
}

fn some(n: u8) -> Option<u8> {
    (n > 0).then_some(n)
}

#[test]
fn namespaces_meet_by_name_and_no_other_way() {
    for shared in stores() {
        for namespace in ["", "shop", "shop-2"] {
            let Some(mut sides) = shared.sides("json", namespace) else { return };
            sides.ours.set("ours", namespace.to_owned(), 60).unwrap();
            sides.ask(json!(["set", "theirs", namespace, 60]));
        }
        for namespace in ["", "shop", "shop-2"] {
            let Some(mut sides) = shared.sides("json", namespace) else { return };
            assert_eq!(sides.ask(json!(["get", "ours"])), json!(namespace), "{}", shared.store);
            assert_eq!(sides.ours.get::<String>("theirs").unwrap().as_deref(), Some(namespace), "{}", shared.store);
        }
    }
}

#[test]
fn a_clear_on_either_side_is_one_for_both_and_for_no_other_namespace() {
    for shared in stores().filter(|shared| shared.store == "redis") {
        let Some(mut sides) = shared.sides("json", "shop") else { return };
        let other = shared.cache("json", "shopping").blocking();
        for is_ours in [true, false] {
            other.set("k", 1, 60).unwrap();
            sides.ours.set("ours", 1, 60).unwrap();
            sides.ask(json!(["set", "theirs", 1, 60]));
            if is_ours {
                sides.ours.clear().unwrap();
            } else {
                sides.ask(json!(["clear", {"namespace": "shop"}]));
            }
            let left = ["ours", "theirs"].map(|key| sides.ours.exists(key).unwrap());
            assert_eq!((left, other.exists("k").unwrap()), ([false; 2], true), "ours: {is_ours}");
        }
    }
}
