//! One store, a cache of ours on it, and aiocache's.

use std::any::Any;

use larder::{BlockingCache, Cache, IntoCache};
use larder_servers::{Memcached, Redis, or_skip};
use serde_json::Value;

use crate::peer::Peer;

pub(crate) struct Shared {
    pub(crate) store: &'static str,
    url: String,
    port: u16,
    /// Ends with the test.
    _server: Box<dyn Any>,
}

/// Both sides, in namespaces that meet.
pub(crate) struct Sides {
    pub(crate) ours: BlockingCache,
    pub(crate) cache: Cache,
    pub(crate) theirs: Peer,
}

impl Sides {
    /// What aiocache answers.
    pub(crate) fn ask(&mut self, command: Value) -> Value {
        self.theirs.ask(&command)
    }
}

impl Shared {
    /// `serializer` is aiocache's: `json`, `string` or `bytes`.
    pub(crate) fn sides(&self, serializer: &str, namespace: &str) -> Option<Sides> {
        let cache = self.cache(if serializer == "json" { "json" } else { "raw" }, namespace);
        let theirs = self.peer(serializer, &self.theirs(namespace))?;
        Some(Sides { ours: cache.blocking(), cache, theirs })
    }

    pub(crate) fn cache(&self, codec: &str, namespace: &str) -> Cache {
        let url = format!("{}?envelope=off&codec={codec}&namespace={namespace}", self.url);
        url.as_str().into_cache().unwrap()
    }

    /// aiocache, in a namespace as it calls it.
    pub(crate) fn peer(&self, serializer: &str, namespace: &str) -> Option<Peer> {
        Peer::start("aiocache_peer.py", &[self.store, &self.port.to_string(), serializer, namespace])
    }

    /// Our namespace in aiocache's words. On memcached it puts nothing between it and the key.
    fn theirs(&self, namespace: &str) -> String {
        if self.store == "redis" || namespace.is_empty() { namespace.into() } else { format!("{namespace}:") }
    }
}

/// Redis and memcached; those that are installed.
pub(crate) fn stores() -> impl Iterator<Item = Shared> {
    let redis = or_skip(Redis::start()).map(|server| Shared {
        store: "redis",
        url: server.url(),
        port: server.port(),
        _server: Box::new(server),
    });
    let memcached = or_skip(Memcached::start()).map(|server| Shared {
        store: "memcached",
        url: server.url(),
        port: server.port(),
        _server: Box::new(server),
    });
    redis.into_iter().chain(memcached)
}

/// Runs `check` over each, on both sides.
pub(crate) fn each(serializer: &str, check: impl Fn(&Shared, &mut Sides)) {
    for shared in stores() {
        let Some(mut sides) = shared.sides(serializer, "shop") else { return };
        check(&shared, &mut sides);
    }
}
