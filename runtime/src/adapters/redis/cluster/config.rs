//! What can be said of a cluster, in code or in a URL.

use std::fmt;

use super::RedisCluster;
use super::router::Router;
use crate::adapters::redis::access::{Access, encryption};
use crate::adapters::redis::clears::Confirmation;
use crate::adapters::redis::config::{largest, refused};
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
    user: Option<String>,
    password: Option<String>,
    largest_entry: Option<usize>,
    tls: Option<RedisTls>,
    settings: url::Settings,
}

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

    /// The user to log in as, on each node.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The password to log in with, on each node.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The largest entry that is stored, as [`RedisCacheBuilder::largest_entry`](crate::RedisCacheBuilder::largest_entry) has it.
    pub fn largest_entry(mut self, bytes: usize) -> Self {
        self.largest_entry = Some(bytes);
        self
    }

    /// Encrypts all connections. Nodes that are known by addresses need certificates for these; those that announce host names
    /// need certificates for those.
    #[cfg(feature = "redis-tls")]
    pub fn tls(mut self, tls: RedisTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// How many replicas must confirm what is cleared before it counts as cleared; 0 by default. Where fewer do within half a
    /// second, the clear answers [`NotReplicated`](crate::ErrorKind::NotReplicated). In a URL it is `?wait_replicas=1`.
    ///
    /// Replicas get what a master does a moment later: without this, a failover may bring back what was cleared just before,
    /// until its timeout. Clears have a connection of their own then, and take two round trips.
    pub fn wait_replicas(mut self, n_replicas: u32) -> Self {
        self.settings.wait_replicas = Some(n_replicas);
        self
    }

    /// What stands beside a URL and goes before what is in it.
    pub(in crate::adapters) fn settings(mut self, settings: url::Settings) -> Self {
        self.settings = settings.or(self.settings);
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
        let access = Access {
            user: self.user.or(server.user),
            password: self.password.or(server.password),
            database: 0,
            tls: encryption(self.tls, server.is_encrypted, settings)?,
        };
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
