//! Passwords and values are shown by nothing: no `Debug`, no error, no panic.

use std::error::Error as _;
use std::fmt::Debug;

use larder::adapter::{Entry, Fetched, Left, Token};
use larder::testing::MemoryAdapter;
use larder::{Cache, Codec, IntoCache, MemcachedCache, RedisCache, Timeout, cached};
use larder_servers::{Redis, or_skip};

const SECRET: &str = "hunter2";

fn hides(what: &str, shown: String) {
    assert!(!shown.contains(SECRET), "{what} shows it: {shown}");
}

fn hides_in_debug(what: &str, value: &impl Debug) {
    hides(what, format!("{value:?} {value:#?}"));
}

/// The error and all its causes, as text and for debugging.
fn hides_in_error<T>(what: &str, outcome: larder::Result<T>) {
    let Err(error) = outcome else { panic!("{what} is no error") };
    hides(what, format!("{error} {error:?} {error:#?}"));
    let mut cause = error.source();
    while let Some(error) = cause {
        hides(what, format!("{error} {error:?}"));
        cause = error.source();
    }
}

#[test]
fn a_url_that_is_wrong_is_not_shown() {
    let urls = [
        "redis://ann:hunter2@host:port",
        "redis://ann:hunter2@host:99999",
        "redis://:hunter2@host/db",
        "redis://:hunter2@",
        "redis://:hunter2@host?timeout=hunter2",
        "redis://:hunter2@host?codec=hunter2",
        "redis://:hunter2@host?unknown=hunter2",
        "redis://:pass?codec=hunter2@host",
        "redis://:pass?timeout=hunter2@host",
        "redis://:pass?namespace=hunter2@host",
        "redis://:pass?hunter2@host",
        "redis://:pass/hunter2@host",
        "redis://:pass#hunter2@host",
        "rediss://ann:hunter2@host",
        "reddis://ann:hunter2@host",
        "ann:hunter2@host",
        "memcache://ann:hunter2@host",
        "memcache://host?password=hunter2",
        "memcache://host/hunter2",
        "memory://hunter2",
        "memory://?max_entries=hunter2",
        "null://ann:hunter2@host?x",
    ];
    for url in urls {
        match url.into_cache() {
            Ok(cache) => hides_in_debug(url, &cache),
            refused => hides_in_error(url, refused),
        }
    }
}

#[test]
fn a_password_is_shown_by_nothing() {
    #[cached(key = "secrets:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    let Some(server) = or_skip(Redis::with(&[("requirepass", "another")])) else { return };
    let url = format!("redis://:{SECRET}@127.0.0.1:{}/0", server.port());
    let builder = RedisCache::builder().url(&url).user("ann").password(SECRET);
    hides_in_debug("the builder", &builder);
    hides_in_debug("the adapter", &builder.build().unwrap());
    let adapter = RedisCache::open(&url).unwrap();
    hides_in_debug("the client", &adapter.client());
    hides_in_debug("the cache's builder", &Cache::builder(adapter));
    let cache = url.as_str().into_cache().unwrap();
    hides_in_debug("the cache", &cache);
    larder::scoped(&cache, || {
        // The server refuses the password, which it must not repeat.
        hides_in_error("a helper", value::clear(7));
        assert_eq!(value(7), 7);
        hides_in_debug("the counters", &value::stats());
        for _ in 0..20 {
            hides_in_error("a helper", value::get(8));
            hides_in_error("a clear", cache.clear());
        }
    });
    let nobody = format!("redis://ann:{SECRET}@127.0.0.1:1/0");
    larder::scoped(nobody.as_str().into_cache().unwrap(), || hides_in_error("nobody there", value::get(7)));
    hides_in_debug("memcached", &MemcachedCache::builder().server("127.0.0.1:1"));
}

#[test]
fn a_value_is_shown_by_nothing() {
    #[cached(key = "secrets_text:{id}", timeout = 60)]
    fn text(id: u64) -> String {
        format!("{SECRET} {id}")
    }
    #[cached(key = "secrets_float:{id}", timeout = 60)]
    fn float(id: u64) -> (String, f64) {
        (format!("{SECRET} {id}"), f64::NAN)
    }
    #[cached(key = "secrets_text:{id}", timeout = 60)]
    fn number(id: u64) -> Vec<u32> {
        vec![id as u32]
    }
    let cache = Cache::builder(MemoryAdapter::new().with_largest_entry(2_000)).build().unwrap();
    larder::scoped(&cache, || {
        hides_in_error("too large", text::set(7, SECRET.repeat(1_000)));
        text(7);
        // Of another type than what stands there, and so read as something else.
        assert_eq!(number(7), [7]);
        hides_in_debug("the counters", &number::stats());
        hides_in_debug("the cache", &cache);
    });
    let json = Cache::builder(MemoryAdapter::new()).codec(Codec::named("json").unwrap()).build().unwrap();
    let nan = || float::set(7, float(7));
    hides_in_error("what the codec cannot write", larder::scoped(&json, nan));
    let store = larder::testing::FaultyAdapter::new(MemoryAdapter::new(), Default::default(), 7);
    hides_in_debug("an adapter", &store);
    let record = SECRET.repeat(3).into_bytes();
    let entry = Entry { record: record.clone(), timeout: Timeout::NEVER, grace: Timeout::ZERO };
    hides_in_debug("what is to be stored", &entry);
    hides_in_debug("what was found", &Fetched { record, left: Left::Never });
}

#[test]
fn of_what_is_stored_the_length_is_shown_and_of_a_permit_its_name() {
    let entry = Entry { record: vec![7; 3], timeout: Timeout::NEVER, grace: Timeout::ZERO };
    assert!(format!("{entry:?}").starts_with("Entry { bytes: 3, "), "{entry:?}");
    let fetched = Fetched { record: vec![7; 3], left: Left::Never };
    assert_eq!(format!("{fetched:?}"), "Fetched { bytes: 3, left: Never }");
    assert_eq!(format!("{:?}", Token::random()), "Token(…)");
}
