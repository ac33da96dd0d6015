//! Redis, or what stands for it: Valkey speaks the same protocol.

use std::env;
use std::io;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::port::free_port;
use crate::server::{Kind, Server};

const SOCKET: &str = "socket";

/// It opens its socket after its port, so that where the first is, the second is its own.
static REDIS: Kind = Kind { program, scheme: "redis", arguments, proof: SOCKET, question: "PING\r\n" };

/// `redis-server`, unless the environment names another.
pub(crate) fn program() -> &'static str {
    static PROGRAM: LazyLock<String> =
        LazyLock::new(|| env::var("LARDER_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned()));
    &PROGRAM
}

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

/// The certificates of a server, as files in PEM.
#[derive(Clone, Copy, Debug)]
pub struct Certificates<'a> {
    /// What it shows.
    pub certificate: &'a Path,
    /// The key to that.
    pub key: &'a Path,
    /// Who signs the certificates of its clients, which it asks for then.
    pub clients: Option<&'a Path>,
}

impl Certificates<'_> {
    /// What makes a server speak TLS on `port`.
    pub(crate) fn settings(&self, port: u16) -> Vec<String> {
        let path = |path: &Path| path.display().to_string();
        let port = port.to_string();
        let asks = if self.clients.is_some() { "yes" } else { "no" };
        // It wants to know some authority even where it asks nobody.
        let clients = path(self.clients.unwrap_or(self.certificate));
        let (certificate, key) = (path(self.certificate), path(self.key));
        let settings = [
            ("tls-port", &*port),
            ("tls-cert-file", &certificate),
            ("tls-key-file", &key),
            ("tls-ca-cert-file", &clients),
            ("tls-auth-clients", asks),
        ];
        settings.into_iter().flat_map(setting).collect()
    }
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

    /// Starts one that speaks TLS too, on a second port, which is told.
    ///
    /// # Errors
    /// As [`Server::restart`].
    pub fn with_tls(certificates: &Certificates<'_>, settings: &[(&str, &str)]) -> io::Result<(Self, u16)> {
        let settings: Vec<_> = settings.iter().copied().flat_map(setting).collect();
        loop {
            let port = free_port()?;
            let settings = [certificates.settings(port), settings.clone()].concat();
            match Server::start(&REDIS, settings) {
                // Another was faster to that port.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                started => return Ok((Self(started?), port)),
            }
        }
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
