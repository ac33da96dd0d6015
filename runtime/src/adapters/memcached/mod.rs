//! One memcached server. What it has to do stands in `verbs`, what is said on the wire in `wire`, who says it in
//! `connection`; several servers are a [`Fleet`](crate::adapter::Fleet).

mod client;
mod config;
mod connection;
mod counter;
mod epoch;
mod list;
mod lists;
mod plain;
mod queue;
mod raw;
mod standing;
mod time;
mod verbs;
mod wire;

pub use client::{MemcachedClient, MemcachedReply};
pub use config::MemcachedCacheBuilder;

use std::fmt;
use std::sync::Arc;

use connection::Connection;
use lists::List;
use wire::{Command, Reply};

use crate::error::{Error, ErrorKind, Result};
use crate::sync::Mutex;

/// Keeps entries on one memcached server, version 1.6 or later.
///
/// Connecting is lazy: a program starts while its server is down. All callers share one connection, on which commands are
/// pipelined, so that commands of one process arrive in the order in which they were given.
///
/// What memcached does in its own way:
/// * Time passes in whole seconds: timeouts are rounded up to them. The first of them ends with the next tick of the
///   server's clock, so an entry of 1 s may live for less. What would expire after January 2038, where the server's
///   calendar ends, never does.
/// * Permits are the server's own number of the entry or of a stub. They are void once the connection was made anew, as a
///   server that was restarted counts from the beginning. One that was taken while an expired entry stood there ends with
///   that entry's grace, and is shared by claims of all epochs.
/// * A permit that is released stays for its lifetime: its stub cannot tell how many share it.
/// * A value cannot be read in part, so `exists` and `remove` read it all. `remove` reads before it deletes, in one write: where
///   another stores in between, that is removed too, and what is told is what was read.
/// * Second round trips: a claim whose epochs turn out to be others than were known, and a result that takes the entry away which it
///   was to replace. And `update_timeout`, `increment` and, where an entry stands that has expired or was cleared, `add`
///   look first. What they do then holds only if nothing has happened in between; else they look again. If the connection is
///   lost in between they fail, since numbers of before are no good after it.
/// * `update_timeout` with another grace than the entry was stored with sends the value again, which voids permits.
/// * Nothing can be walked: what was cleared is left to eviction.
/// * Several servers are a list, which each of them remembers for each namespace. A process that begins with another list than was
///   last in use there has all that is stored in the namespace dead, on all of its servers: what was cleared elsewhere meanwhile
///   does not come back. Where two lists share no server this cannot be seen. While processes with different lists run beside each
///   other, those that run already do the same: the first time at once, and then more and more seldom, ten seconds apart in the end.
///   So long at most may pass before a process hears of what one with another list has cleared. Plain caches have none of this.
///
/// A handle: clones share their connection.
///
/// # Examples
/// ```
/// use larder::MemcachedCache;
///
/// let cache = MemcachedCache::builder().server("127.0.0.1").build()?;
/// assert_eq!(cache.address(), "127.0.0.1:11211");
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone)]
pub struct MemcachedCache(Arc<Inner>);

struct Inner {
    address: String,
    largest_entry: usize,
    /// The list that it belongs to, and its place there.
    list: Option<(Arc<List>, usize)>,
    current: Mutex<Option<Arc<Connection>>>,
}

impl MemcachedCache {
    /// To say which server.
    pub fn builder() -> MemcachedCacheBuilder {
        MemcachedCacheBuilder::default()
    }

    /// One for itself.
    fn new(address: String, largest_entry: usize) -> Self {
        Self::of(address, largest_entry, None)
    }

    /// The servers of a list: of each its address, and its name there.
    fn list(servers: Vec<(String, String)>, largest_entry: usize) -> Vec<(String, Self)> {
        let list = List::new(servers.iter().map(|(_, name)| name.as_str()));
        let (addresses, names): (Vec<_>, Vec<_>) = servers.into_iter().unzip();
        let of = |(address, place)| Self::of(address, largest_entry, Some((Arc::clone(&list), place)));
        let servers: Vec<_> = addresses.into_iter().zip(0..).map(of).collect();
        list.join(&servers);
        names.into_iter().zip(servers).collect()
    }

    fn of(address: String, largest_entry: usize, list: Option<(Arc<List>, usize)>) -> Self {
        Self(Arc::new(Inner { address, largest_entry, list, current: Mutex::new(None) }))
    }

    /// The connection, for commands of one's own.
    pub fn client(&self) -> MemcachedClient {
        MemcachedClient(self.clone())
    }

    /// Where its server is: `host:port`.
    pub fn address(&self) -> &str {
        &self.0.address
    }

    /// The connection, made anew if there is none or it has failed.
    fn connection(&self) -> Arc<Connection> {
        let mut current = self.0.current.lock();
        match &*current {
            Some(connection) if connection.is_open() => connection.clone(),
            _ => current.insert(Arc::new(Connection::open(&self.0.address))).clone(),
        }
    }

    async fn call(&self, commands: &[Command<'_>]) -> Result<Vec<Reply>> {
        self.connection().call(commands).await
    }

    async fn call_each<const N: usize>(&self, commands: [Command<'_>; N]) -> Result<[Reply; N]> {
        self.connection().call_each(commands).await
    }

    /// Refuses what the server would not take.
    fn check_size(&self, record: &[u8]) -> Result<()> {
        let (n_bytes, largest) = (record.len(), self.0.largest_entry);
        if n_bytes <= largest {
            return Ok(());
        }
        let message = format!("an entry of {n_bytes} bytes is not sent to memcached, which takes {largest}");
        Err(Error::new(ErrorKind::TooLarge, message))
    }
}

impl fmt::Debug for MemcachedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemcachedCache({})", self.0.address)
    }
}
