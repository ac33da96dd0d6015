//! Ports on 127.0.0.1 that nobody listens on.
//!
//! They are picked below those that the system lends to clients, which binding port 0 would not do. A client that keeps
//! trying to reach a dead server would sooner or later be lent the server's own port, connect to itself, and keep the
//! server from coming back.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::process;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Clear of well-known ports, and of what Linux (from 32768) and others (from 49152) lend to clients.
const PORTS: Range<u16> = 20_000..32_000;

/// A port that is free now, and that this process has not been given before.
///
/// # Errors
/// When every port is taken.
pub fn free_port() -> io::Result<u16> {
    // Processes begin at random places, as two that began at the same would race for each port.
    static STEPS: LazyLock<AtomicU64> =
        LazyLock::new(|| AtomicU64::new(RandomState::new().hash_one(process::id()) / 2));

    let step = || STEPS.fetch_add(1, Ordering::Relaxed) % PORTS.len() as u64;
    PORTS
        .map(|_| PORTS.start + u16::try_from(step()).expect("it is below the number of ports"))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, "no free port on 127.0.0.1"))
}

/// A server that is not there: connections to its port are refused.
#[derive(Debug)]
pub struct Unreachable {
    port: u16,
}

impl Unreachable {
    /// Picks a port; no server of this process will be started on it.
    ///
    /// # Errors
    /// When every port is taken.
    pub fn new() -> io::Result<Self> {
        Ok(Self { port: free_port()? })
    }

    /// Where nobody listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same as a URL, such as `redis://127.0.0.1:20000` for the scheme `redis`.
    #[must_use]
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }
}
