//! Names and URLs, and what is said of wrong ones.

use super::make;
use crate::error::ErrorKind;

#[test]
fn every_alias_of_the_contract_is_known_in_any_case() {
    for alias in ["memory", "mem", "ram", "MemoryCache", "AsyncMemoryCache", "MEMORY", "memory://", "memory:"] {
        assert_eq!(make(alias).expect(alias).adapter(), "memory");
    }
    for alias in ["null", "none", "NONE"] {
        assert_eq!(make(alias).expect(alias).adapter(), "null");
    }
}

#[test]
#[cfg(not(any(feature = "redis", feature = "memcached", feature = "sqlite")))]
fn a_store_that_is_not_in_this_build_names_its_feature() {
    let stores = [
        ("redis", &["redis", "RedisCache", "AsyncRedisCache", "redis://localhost/1"][..]),
        ("memcached", &["memcached", "memcache", "mcache", "MemcachedCache", "AsyncMemcachedCache"]),
        ("sqlite", &["sqlite", "sqlite3", "sqlitedb", "SqliteCache", "AsyncSqliteCache", "sqlite:cache.db"]),
    ];
    for (feature, aliases) in stores {
        for alias in aliases {
            let error = make(alias).expect_err(alias);
            assert_eq!(error.kind(), ErrorKind::FeatureOff, "{alias}");
            assert!(error.to_string().contains(&format!("cargo feature `{feature}`")), "{error}");
        }
    }
}

#[test]
#[cfg(feature = "redis")]
fn valkey_can_stand_for_redis() {
    for url in ["redis://h/1", "valkey://h/1", "Valkey://h", "redis+unix:///s", "valkey+unix:///s", "unix:///s"] {
        assert_eq!(make(url).expect(url).adapter(), "redis");
    }
}

#[test]
#[cfg(all(feature = "redis", not(feature = "redis-tls")))]
fn tls_names_its_feature() {
    let error = make("rediss://h").expect_err("it is not in this build");
    assert_eq!(error.kind(), ErrorKind::FeatureOff);
    assert!(error.to_string().contains("`redis-tls`"), "{error}");
}

#[test]
fn wrong_names_and_urls_are_told_what_would_be_right() {
    let table = [
        ("memroy", ErrorKind::UnknownAdapter, "no adapter is named `memroy`: known are memory (mem, ram), null"),
        ("memroy", ErrorKind::UnknownAdapter, "did you mean `memory`?"),
        (
            "sessions",
            ErrorKind::UnknownAdapter,
            "; names of your own are made by `register_adapter` and `caches::configure`",
        ),
        ("", ErrorKind::UnknownAdapter, "no adapter is named ``"),
        ("redis-cluster://a", ErrorKind::UnknownAdapter, "did you mean `redis+cluster`?"),
        ("memory://host", ErrorKind::Config, "a memory URL has no address: write `memory://?max_entries=1000`"),
        ("memory://?max_entries=many", ErrorKind::Config, "`max_entries` in a memory URL takes a whole number"),
        ("memory://?size=1", ErrorKind::Config, "no setting `size`: known are max_entries, max_weight, timeout, grace"),
        ("memory://?max_entries=0", ErrorKind::Config, "`max_entries` is 0: use the `null` adapter to store nothing"),
    ];
    for (text, kind, said) in table {
        let error = make(text).expect_err(text);
        assert_eq!(error.kind(), kind, "{text}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn no_message_shows_what_may_be_a_password() {
    for text in ["foo://ada:hunter2@host", "ada:hunter2@host", "hunter2@host/with/some/path", "memory://ada:hunter2@h"]
    {
        let error = make(text).expect_err(text);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}
