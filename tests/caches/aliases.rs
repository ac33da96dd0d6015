//! The names of stores, as the contract lists them.

use larder::{adapter_get, adapter_set, cached, caches, scoped};

const ALIASES: [(&str, &[&str]); 5] = [
    ("memory", &["memory", "mem", "ram", "MemoryCache", "AsyncMemoryCache"]),
    ("redis", &["redis", "RedisCache", "AsyncRedisCache"]),
    ("memcached", &["memcached", "memcache", "mcache", "MemcachedCache", "AsyncMemcachedCache"]),
    ("sqlite", &["sqlite", "sqlite3", "sqlitedb", "SqliteCache", "AsyncSqliteCache"]),
    ("null", &["null", "none", "NullCache", "AsyncNullCache"]),
];

#[test]
fn each_store_goes_by_all_of_its_aliases_in_any_case() {
    for (store, aliases) in ALIASES {
        for alias in aliases.iter().flat_map(|alias| [(*alias).to_owned(), alias.to_lowercase(), alias.to_uppercase()])
        {
            assert_eq!(caches::get(&alias).unwrap().adapter(), store, "{alias}");
            assert_eq!(caches::create(&alias).unwrap().adapter(), store, "{alias}");
            adapter_set(&alias).unwrap();
            assert_eq!(adapter_get().adapter(), store, "{alias}");
        }
    }
}

#[cached(key = "double:{x}")]
fn double(x: u64) -> u64 {
    2 * x
}

#[test]
fn the_aliases_of_a_store_are_one_instance() {
    for (alias, n_entries) in ALIASES[0].1.iter().zip(1..) {
        scoped(caches::get(alias).unwrap(), || double(n_entries));
        let shared = caches::get("memory").unwrap().n_entries();
        assert_eq!(shared as u64, n_entries, "{alias}");
    }
    assert_eq!(caches::create("memory").unwrap().n_entries(), 0, "a new one is apart");
}
