//! The URL of a server, or of several, taken apart; pure.
//!
//! By hand, because an error must name the part that is wrong and may show none: whoever forgets to escape a password has it
//! split at any character, and a piece of it can end up anywhere.

mod part;
mod query;

use std::fmt;
use std::path::PathBuf;

use crate::error::Result;
pub(in crate::adapters) use query::KNOWN;

use part::{database, decoded, login, socket, tcp, wrong};

const DEFAULT_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Where a server is, or several that belong together, and how to get in.
#[derive(Default)]
pub(super) struct Server {
    pub(super) place: Place,
    /// Further places, of a cluster or of sentinels.
    pub(super) others: Vec<Place>,
    pub(super) topology: Topology,
    pub(super) is_encrypted: bool,
    pub(super) database: u32,
    pub(super) settings: Settings,
}

/// What stands at the places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Topology {
    #[default]
    Single,
    Cluster,
    /// Sentinels, and the name by which they know the master.
    Sentinel(String),
}

/// What servers of any kind are told, in the URL or beside it.
#[derive(Clone, Default)]
pub(in crate::adapters) struct Settings {
    pub(in crate::adapters) user: Option<String>,
    pub(in crate::adapters) password: Option<String>,
    pub(in crate::adapters) ca: Option<PathBuf>,
    pub(in crate::adapters) certificate: Option<PathBuf>,
    pub(in crate::adapters) key: Option<PathBuf>,
    pub(in crate::adapters) sentinel_user: Option<String>,
    pub(in crate::adapters) sentinel_password: Option<String>,
    pub(in crate::adapters) wait_replicas: Option<u32>,
    /// What servers announce, and where that is.
    pub(in crate::adapters) address_map: Option<Vec<(String, String)>>,
}

impl Settings {
    /// These, and where they say nothing, those.
    pub(in crate::adapters::redis) fn or(self, other: Self) -> Self {
        Self {
            user: self.user.or(other.user),
            password: self.password.or(other.password),
            ca: self.ca.or(other.ca),
            certificate: self.certificate.or(other.certificate),
            key: self.key.or(other.key),
            sentinel_user: self.sentinel_user.or(other.sentinel_user),
            sentinel_password: self.sentinel_password.or(other.sentinel_password),
            wait_replicas: self.wait_replicas.or(other.wait_replicas),
            address_map: self.address_map.or(other.address_map),
        }
    }

    pub(super) fn is_of_tls(&self) -> bool {
        self.ca.is_some() || self.certificate.is_some() || self.key.is_some()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Tcp(String, u16),
    Socket(PathBuf),
}

impl Place {
    /// Host and port, the usual ones in the place of a socket.
    pub(super) fn into_tcp(self) -> (String, u16) {
        match self {
            Self::Tcp(host, port) => (host, port),
            Self::Socket(_) => ("127.0.0.1".into(), DEFAULT_PORT),
        }
    }

    /// A host with or without its port.
    pub(super) fn of(address: &str) -> Result<Self> {
        tcp(address, DEFAULT_PORT)
    }

    /// The same of a sentinel.
    pub(super) fn of_sentinel(address: &str) -> Result<Self> {
        tcp(address, SENTINEL_PORT)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Socket(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::Tcp("127.0.0.1".into(), DEFAULT_PORT)
    }
}

/// Is this URL one of a cluster?
pub(in crate::adapters) fn is_cluster(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| matches!(way(scheme), Ok(Way::Cluster(_))))
}

/// Can this be a server, `host` or `host:port`?
pub(in crate::adapters) fn check_address(address: &str) -> Result<()> {
    Place::of(address).map(drop)
}

/// What a scheme asks for; whether encrypted.
enum Way {
    Single(bool),
    Socket,
    Cluster(bool),
    Sentinel(bool),
}

fn way(scheme: &str) -> Result<Way> {
    let scheme = scheme.to_ascii_lowercase();
    let (server, topology) = scheme.split_once('+').unwrap_or((&scheme, ""));
    let is_encrypted = match server {
        "redis" | "valkey" => false,
        "rediss" | "valkeys" => true,
        "unix" if topology.is_empty() => return Ok(Way::Socket),
        _ => return wrong("scheme", SCHEMES),
    };
    match topology {
        "" => Ok(Way::Single(is_encrypted)),
        "unix" if !is_encrypted => Ok(Way::Socket),
        "cluster" => Ok(Way::Cluster(is_encrypted)),
        "sentinel" => Ok(Way::Sentinel(is_encrypted)),
        _ => wrong("scheme", SCHEMES),
    }
}

const SCHEMES: &str =
    "is redis or rediss, alone or with +cluster or +sentinel, or redis+unix; valkey can stand for redis";

/// Reads a URL.
pub(super) fn parse(url: &str) -> Result<Server> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return wrong("scheme", "comes first: redis://…");
    };
    let way = way(scheme)?;
    if rest.contains('#') {
        return wrong("fragment", "means nothing; `#` in a password is written %23");
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    if !matches!(way, Way::Socket) && rest[authority.len()..].contains('@') {
        return wrong("password", "has `/` written as %2F and `?` as %3F");
    }
    let (credentials, address) = authority.rsplit_once('@').map_or((None, authority), |(login, at)| (Some(login), at));
    let (user, password) = login(credentials)?;
    let settings = Settings { user, password, ..Settings::default() };
    let mut server = Server { settings, ..Server::default() };
    match way {
        Way::Socket => server.place = socket(address, path)?,
        Way::Single(is_encrypted) => {
            server.is_encrypted = is_encrypted;
            server.place = tcp(address, DEFAULT_PORT)?;
            server.database = optional_database(path)?;
        }
        Way::Cluster(is_encrypted) => {
            server.is_encrypted = is_encrypted;
            server.topology = Topology::Cluster;
            server.take_places(address, DEFAULT_PORT)?;
            if optional_database(path)? != 0 {
                return wrong("database", "of a cluster is 0, the only one there is");
            }
        }
        Way::Sentinel(is_encrypted) => {
            server.is_encrypted = is_encrypted;
            server.take_places(address, SENTINEL_PORT)?;
            let (master, path) = path.split_once('/').unwrap_or((path, ""));
            if master.is_empty() {
                return wrong("master", "is missing: redis+sentinel://host/name");
            }
            server.topology = Topology::Sentinel(decoded("master", master)?);
            server.database = optional_database(path)?;
        }
    }
    query::read(query, &mut server)?;
    Ok(server)
}

impl Server {
    /// Several addresses, with commas in between.
    fn take_places(&mut self, addresses: &str, port: u16) -> Result<()> {
        let mut places = addresses.split(',').map(|address| tcp(address, port)).collect::<Result<Vec<_>>>()?;
        self.place = places.remove(0);
        self.others = places;
        Ok(())
    }
}

fn optional_database(path: &str) -> Result<u32> {
    if path.is_empty() { Ok(0) } else { database(path) }
}

#[cfg(test)]
mod tests;
