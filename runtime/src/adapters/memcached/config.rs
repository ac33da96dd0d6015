//! What can be said of memcached servers: in code, or in a URL.

use std::net::{IpAddr, Ipv4Addr};

use super::MemcachedCache;
use crate::adapter::{AnyAdapter, Fleet};
use crate::error::{Error, ErrorKind, Result};

/// What a server takes by default: 1 MiB, less what it puts around a value.
const LARGEST_ENTRY: usize = (1 << 20) - 512;

const DEFAULT_PORT: u16 = 11211;

/// Builds a [`MemcachedCache`], or a [`Fleet`] of them.
///
/// # Examples
/// ```
/// use larder::MemcachedCache;
///
/// let one = MemcachedCache::builder().server("cache.internal").build()?;
/// assert_eq!(one.address(), "cache.internal:11211");
///
/// let fleet = MemcachedCache::builder().url("memcache://10.0.0.1,10.0.0.2:11212")?.build_fleet(|server| server)?;
/// assert_eq!(fleet.members().len(), 2);
///
/// let wrong = MemcachedCache::builder().server("cache.internal:many").build();
/// assert_eq!(wrong.unwrap_err().to_string(), "server 1 of memcached: its port is no number up to 65535");
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct MemcachedCacheBuilder {
    servers: Vec<String>,
    largest_entry: Option<usize>,
}

impl MemcachedCacheBuilder {
    /// One more server: `host`, `host:port` or `[::1]:port`; the port is 11211 if it is not said.
    ///
    /// Keys are spread by the name that is given here: a server that gets another name gets other keys. Names are alike whatever
    /// their case and with or without the usual port, and `localhost` is `127.0.0.1`; that two names lead to one server is not
    /// seen otherwise. So all processes name a server alike.
    pub fn server(mut self, server: impl Into<String>) -> Self {
        self.servers.push(server.into());
        self
    }

    /// None of the servers that were said so far.
    pub(crate) fn no_servers(mut self) -> Self {
        self.servers.clear();
        self
    }

    /// The servers of a URL: `memcache://host:port,host2`; `memcached://` is the same.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if it has parts that are not known here.
    pub fn url(mut self, url: &str) -> Result<Self> {
        let refused = |what: &str| Err(Error::new(ErrorKind::Config, format!("a memcached URL {what}")));
        let rest = match url.split_once("://") {
            Some(("memcache" | "memcached", rest)) => rest,
            _ => return refused("begins with `memcache://`"),
        };
        // Not shown: it may hold a password.
        if rest.contains('@') {
            return refused("takes no user and no password");
        }
        if rest.contains(['?', '#']) {
            return refused("takes no settings behind its servers");
        }
        let servers = rest.strip_suffix('/').unwrap_or(rest);
        if servers.contains('/') {
            return refused("takes no path behind its servers");
        }
        self.servers.extend(servers.split(',').map(String::from));
        Ok(self)
    }

    /// The largest entry in bytes, its envelope included, for servers that were started with `-I`: what they were given
    /// less 512. A larger entry is not sent. The results of annotated functions are stored up to 1 MiB, even where this is more.
    pub fn largest_entry(mut self, bytes: usize) -> Self {
        self.largest_entry = Some(bytes);
        self
    }

    /// The one server, for itself: it is of no list, which others remember. Where there may be more servers, or may have been,
    /// `build_fleet` takes one, too. Nothing is connected yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if not one server was said, or if its address is malformed.
    pub fn build(self) -> Result<MemcachedCache> {
        let largest_entry = self.largest_entry.unwrap_or(LARGEST_ENTRY);
        let mut servers = self.addresses()?;
        match (servers.pop(), servers.len()) {
            (Some((address, _)), 0) => Ok(MemcachedCache::new(address, largest_entry)),
            _ => Err(Error::new(ErrorKind::Config, "several memcached servers make a fleet: call `build_fleet`")),
        }
    }

    /// All servers as one, by [`Fleet`]; `wrap` puts around each what belongs around each alone, such as a time limit.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if no server was said, if one was said twice, or if an address is malformed.
    pub fn build_fleet(self, mut wrap: impl FnMut(AnyAdapter) -> AnyAdapter) -> Result<Fleet> {
        let servers = self.build_each()?;
        Fleet::new(servers.into_iter().map(|(name, server)| (name, wrap(AnyAdapter::new(server)))))
    }

    /// The servers of one list, each with its name, for who puts them together: as by [`Cache::fleet`](crate::Cache::fleet), where
    /// each has limits and a breaker of its own.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if no server was said, or if an address is malformed.
    pub fn build_each(self) -> Result<Vec<(String, MemcachedCache)>> {
        Ok(MemcachedCache::list(self.addresses()?, self.largest_entry.unwrap_or(LARGEST_ENTRY)))
    }

    /// Of each server its address and its name.
    fn addresses(&self) -> Result<Vec<(String, String)>> {
        if self.servers.is_empty() {
            return Err(Error::new(ErrorKind::Config, "no memcached server was said: call `server`"));
        }
        let servers = self.servers.iter().zip(1..).map(|(server, number)| {
            let wrong = |what| Error::new(ErrorKind::Config, format!("server {number} of memcached: {what}"));
            address(server).map_err(wrong)
        });
        servers.collect()
    }
}

/// `host:port`, and the name by which the server is known in its list; or what is wrong with it.
fn address(server: &str) -> Result<(String, String), &'static str> {
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (server, None),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if bare.is_none() && host.contains(':') {
        return Err("an IPv6 address stands in brackets");
    }
    let is_safe =
        |char: char| char.is_ascii_alphanumeric() || "-._".contains(char) || bare.is_some() && ":%".contains(char);
    let name = bare.unwrap_or(host);
    if name.is_empty() {
        return Err("its host is missing");
    }
    if !name.chars().all(is_safe) {
        return Err("its host has characters that no host has");
    }
    let port: u16 = port.map_or(Ok(DEFAULT_PORT), str::parse).map_err(|_| "its port is no number up to 65535")?;
    if port == 0 {
        return Err("its port is 0");
    }
    Ok((format!("{host}:{port}"), format!("{}:{port}", host_name(name))))
}

/// One spelling of those that surely mean the same.
fn host_name(host: &str) -> String {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) if address.is_loopback() => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        Err(_) if host == "localhost" => Ipv4Addr::LOCALHOST.to_string(),
        // With the name of an interface.
        Err(_) if host.contains(':') => format!("[{host}]"),
        Err(_) => host,
    }
}

#[cfg(test)]
mod tests {
    use super::{MemcachedCacheBuilder, address};

    #[test]
    fn addresses_are_checked_part_by_part() {
        let good = [
            ("a", "a:11211"),
            ("a.b-c_d:1", "a.b-c_d:1"),
            ("127.0.0.1", "127.0.0.1:11211"),
            ("[::1]", "[::1]:11211"),
            ("[::1]:7", "[::1]:7"),
        ];
        for (server, expected) in good {
            assert_eq!(address(server).map(|(address, _)| address).as_deref(), Ok(expected));
        }
        let bad = [("", "host"), (":7", "host"), ("a:", "port"), ("a:65536", "port"), ("a:0", "port")];
        let worse = [("::1", "brackets"), ("a b", "characters"), ("a\r\n", "characters"), ("[]", "host")];
        for (server, part) in bad.into_iter().chain(worse) {
            assert!(address(server).unwrap_err().contains(part), "{server}");
        }
    }

    #[test]
    fn what_surely_is_one_server_has_one_name() {
        let alike = [
            (
                "127.0.0.1:11211",
                &["127.0.0.1", "localhost", "LocalHost:11211", "localhost.", "[::1]", "[0:0::1]:011211"][..],
            ),
            ("cache.internal:7", &["Cache.Internal:7", "cache.internal.:7"]),
            ("[fe80::1%eth0]:11211", &["[FE80::1%eth0]"]),
            ("[2001:db8::1]:11211", &["[2001:DB8:0:0::1]"]),
            ("10.0.0.1:11211", &["[::ffff:10.0.0.1]"]),
            ("127.0.0.2:11211", &["127.0.0.2"]),
        ];
        for (name, servers) in alike {
            for server in servers {
                assert_eq!(address(server).map(|(_, name)| name).as_deref(), Ok(name), "{server}");
            }
        }
        let twice = MemcachedCacheBuilder::default().server("localhost").server("127.0.0.1").build_fleet(|x| x);
        assert!(twice.unwrap_err().to_string().contains("127.0.0.1:11211"));
    }

    #[test]
    fn a_url_that_is_refused_says_why_and_shows_no_password() {
        let bad = [
            ("redis://a", "memcache://"),
            ("memcache://me:hush@a", "password"),
            ("memcache://a/3", "path"),
            ("memcache://a?x=hush", "settings"),
        ];
        for (url, part) in bad {
            let error = MemcachedCacheBuilder::default().url(url).unwrap_err();
            assert!(error.to_string().contains(part) && !format!("{error:?}").contains("hush"), "{error:?}");
        }
        for url in ["memcache://", "memcache://a,,b", "memcached://a,"] {
            let servers = MemcachedCacheBuilder::default().url(url).and_then(|builder| builder.build_fleet(|x| x));
            assert!(servers.unwrap_err().to_string().contains("host"), "{url}");
        }
    }

    #[test]
    fn one_server_is_built_alone_and_none_is_named_twice() {
        let builder = || MemcachedCacheBuilder::default().server("a");
        assert!(builder().build().is_ok());
        assert!(builder().server("b").build().unwrap_err().to_string().contains("build_fleet"));
        assert!(builder().server("a:11211").build_fleet(|x| x).unwrap_err().to_string().contains("a:11211"));
        assert!(MemcachedCacheBuilder::default().build().unwrap_err().to_string().contains("server"));
    }
}
