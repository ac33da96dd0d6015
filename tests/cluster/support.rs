//! A cluster and an adapter on it, and entries to put there.

use std::time::Duration;

use larder::adapter::{CacheAdapter, Entry, Fleet, Left, Living, StoreKey, layout};
use larder::{RedisCluster, Timeout};
use larder_servers::or_skip;

pub(crate) const LIVING: Living = Living { namespace: 11, template: Some(22) };

/// Servers and an adapter on them.
pub(crate) struct Store {
    pub(crate) servers: larder_servers::RedisCluster,
    pub(crate) fleet: Fleet,
}

impl Store {
    /// `None` where no server is installed.
    pub(crate) fn start(n_masters: usize, n_replicas_each: usize) -> Option<Self> {
        let servers = or_skip(larder_servers::RedisCluster::start(n_masters, n_replicas_each))?;
        let fleet = RedisCluster::open(servers.url()).unwrap().fleet(|part| part);
        Some(Self { servers, fleet })
    }

    /// The same, where a master that is silent is soon replaced.
    pub(crate) fn start_nervous() -> Option<Self> {
        let servers = or_skip(larder_servers::RedisCluster::with_timeout(3, 1, Duration::from_secs(2)))?;
        let fleet = RedisCluster::open(servers.url()).unwrap().fleet(|part| part);
        Some(Self { servers, fleet })
    }

    pub(crate) fn slot(&self, key: &StoreKey) -> u16 {
        slot_of(&self.servers, key)
    }

    /// The payload of a live entry.
    pub(crate) async fn live(&self, key: &StoreKey) -> Option<String> {
        let fetched = self.fleet.get(key).await.unwrap()?;
        let payload = String::from_utf8_lossy(&fetched.record[layout::PAYLOAD..]).into_owned();
        (fetched.left != Left::Expired).then_some(payload)
    }
}

pub(crate) fn slot_of(servers: &larder_servers::RedisCluster, key: &StoreKey) -> u16 {
    servers.ask(0, &["CLUSTER", "KEYSLOT", key.as_str()]).unwrap()[0].parse().unwrap()
}

pub(crate) fn keys(n_keys: usize) -> Vec<StoreKey> {
    (0..n_keys).map(|number| StoreKey::new("shop", number.to_string())).collect()
}

pub(crate) fn entry(payload: &str) -> Entry {
    let mut record = vec![0x5a; layout::PAYLOAD];
    record[layout::NAMESPACE_EPOCH].copy_from_slice(&LIVING.namespace.to_le_bytes());
    record[layout::TEMPLATE_EPOCH].copy_from_slice(&LIVING.template.unwrap().to_le_bytes());
    record[layout::CODEC] = layout::INTEGER;
    record.extend(payload.bytes());
    Entry { record, timeout: Timeout::from_secs(600), grace: Timeout::from_secs(60) }
}

/// Is a live entry there?
pub(crate) async fn exists(cache: &impl CacheAdapter, key: &StoreKey) -> bool {
    cache.head(key).await.unwrap().is_some_and(|head| head.is_live(&LIVING))
}

/// Removes them. Which were live?
pub(crate) async fn remove(cache: &impl CacheAdapter, keys: &[StoreKey]) -> Vec<bool> {
    let heads = cache.remove(keys).await.unwrap();
    heads.into_iter().map(|head| head.is_some_and(|head| head.is_live(&LIVING))).collect()
}
