//! Keys that would be commands, if they were not escaped, on real stores.

use larder::cached;

use crate::stores::stores;

/// A function of its own for each test, as its counters are looked at.
macro_rules! echo {
    () => {
        #[cached(key = "keys:{text}", timeout = 60)]
        fn echo(text: &str) -> String {
            text.to_owned()
        }
    };
}

#[test]
fn no_argument_speaks_to_the_store() {
    echo!();
    let long = ["k".repeat(100_000), "k".repeat(99_999) + "l", "\r\n".repeat(50_000), "é".repeat(1_000)];
    let hostile = [
        "",
        " ",
        "a b",
        "a\r\nb",
        "a\r\nset keys:victim 0 0 4\r\nevil\r\n",
        "a\r\nflush_all\r\n",
        "a\r\n*1\r\n$8\r\nFLUSHALL\r\n",
        "a\0b",
        "\0",
        "\u{7f}\u{1b}[2J",
        "'; DROP TABLE entry; --",
        "\"; DROP TABLE entry; --",
        "%",
        "%25",
        "%0D%0A",
        "a:b",
        "a/b|c#d",
        "*",
        "?[a-z]",
        "{slot}",
        "victim!epoch!",
        "victim:p",
        "😀",
    ];
    let keys: Vec<&str> = hostile.into_iter().chain(long.iter().map(String::as_str)).collect();
    for store in stores() {
        larder::scoped(&store.cache, || {
            let name = store.name;
            assert_eq!(echo("victim"), "victim");
            for key in &keys {
                assert_eq!(echo(key), *key, "{name}");
            }
            // All are there, each under its own key, and nothing has happened to the one that was there first.
            let before = echo::stats();
            for key in &keys {
                assert_eq!(echo(key), *key, "{name}");
            }
            assert_eq!(echo::get("victim").unwrap().as_deref(), Some("victim"), "{name}");
            let after = echo::stats();
            assert_eq!((after.hits, after.computed), (before.hits + keys.len() as u64, before.computed), "{name}");
            assert_eq!((after.store_failures, after.unreadable), (0, 0), "{name}");
            for key in &keys {
                assert!(echo::update_timeout(key, 30).unwrap(), "{name}: {key:.20}");
                assert!(echo::clear(key).unwrap(), "{name}: {key:.20}");
            }
            assert_eq!(echo::get("victim").unwrap().as_deref(), Some("victim"), "{name}");
        });
    }
}

#[test]
fn no_namespace_speaks_to_the_store() {
    echo!();
    for store in stores() {
        let names = ["a b", "a\r\nflush_all\r\n", "'; DROP TABLE entry; --", "a:b", "a", "*", "a\0", "é"];
        let caches = names.map(|name| store.cache.with_namespace(name));
        for cache in &caches {
            larder::scoped(cache, || assert_eq!(echo("key"), "key"));
        }
        for (number, cache) in caches.iter().enumerate() {
            cache.clear().unwrap();
            let left = caches.iter().filter(|cache| larder::scoped(*cache, || echo::get("key").unwrap().is_some()));
            assert_eq!(left.count(), caches.len() - number - 1, "{}: after {number}", store.name);
        }
    }
}
