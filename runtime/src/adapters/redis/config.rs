//! What can be said of a Redis cache, in code or in a URL.

use std::fmt;
use std::path::PathBuf;

use super::access::{Access, encryption};
use super::addresses::AddressMap;
use super::clears::Confirmation;
use super::connection::Source;
use super::sentinel::Sentinels;
use super::settings::settings;
use super::tls::RedisTls;
use super::url::{Place, Server, Topology};
use super::{RedisCache, url};
use crate::error::{Error, ErrorKind, Result};

/// Larger values keep all others waiting, as one connection carries them all and one thread serves it.
pub(super) const LARGEST_ENTRY: usize = 8 << 20;

/// Builds a [`RedisCache`].
///
/// What is said by a setting goes before what is said in the URL.
///
/// # Examples
/// ```
/// use larder::RedisCache;
///
/// let cache = RedisCache::builder().host("cache.internal").password("s3cret").database(2).build()?;
/// assert_eq!(format!("{cache:?}"), "RedisCache(cache.internal:6379/2)");
///
/// let wrong = RedisCache::builder().url("redis://:s3cret@cache.internal:port").build();
/// assert_eq!(wrong.unwrap_err().to_string(), "the port of a redis URL is a number from 1 to 65535");
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct RedisCacheBuilder {
    url: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    socket: Option<PathBuf>,
    database: Option<u32>,
    largest_entry: Option<usize>,
    tls: Option<RedisTls>,
    sentinels: Vec<String>,
    master: Option<String>,
    settings: url::Settings,
}

settings!(RedisCacheBuilder);

impl RedisCacheBuilder {
    /// All at once: `redis://[[user]:password@]host[:port][/database]`, or
    /// `redis+unix://[[user]:password@]/path/of/socket[?db=database]`.
    ///
    /// `rediss` is `redis` over TLS, and takes `?ca=/a/file&certificate=/a/file&key=/a/file` as
    /// [`RedisTls`](crate::RedisTls) does. It is never given up for a connection without TLS.
    ///
    /// `redis+sentinel://[[user]:password@]host[:port],…/master[/database]` asks these sentinels where the master is, and takes
    /// `?sentinel_user=…&sentinel_password=…` for a login of theirs; `rediss+sentinel` speaks TLS with all of them.
    ///
    /// `valkey` can stand for `redis`. In user and password, characters that mean something in a URL are written as `%23`
    /// and the like.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The server's name or address; `127.0.0.1` if neither this nor anything else says where it is.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The server's port; 6379 by default.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The path of the unix socket on which the server listens, instead of a host and a port.
    pub fn socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.socket = Some(path.into());
        self
    }

    /// The number of the database; 0 by default. [`flush`](crate::adapter::CacheAdapter::flush) empties this one alone.
    pub fn database(mut self, number: u32) -> Self {
        self.database = Some(number);
        self
    }

    /// A sentinel, `host` or `host:port`, where the port is 26379 by default: called once for each. They say where the
    /// [`master`](Self::master) is, each time that a connection is made.
    pub fn sentinel(mut self, address: impl Into<String>) -> Self {
        self.sentinels.push(address.into());
        self
    }

    /// The name by which the sentinels know the master.
    pub fn master(mut self, name: impl Into<String>) -> Self {
        self.master = Some(name.into());
        self
    }

    /// The user to log in as with the sentinels, where they ask for one.
    pub fn sentinel_user(mut self, user: impl Into<String>) -> Self {
        self.settings.sentinel_user = Some(user.into());
        self
    }

    /// The password to log in with at the sentinels: that of the servers is not shown to them.
    pub fn sentinel_password(mut self, password: impl Into<String>) -> Self {
        self.settings.sentinel_password = Some(password.into());
        self
    }

    /// These sentinels, in the place of all that were named before.
    pub(in crate::adapters) fn sentinels(mut self, addresses: Vec<String>) -> Self {
        self.sentinels = addresses;
        self
    }

    /// The cache. It connects when it is first used.
    ///
    /// # Errors
    /// [`ErrorKind::Config`], naming the part of the URL, the setting or the file that is wrong;
    /// [`ErrorKind::FeatureOff`] for TLS in a build without `redis-tls`. That the server cannot be reached is
    /// none: it may come.
    pub fn build(self) -> Result<RedisCache> {
        self.check_address()?;
        let largest_entry = largest(self.largest_entry)?;
        let server = match &self.url {
            Some(url) => url::parse(url)?,
            None => Server::default(),
        };
        let settings = self.settings.or(server.settings);
        let has_address_map = settings.address_map.is_some();
        let tls = encryption(self.tls, server.is_encrypted, &settings)?;
        let access = Access {
            user: settings.user,
            password: settings.password,
            database: self.database.unwrap_or(server.database),
            tls,
            largest_entry,
            addresses: AddressMap::new(&settings.address_map.unwrap_or_default())?,
        };
        access.check()?;
        let is_elsewhere = self.socket.is_some() || self.host.is_some() || self.port.is_some();
        let sentinels: Vec<_> = self.sentinels.iter().map(|one| Place::of_sentinel(one)).collect::<Result<_>>()?;
        let (master, places) = match (server.topology, self.master) {
            (Topology::Cluster, _) => return refused("the URL is of a redis cluster: open it by `RedisCluster`"),
            (Topology::Sentinel(own), said) => {
                let places = [server.place.clone()].into_iter().chain(server.others).collect();
                (Some(said.unwrap_or(own)), if sentinels.is_empty() { places } else { sentinels })
            }
            (Topology::Single, said) => (said, sentinels),
        };
        let confirmation = Confirmation(settings.wait_replicas.unwrap_or(0));
        let Some(master) = master else {
            if has_address_map {
                return refused("`address_map` of a redis cache is for what sentinels or nodes of a cluster announce");
            }
            if !places.is_empty() {
                return refused("sentinels of a redis cache know a master by its name: say `master` too");
            }
            let place = place(self.socket, self.host, self.port, server.place);
            if access.tls.is_some() && matches!(place, Place::Socket(_)) {
                return refused("a redis cache takes `socket` or `tls`, not both");
            }
            let target = access.to(place)?;
            return Ok(RedisCache::new(Source::Server(target.clone()), largest_entry)
                .confirmed(confirmation, Source::Server(target)));
        };
        if is_elsewhere || places.is_empty() {
            return refused("a redis cache with a `master` takes sentinels, and neither `host`, `port` nor `socket`");
        }
        let own = Access {
            user: settings.sentinel_user,
            password: settings.sentinel_password,
            tls: access.tls.clone(),
            ..Access::default()
        };
        own.check()?;
        let sentinels = Sentinels::new(places, master, own, access);
        Ok(RedisCache::new(Source::Sentinels(sentinels.clone()), largest_entry)
            .confirmed(confirmation, Source::Sentinels(sentinels)))
    }

    fn check_address(&self) -> Result<()> {
        if self.socket.is_some() && (self.host.is_some() || self.port.is_some()) {
            return refused("a redis cache takes `socket`, or `host` and `port`, not both");
        }
        if self.port == Some(0) {
            return refused("`port` of a redis cache is 1 to 65535");
        }
        if self.host.as_deref() == Some("") {
            return refused("`host` of a redis cache is empty");
        }
        Ok(())
    }
}

pub(super) fn refused<T>(message: &'static str) -> Result<T> {
    Err(Error::new(ErrorKind::Config, message))
}

/// What the largest entry is, of one server or of a cluster.
pub(super) fn largest(said: Option<usize>) -> Result<usize> {
    match said {
        Some(0) => refused("`largest_entry` is 0: use the `null` adapter to store nothing"),
        said => Ok(said.unwrap_or(LARGEST_ENTRY)),
    }
}

/// Where the server is: what is said by a setting, and what the URL says.
fn place(socket: Option<PathBuf>, host: Option<String>, port: Option<u16>, own: Place) -> Place {
    match (socket, host, port) {
        (Some(path), ..) => Place::Socket(path),
        (None, None, None) => own,
        (None, host, port) => {
            let (own_host, own_port) = own.into_tcp();
            Place::Tcp(host.unwrap_or(own_host), port.unwrap_or(own_port))
        }
    }
}

/// Neither credentials nor the URL, which may hold some.
impl fmt::Debug for RedisCacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, socket, database, largest_entry, .. } = self;
        let mut debug = f.debug_struct("RedisCacheBuilder");
        debug.field("host", host).field("port", port).field("socket", socket).field("database", database);
        debug.field("largest_entry", largest_entry).finish_non_exhaustive()
    }
}
