//! Bare values, for programs in other languages. Their client flags are left as they are; ours are 0.

use super::MemcachedCache;
use super::counter::{N_ATTEMPTS, take_back};
use super::standing::{done, stored, unexpected, unnumbered};
use super::time::{Kept, exptime, left};
use super::wire::{Command, Mode, Outcome, Reply};
use crate::adapter::{CacheAdapter, Capability, Entry, Fetched, PlainAdapter, StoreKey, plain_sum};
use crate::error::{Error, ErrorKind, Result};
use crate::timeout::Timeout;

/// In the meta commands of what other clients call `get`, `set`, `add`, `delete` and `touch`. Only `increment` takes a second
/// round trip, as the server's own knows no negative numbers and makes none where there is none.
impl PlainAdapter for MemcachedCache {
    fn name(&self) -> &'static str {
        "memcached"
    }

    fn capability(&self) -> Capability {
        CacheAdapter::capability(self)
    }

    async fn connect(&self) -> Result<()> {
        CacheAdapter::connect(self).await
    }

    async fn close(&self) -> Result<()> {
        CacheAdapter::close(self).await
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        let [reply] = self.call_each([Command::Get { key: key.as_str() }]).await?;
        Ok(found(reply)?.map(fetched))
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Vec<u8>>>> {
        let commands: Vec<_> = keys.iter().map(|key| Command::Get { key: key.as_str() }).collect();
        let replies = self.call(&commands).await?;
        replies.into_iter().map(|reply| Ok(found(reply)?.map(|reply| reply.value))).collect()
    }

    async fn set(&self, key: &StoreKey, entry: &Entry) -> Result<()> {
        self.set_many(&[(key.clone(), entry.clone())]).await
    }

    async fn set_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        entries.iter().try_for_each(|(_, entry)| self.check_size(&entry.record))?;
        let commands: Vec<_> = entries.iter().map(|(key, entry)| store(key, entry, Mode::Always)).collect();
        self.call(&commands).await?.into_iter().try_for_each(done)
    }

    async fn add(&self, key: &StoreKey, entry: &Entry) -> Result<bool> {
        self.check_size(&entry.record)?;
        let [reply] = self.call_each([store(key, entry, Mode::Absent)]).await?;
        stored(reply)
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<bool>> {
        let commands: Vec<_> = keys.iter().map(|key| Command::Delete { key: key.as_str() }).collect();
        self.call(&commands).await?.into_iter().map(stored).collect()
    }

    async fn touch(&self, key: &StoreKey, timeout: Timeout) -> Result<Option<Fetched>> {
        let kept = Kept::new(timeout, Timeout::ZERO);
        let key = key.as_str();
        let touch = Command::Touch { key, exptime: kept.exptime };
        let [touched, reply] = self.call_each([touch, Command::Get { key }]).await?;
        done(touched)?;
        Ok(found(reply)?.map(|reply| Fetched { left: kept.left, ..fetched(reply) }))
    }

    async fn exists(&self, key: &StoreKey) -> Result<bool> {
        let [reply] = self.call_each([Command::Look { key: key.as_str() }]).await?;
        stored(reply)
    }

    /// Reads, and stores on condition that nothing has happened in between; else reads again.
    async fn increment(&self, key: &StoreKey, delta: i64, timeout: Timeout) -> Result<i64> {
        let get = Command::Get { key: key.as_str() };
        let connection = self.connection();
        let [mut standing] = connection.call_each([get]).await?;
        for _ in 0..N_ATTEMPTS {
            let Some(Reply { value, cas, flags, left, .. }) = found(standing)? else {
                let record = delta.to_string().into_bytes();
                let fresh = Entry { record, timeout, grace: Timeout::ZERO };
                let [before, reply] = connection.call_each([get, store(key, &fresh, Mode::Absent)]).await?;
                if stored(reply)? {
                    return Ok(delta);
                }
                standing = before;
                continue;
            };
            if cas == 0 {
                return Err(unnumbered());
            }
            let sum = plain_sum(&value, delta)?;
            let (value, exptime, mode) = (sum.to_string().into_bytes(), exptime(left), Mode::Numbered(cas));
            let counted = Command::Store { key: key.as_str(), value: &value, exptime, flags, mode };
            let [before, reply, after] = connection.call_each([get, counted, get]).await?;
            let cas = reply.cas;
            if stored(reply)? {
                return take_back(&connection, key, exptime, cas, &before, &after).await.map(|()| sum);
            }
            standing = before;
        }
        Err(Error::unavailable("cannot increment on memcached", format!("{N_ATTEMPTS} others came before")))
    }

    async fn clear(&self, _: &str) -> Result<u64> {
        Err(Error::new(ErrorKind::Unsupported, "memcached cannot list what it holds"))
    }

    async fn flush(&self) -> Result<()> {
        CacheAdapter::flush(self).await
    }
}

/// The reply, if something stands there: a value of no bytes too.
fn found(reply: Reply) -> Result<Option<Reply>> {
    match reply.outcome {
        Outcome::Value => Ok(Some(reply)),
        Outcome::Nothing => Ok(None),
        outcome => Err(unexpected(outcome)),
    }
}

fn fetched(reply: Reply) -> Fetched {
    // What is there is live, and a second that has begun is one.
    let kept = if reply.left == 0 { 1 } else { reply.left };
    Fetched { record: reply.value, left: left(kept, 0) }
}

fn store<'a>(key: &'a StoreKey, entry: &'a Entry, mode: Mode) -> Command<'a> {
    let Kept { exptime, flags, .. } = Kept::new(entry.timeout, Timeout::ZERO);
    Command::Store { key: key.as_str(), value: &entry.record, exptime, flags, mode }
}
