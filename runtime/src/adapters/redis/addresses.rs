//! Where servers are reached that announce themselves elsewhere, as behind NAT and in containers; pure.

use std::collections::HashMap;

use super::url::Place;
use crate::error::{Error, ErrorKind, Result};

/// Host and port.
pub(super) type Address = (String, u16);

/// For addresses that servers announce, those under which they are reached.
#[derive(Clone, Default)]
pub(super) struct AddressMap {
    /// By host and port.
    servers: HashMap<Address, Address>,
    /// By host alone: the port stays.
    hosts: HashMap<String, String>,
}

impl AddressMap {
    /// Of pairs: what is announced, and where that is; `host:port`, or `host` where the port is the same.
    pub(super) fn new(pairs: &[(String, String)]) -> Result<Self> {
        let mut map = Self::default();
        for (announced, reached) in pairs {
            match (parts(announced)?, parts(reached)?) {
                ((host, Some(port)), (to, to_port)) => {
                    map.servers.insert((host.to_ascii_lowercase(), port), (to, to_port.unwrap_or(port)));
                }
                ((host, None), (to, None)) => {
                    map.hosts.insert(host.to_ascii_lowercase(), to);
                }
                ((_, None), _) => return refused("a host without a port is mapped to a host without a port"),
            }
        }
        Ok(map)
    }

    /// Where a server is that announces itself here.
    pub(super) fn reached(&self, announced: Address) -> Address {
        if self.servers.is_empty() && self.hosts.is_empty() {
            return announced;
        }
        let host = announced.0.to_ascii_lowercase();
        if let Some(reached) = self.servers.get(&(host.clone(), announced.1)) {
            return reached.clone();
        }
        self.hosts.get(&host).map(|to| (to.clone(), announced.1)).unwrap_or(announced)
    }
}

/// `announced=reached`, as it stands in a URL or a file.
pub(in crate::adapters) fn pair(text: &str) -> Result<(String, String)> {
    let Some((announced, reached)) = text.split_once('=') else {
        return refused("it is written `announced=reached`, as in `172.17.0.2:6379=127.0.0.1:7001`");
    };
    let pair = (announced.to_owned(), reached.to_owned());
    AddressMap::new(std::slice::from_ref(&pair)).map(|_| pair)
}

fn parts(address: &str) -> Result<(String, Option<u16>)> {
    let has_port = address.rsplit_once(':').is_some_and(|(host, _)| !host.contains(':') || host.ends_with(']'));
    let place = Place::of(address).or_else(|_| refused("it has an address that is none"))?;
    let (host, port) = place.into_tcp();
    Ok((host, has_port.then_some(port)))
}

fn refused<T>(what: &str) -> Result<T> {
    Err(Error::new(ErrorKind::Config, format!("`address_map` of a redis cache: {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[&str]) -> Result<AddressMap> {
        AddressMap::new(&pairs.iter().map(|text| pair(text)).collect::<Result<Vec<_>>>()?)
    }

    #[test]
    fn servers_are_found_by_host_and_port_and_then_by_host() {
        let map = map(&["10.0.0.1:6379=127.0.0.1:7001", "Node.internal=gate", "10.0.0.1=other", "[::1]:7=h"]).unwrap();
        let table = [
            (("10.0.0.1", 6379), ("127.0.0.1", 7001)),
            (("10.0.0.1", 6380), ("other", 6380)),
            (("node.INTERNAL", 5), ("gate", 5)),
            (("::1", 7), ("h", 7)),
            (("::1", 8), ("::1", 8)),
            (("10.0.0.2", 6379), ("10.0.0.2", 6379)),
        ];
        for ((host, port), (to, to_port)) in table {
            assert_eq!(map.reached((host.into(), port)), (to.into(), to_port), "{host}:{port}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, said) in [
            ("10.0.0.1", "announced=reached"),
            ("10.0.0.1=h:7", "without a port"),
            ("10.0.0.1:x=h", "none"),
            ("=h", "none"),
            ("h=", "none"),
        ] {
            let error = map(&[text]).err().unwrap();
            assert!(error.kind() == ErrorKind::Config && error.to_string().contains(said), "{text}: {error}");
        }
    }
}
