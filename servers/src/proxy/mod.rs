//! A network that misbehaves on command: a TCP proxy in front of a port of this machine.
//!
//! Killing or freezing a server shows what a client does without a server; this shows what it does without a network, or
//! with a bad one, while the server goes on and can be asked what it got.

mod gate;
mod link;
mod replies;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::port::free_port;
use gate::Gate;
use link::Link;

/// How long the server's system may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// What becomes of the connections through a [`Proxy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Behaviour {
    /// All goes through.
    Pass,
    /// Connections are closed, new ones refused.
    Cut,
    /// Connections are accepted, and what comes is swallowed, in both directions. A connection of which something was
    /// swallowed stays silent for good, as the rest of what it said would make no sense.
    BlackHole,
    /// What the server says arrives that much later.
    Delay(Duration),
    /// What the server says arrives at one byte per second.
    Drip,
    /// Connections are accepted, what comes is passed on and done, and nothing is answered: not even later, where a reply was
    /// swallowed.
    Mute,
    /// Every so many replies of Redis or Memcached, one changes places with that which follows it on its connection. Both were
    /// given in good faith, and each comes where the other was asked for.
    Swap(u64),
    /// Every so many replies of Redis or Memcached, one is lost: those that follow it on its connection come one question too
    /// early, for good.
    Shift(u64),
}

/// A proxy in front of a server, on a port that stays the same. It ends when it is dropped, and its connections with it.
#[derive(Debug)]
pub struct Proxy {
    server: SocketAddr,
    address: SocketAddr,
    gate: Arc<Gate>,
    links: Arc<Mutex<Vec<Link>>>,
    /// Who accepts connections; nobody while cut. Held during a switch, so that switches come one after the other.
    acceptor: Mutex<Option<JoinHandle<()>>>,
}

impl Proxy {
    /// Stands before the server on `port`, and passes all.
    ///
    /// # Errors
    /// When no port is free.
    pub fn before(port: u16) -> io::Result<Self> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let proxy = Self {
            server: local(port),
            address: local(free_port()?),
            gate: Arc::new(Gate::new(Behaviour::Cut)),
            links: Arc::default(),
            acceptor: Mutex::new(None),
        };
        proxy.switch(Behaviour::Pass)?;
        Ok(proxy)
    }

    /// Where it listens, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many replies have come where another was asked for, so far.
    #[must_use]
    pub fn n_misplaced(&self) -> u64 {
        self.gate.n_misplaced.load(Ordering::Relaxed)
    }

    /// Behaves so from now on, towards new connections and to those there are. A reply that is on its way is dealt with
    /// anew.
    ///
    /// # Errors
    /// When, after a cut, the port cannot be listened on.
    pub fn switch(&self, behaviour: Behaviour) -> io::Result<()> {
        let mut acceptor = locked(&self.acceptor);
        self.gate.switch(behaviour);
        if behaviour != Behaviour::Cut {
            if acceptor.is_none() {
                *acceptor = Some(self.open()?);
            }
            return Ok(());
        }
        if let Some(thread) = acceptor.take() {
            // It looks at the gate with each connection, so it is sent one.
            while TcpStream::connect_timeout(&self.address, PATIENCE).is_err() && !thread.is_finished() {}
            let _ = thread.join();
        }
        locked(&self.links).clear();
        Ok(())
    }

    fn open(&self) -> io::Result<JoinHandle<()>> {
        let listener = TcpListener::bind(self.address)?;
        let Self { server, gate, links, .. } = self;
        let (server, gate, links) = (*server, Arc::clone(gate), Arc::clone(links));
        Ok(thread::spawn(move || accept(&listener, server, &gate, &links)))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.switch(Behaviour::Cut);
    }
}

/// Links each client with a connection of its own to the `server`, until the gate is shut.
fn accept(listener: &TcpListener, server: SocketAddr, gate: &Arc<Gate>, links: &Mutex<Vec<Link>>) {
    for client in listener.incoming() {
        let behaviour = gate.behaviour();
        if behaviour == Behaviour::Cut {
            return;
        }
        let server = match behaviour {
            Behaviour::BlackHole => Ok(None),
            _ => TcpStream::connect_timeout(&server, PATIENCE).map(Some),
        };
        let mut links = locked(links);
        links.retain(|link| !link.is_over());
        // A client whose server cannot be reached finds its connection closed.
        let link = client.and_then(|client| Link::between(client, server?, gate));
        links.extend(link);
    }
}

/// The lock of what a thread that panicked cannot have left half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
