//! What can be said of memcached servers: in code, or in a URL.

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
    /// Keys are spread by the name that is given here: a server that gets another name gets other keys.
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

    /// The one server. Nothing is connected yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if not one server was said, or if its address is malformed.
    pub fn build(self) -> Result<MemcachedCache> {
        let mut servers = self.build_each()?;
        match (servers.pop(), servers.len()) {
            (Some(server), 0) => Ok(server),
            _ => Err(Error::new(ErrorKind::Config, "several memcached servers make a fleet: call `build_fleet`")),
        }
    }

    /// All servers as one, by [`Fleet`]; `wrap` puts around each what belongs around each alone, such as a time limit.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if no server was said, if one was said twice, or if an address is malformed.
    pub fn build_fleet(self, mut wrap: impl FnMut(AnyAdapter) -> AnyAdapter) -> Result<Fleet> {
        let servers = self.build_each()?;
        Fleet::new(servers.into_iter().map(|server| (server.address().to_owned(), wrap(AnyAdapter::new(server)))))
    }

    /// One by one, for who puts them together.
    pub(crate) fn build_each(self) -> Result<Vec<MemcachedCache>> {
        if self.servers.is_empty() {
            return Err(Error::new(ErrorKind::Config, "no memcached server was said: call `server`"));
        }
        let largest_entry = self.largest_entry.unwrap_or(LARGEST_ENTRY);
        let servers = self.servers.iter().zip(1..).map(|(server, number)| {
            let wrong = |what| Error::new(ErrorKind::Config, format!("server {number} of memcached: {what}"));
            Ok(MemcachedCache::new(address(server).map_err(wrong)?, largest_entry))
        });
        servers.collect()
    }
}

/// `host:port`, or what is wrong with it.
fn address(server: &str) -> Result<String, &'static str> {
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
    Ok(format!("{host}:{port}"))
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
            assert_eq!(address(server).as_deref(), Ok(expected));
        }
        let bad = [("", "host"), (":7", "host"), ("a:", "port"), ("a:65536", "port"), ("a:0", "port")];
        let worse = [("::1", "brackets"), ("a b", "characters"), ("a\r\n", "characters"), ("[]", "host")];
        for (server, part) in bad.into_iter().chain(worse) {
            assert!(address(server).unwrap_err().contains(part), "{server}");
        }
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
