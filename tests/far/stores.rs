//! The real stores, one after the other.

use std::any::Any;

use larder::adapter::AnyAdapter;
use larder::testing::ManualClock;
use larder::{Cache, Codec, IntoCache, MemcachedCache, RedisCache, SqliteCache};
use larder_servers::{Memcached, Redis, or_skip};

/// A store of a test's own, and a cache on it.
pub(crate) struct Store {
    pub(crate) name: &'static str,
    pub(crate) url: String,
    pub(crate) cache: Cache,
    /// Ends with the test.
    _server: Box<dyn Any>,
}

impl Store {
    fn new(name: &'static str, url: String, server: impl Any) -> Self {
        let cache = url.as_str().into_cache().unwrap();
        Self { name, url, cache, _server: Box::new(server) }
    }

    /// Another cache on it, which writes values in another way.
    pub(crate) fn with(&self, codec: Codec) -> Cache {
        Cache::builder(connect(self.name, &self.url)).codec(codec).build().unwrap()
    }

    /// Makes other caches on it, for which no time passes: no limit on a trip ends one, however busy the machine is.
    pub(crate) fn patient(&self) -> impl Fn() -> Cache + Send + Sync + 'static {
        let (name, url) = (self.name, self.url.clone());
        move || Cache::builder(connect(name, &url)).clock(ManualClock::new().clock()).build().unwrap()
    }
}

pub(crate) fn connect(name: &str, url: &str) -> AnyAdapter {
    match name {
        "redis" => AnyAdapter::new(RedisCache::open(url).unwrap()),
        "memcached" => AnyAdapter::new(MemcachedCache::builder().url(url).unwrap().build().unwrap()),
        _ => AnyAdapter::new(SqliteCache::open(url.trim_start_matches("sqlite:")).unwrap()),
    }
}

/// Redis, memcached, SQLite; those that are installed.
pub(crate) fn stores() -> impl Iterator<Item = Store> {
    servers().chain([sqlite()])
}

/// Those that are servers.
pub(crate) fn servers() -> impl Iterator<Item = Store> {
    let redis = or_skip(Redis::start()).map(|server| Store::new("redis", server.url(), server));
    let memcached = or_skip(Memcached::start()).map(|server| Store::new("memcached", server.url(), server));
    redis.into_iter().chain(memcached)
}

fn sqlite() -> Store {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("far.sqlite").display());
    Store::new("sqlite", url, folder)
}
