//! Redis, or what is installed under its name.

use std::io;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;

use crate::server::{Kind, Server};

const SOCKET: &str = "socket";

/// It opens its socket after its port, so that where the first is, the second is its own.
static REDIS: Kind = Kind { program: "redis-server", scheme: "redis", arguments, proof: SOCKET, question: "PING\r\n" };

fn arguments(port: u16) -> Vec<String> {
    let port = port.to_string();
    let settings = [
        ("port", &*port),
        ("bind", "127.0.0.1"),
        ("unixsocket", SOCKET),
        ("save", ""),
        ("appendonly", "no"),
        ("daemonize", "no"),
    ];
    settings.into_iter().flat_map(setting).collect()
}

fn setting((name, value): (&str, &str)) -> [String; 2] {
    [format!("--{name}"), value.into()]
}

/// A Redis server; what it does is under [`Server`].
#[derive(Debug)]
pub struct Redis(Server);

impl Redis {
    /// Starts one that persists nothing.
    ///
    /// # Errors
    /// As [`Server::restart`].
    pub fn start() -> io::Result<Self> {
        Self::with(&[])
    }

    /// Starts one with further settings, as in `redis.conf`: `("requirepass", "secret")`.
    ///
    /// # Errors
    /// As [`Server::restart`].
    pub fn with(settings: &[(&str, &str)]) -> io::Result<Self> {
        let settings = settings.iter().copied().flat_map(setting).collect();
        Server::start(&REDIS, settings).map(Self)
    }

    /// The unix socket on which it listens too.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder().join(SOCKET)
    }
}

impl Deref for Redis {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}

impl DerefMut for Redis {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.0
    }
}
