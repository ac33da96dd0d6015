//! The way to the server for commands that larder has no word for.

use std::fmt;

use super::MemcachedCache;
use super::raw::Raw;
use super::wire::Command;
use crate::error::Result;
use crate::io::trip;

/// The connection of a [`MemcachedCache`], for commands of one's own.
///
/// Larder speaks memcached's [meta protocol](https://docs.memcached.org/protocols/meta/) itself, so there is no client library to
/// hand out or to hand in. This sends a line and gives back what the server says to it. It is whatever connection the cache has
/// at the moment, shared with it: commands arrive in the order in which they were given. So each must be exactly one command that
/// is answered, and what is none is refused before it is sent: `mg`, `md`, `ma`, `mn` and `me`, `version`, `stats`, and by
/// [`store`](Self::store) `ms`, none with the flag `q`. It works on any executor. A server that is silent for four seconds is given
/// up; there is no other limit on how long an answer may take.
///
/// Entries of a cache stand under the text of their [`StoreKey`](crate::adapter::StoreKey), in an envelope unless the cache is
/// [plain](crate::Cache::plain).
///
/// # Examples
/// ```no_run
/// # async fn example() -> larder::Result<()> {
/// let cache = larder::MemcachedCache::builder().server("127.0.0.1").build()?;
/// let client = cache.client();
/// client.store("ms greeting T60", b"hello").await?;
/// let reply = client.send("mg greeting v t").await?;
/// assert_eq!(reply.value(), Some(&b"hello"[..]));
///
/// let stats = client.send("stats").await?;
/// let n_entries = stats.lines().find_map(|line| line.strip_prefix("STAT curr_items "));
///
/// larder::adapter_set(cache)?; // the same connection, for all that is cached
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemcachedClient(pub(super) MemcachedCache);

impl MemcachedClient {
    /// Sends a command without a value: `mg greeting v t`. What the server answers is what this gives back, its errors
    /// (`CLIENT_ERROR …`) included.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) says why `line` is no command that can be sent; nothing was.
    /// [`Unavailable`](crate::ErrorKind::Unavailable): there was no answer.
    pub async fn send(&self, line: &str) -> Result<MemcachedReply> {
        self.ask(Raw::line(line)?).await
    }

    /// Stores `value` by an `ms` in `line`, which leaves the length out: `ms greeting T60`.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub async fn store(&self, line: &str, value: &[u8]) -> Result<MemcachedReply> {
        self.ask(Raw::store(line, value)?).await
    }

    async fn ask(&self, raw: Raw) -> Result<MemcachedReply> {
        let Self(cache) = self.clone();
        let asked = trip(async move { cache.call_each([Command::Raw(&raw)]).await });
        let [reply] = asked.await?;
        Ok(MemcachedReply(reply.value))
    }
}

impl fmt::Debug for MemcachedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemcachedClient({})", self.0.address())
    }
}

/// What the server has answered to one command.
#[derive(Clone, PartialEq, Eq)]
pub struct MemcachedReply(Vec<u8>);

impl MemcachedReply {
    /// Its first line: `VA 5 t60`, `HD`, `EN`, `CLIENT_ERROR …`.
    pub fn line(&self) -> &str {
        self.lines().next().unwrap_or_default()
    }

    /// All of its lines, of which only a list has more than one: `STAT pid 1`. The value is none of them.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let text = &self.0[..self.0.len() - self.value().map_or(0, |value| value.len() + END.len())];
        std::str::from_utf8(text).unwrap_or_default().split_terminator("\r\n")
    }

    /// The value, of a reply that has one.
    pub fn value(&self) -> Option<&[u8]> {
        let rest = self.0.strip_prefix(b"VA ")?;
        let head = rest.iter().position(|byte| *byte == b'\n')? + 1;
        rest[head..].strip_suffix(END)
    }

    /// As it came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

const END: &[u8] = b"\r\n";

/// Values are not shown.
impl fmt::Debug for MemcachedReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_bytes = self.value().map(<[u8]>::len);
        f.debug_struct("MemcachedReply").field("line", &self.line()).field("n_bytes", &n_bytes).finish()
    }
}
