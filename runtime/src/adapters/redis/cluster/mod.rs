//! Entries in a Redis Cluster: pure `slot`, `map`, `choice` and `redirect`; `renewal → router` find the node, `node_health` knows whether
//! it answers; `part` is the contract for one shard of it.

mod choice;
mod config;
mod map;
mod node_health;
mod part;
mod redirect;
mod renewal;
mod router;
mod slot;

use std::fmt;
use std::sync::Arc;

pub use config::RedisClusterBuilder;

use super::clears::{Confirmation, Lane};
use super::client::RedisClient;
use crate::adapter::{AnyAdapter, Fleet, StoreKey};
use crate::cache::{Cache, CacheBuilder};
use crate::error::Result;
use crate::layer::CountedElsewhere;
use part::Part;
use router::Router;

/// Keeps results in a Redis or Valkey cluster.
///
/// An entry and its permit are in one slot, and each node has a connection of its own. Larder sees the cluster as 16 shards,
/// each a run of slots with epochs, a limit on time and a breaker of its own: a master that is down takes its part of the keys
/// with it, and no others. Reads go to masters. Where slots move or a replica takes over, that is followed; while a slot is on
/// its way, some fills of it are not stored, and its clears are asked again.
///
/// A failover can lose what the old master had acknowledged: then what was cleared just before may be served again, until its
/// timeout. [`RedisClusterBuilder::wait_replicas`] is against that.
///
/// # Examples
/// ```
/// use larder::{Cache, RedisCluster};
///
/// let cluster = RedisCluster::open("redis+cluster://:s3cret@10.0.0.1,10.0.0.2:7000")?; // any of its nodes
/// assert_eq!(format!("{cluster:?}"), "RedisCluster(10.0.0.1:6379, 10.0.0.2:7000)");
/// let cache: Cache = cluster.cache().namespace("shop").build()?;
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone)]
pub struct RedisCluster {
    router: Arc<Router>,
    largest_entry: usize,
    confirmation: Confirmation,
}

impl RedisCluster {
    /// The cluster of these nodes: `redis+cluster://[[user]:password@]host[:port],…`, as many or as few as are known, or
    /// `rediss+cluster://…`.
    ///
    /// # Errors
    /// As [`RedisClusterBuilder::build`].
    pub fn open(url: impl Into<String>) -> Result<Self> {
        Self::builder().url(url).build()
    }

    /// To say more.
    pub fn builder() -> RedisClusterBuilder {
        RedisClusterBuilder::default()
    }

    /// A cache over it, each shard behind a breaker of its own.
    pub fn cache(&self) -> CacheBuilder {
        let parts = self.parts().zip(0..).map(|((name, part), shard)| {
            let router = self.router.clone();
            let counted: CountedElsewhere = Arc::new(move || router.is_split(shard));
            (name, part, counted)
        });
        CacheBuilder::of_shards(parts, place)
    }

    /// The cluster as an adapter; `wrap` puts around each shard what belongs around each alone, such as a time limit.
    pub fn fleet(&self, mut wrap: impl FnMut(AnyAdapter) -> AnyAdapter) -> Fleet {
        Fleet::of_shards(self.parts().map(|(name, part)| (name, wrap(part))), place)
    }

    /// The connection to the node that holds `key`, for commands of one's own.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if no node tells which that is.
    pub async fn client(&self, key: &str) -> Result<RedisClient> {
        let map = self.router.map().await?;
        let address = map.master_of(slot::slot_of(key)).unwrap_or(&self.router.seeds[0]);
        Ok(RedisClient { connector: self.router.node(address, Lane::Calls)?, database: 0 })
    }

    fn parts(&self) -> impl Iterator<Item = (String, AnyAdapter)> {
        let Self { router, largest_entry, confirmation } = self.clone();
        (0..slot::N_SHARDS).map(move |shard| {
            let slots = slot::slots_of(shard);
            let part = Part { router: router.clone(), shard, largest_entry, confirmation };
            (format!("slots {} to {}", slots.start, slots.end - 1), AnyAdapter::new(part))
        })
    }
}

fn place(key: &StoreKey) -> u16 {
    slot::shard_of(slot::slot_of(key.as_str()))
}

impl From<RedisCluster> for Cache {
    fn from(cluster: RedisCluster) -> Self {
        cluster.cache().build().expect("the defaults are valid")
    }
}

/// Where it is, and not how to get in.
impl fmt::Debug for RedisCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seeds: Vec<_> = self.router.seeds.iter().map(|(host, port)| format!("{host}:{port}")).collect();
        write!(f, "RedisCluster({})", seeds.join(", "))
    }
}
