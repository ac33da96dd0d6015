//! Memcached.

use std::io;
use std::ops::{Deref, DerefMut};

use crate::server::{Kind, Server};

/// Once it listens it writes its ports down, where [`crate::process`] asks for it.
static MEMCACHED: Kind =
    Kind { program: || "memcached", scheme: "memcache", arguments, proof: "ports", question: "version\r\n" };

fn arguments(port: u16) -> Vec<String> {
    // Root must say which user it wants to be; for all others `-u` does nothing.
    let arguments = ["-l", "127.0.0.1", "-p", &port.to_string(), "-U", "0", "-u", "root"];
    arguments.map(String::from).into()
}

/// A Memcached server; what it does is under [`Server`].
#[derive(Debug)]
pub struct Memcached(Server);

impl Memcached {
    /// Starts one as it is by default.
    ///
    /// # Errors
    /// As [`Server::restart`].
    pub fn start() -> io::Result<Self> {
        Self::with(&[])
    }

    /// Starts one with further arguments: `"-m", "64"`.
    ///
    /// # Errors
    /// As [`Server::restart`].
    pub fn with(arguments: &[&str]) -> io::Result<Self> {
        Server::start(&MEMCACHED, arguments.iter().copied().map(String::from).collect()).map(Self)
    }
}

impl Deref for Memcached {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}

impl DerefMut for Memcached {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.0
    }
}
