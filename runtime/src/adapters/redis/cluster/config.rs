//! What can be said of a cluster, in code or in a URL.

use std::fmt;

use super::RedisCluster;
use super::router::Router;
use crate::adapters::redis::access::{Access, encryption};
use crate::adapters::redis::addresses::AddressMap;
use crate::adapters::redis::clears::Confirmation;
use crate::adapters::redis::config::{largest, refused};
use crate::adapters::redis::settings::settings;
use crate::adapters::redis::tls::RedisTls;
use crate::adapters::redis::url::{self, Place, Topology};
use crate::error::Result;

/// Builds a [`RedisCluster`].
///
/// What is said by a setting goes before what is said in the URL.
///
/// # Examples
/// ```
/// use larder::RedisCluster;
///
/// let cluster = RedisCluster::builder().node("10.0.0.1:7000").node("10.0.0.2:7000").password("s3cret").build()?;
///
/// let wrong = RedisCluster::builder().url("redis+cluster://:s3cret@10.0.0.1/2").build();
/// assert_eq!(wrong.unwrap_err().to_string(), "the database of a redis URL of a cluster is 0, the only one there is");
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct RedisClusterBuilder {
    url: Option<String>,
    nodes: Vec<String>,
    largest_entry: Option<usize>,
    tls: Option<RedisTls>,
    settings: url::Settings,
}

settings!(RedisClusterBuilder);

impl RedisClusterBuilder {
    /// All at once, as [`RedisCluster::open`] takes it; with the query of [`RedisCacheBuilder::url`](crate::RedisCacheBuilder::url).
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// One of its nodes: `host` or `host:port`, where the port is 6379 by default. The others are learned from it. Nodes that
    /// are named here are used in the place of the URL's.
    pub fn node(mut self, address: impl Into<String>) -> Self {
        self.nodes.push(address.into());
        self
    }

    /// The cluster. It connects when it is first used.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config), naming the part of the URL, the setting or the file that is wrong;
    /// [`FeatureOff`](crate::ErrorKind::FeatureOff) for TLS in a build without `redis-tls`.
    pub fn build(self) -> Result<RedisCluster> {
        let largest_entry = largest(self.largest_entry)?;
        let mut server = match &self.url {
            Some(url) => url::parse(url)?,
            None => url::Server { topology: Topology::Cluster, ..url::Server::default() },
        };
        if server.topology != Topology::Cluster {
            return refused("the URL of a redis cluster begins with redis+cluster:// or rediss+cluster://");
        }
        let mut places = vec![server.place];
        places.append(&mut server.others);
        if !self.nodes.is_empty() {
            places = self.nodes.iter().map(|node| Place::of(node)).collect::<Result<_>>()?;
        }
        let settings = self.settings.or(server.settings);
        let confirmation = Confirmation(settings.wait_replicas.unwrap_or(0));
        let tls = encryption(self.tls, server.is_encrypted, &settings)?;
        let addresses = AddressMap::new(&settings.address_map.unwrap_or_default())?;
        let access =
            Access { user: settings.user, password: settings.password, database: 0, tls, largest_entry, addresses };
        access.check()?;
        let mut seeds: Vec<_> = places.into_iter().map(Place::into_tcp).collect();
        seeds.dedup();
        Ok(RedisCluster { router: Router::new(access, seeds), largest_entry, confirmation })
    }
}

/// Neither credentials nor the URL, which may hold some.
impl fmt::Debug for RedisClusterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, largest_entry, .. } = self;
        let mut debug = f.debug_struct("RedisClusterBuilder");
        debug.field("nodes", nodes).field("largest_entry", largest_entry).finish_non_exhaustive()
    }
}
