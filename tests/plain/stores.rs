//! The plain stores, one after the other, each with a cache for JSON and one for raw values on it.

use std::any::Any;

use larder::adapter::AnyAdapter;
use larder::{BlockingCache, Cache, Codec, MemcachedCache, RedisCache};
use larder_servers::{Memcached, Redis, or_skip};

use crate::shelf::Shelf;

pub(crate) struct Store {
    pub(crate) name: &'static str,
    adapter: AnyAdapter,
    /// Ends with the test.
    _server: Box<dyn Any>,
}

impl Store {
    pub(crate) fn cache(&self, codec: Codec, namespace: &str) -> Cache {
        Cache::builder(self.adapter.clone()).codec(codec).namespace(namespace).build().unwrap()
    }

    pub(crate) fn json(&self) -> BlockingCache {
        self.cache(Codec::JSON, "shop").blocking()
    }

    pub(crate) fn raw(&self) -> BlockingCache {
        self.cache(Codec::RAW, "bare").blocking()
    }

    /// Can it list what it holds?
    pub(crate) fn walks(&self) -> bool {
        self.name != "memcached"
    }
}

/// A shelf, Redis, memcached; those that are installed.
pub(crate) fn stores() -> impl Iterator<Item = Store> {
    let shelf = Store { name: "shelf", adapter: AnyAdapter::plain(Shelf::new()), _server: Box::new(()) };
    let redis = or_skip(Redis::start()).map(|server| {
        let adapter = AnyAdapter::plain(RedisCache::open(server.url()).unwrap());
        Store { name: "redis", adapter, _server: Box::new(server) }
    });
    let memcached = or_skip(Memcached::start()).map(|server| {
        let cache = MemcachedCache::builder().url(&server.url()).unwrap().build().unwrap();
        Store { name: "memcached", adapter: AnyAdapter::plain(cache), _server: Box::new(server) }
    });
    [shelf].into_iter().chain(redis).chain(memcached)
}
