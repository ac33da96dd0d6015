//! Bare values in native commands, for programs in other languages.

use redis::{Cmd, Value};

use super::{RedisCache, check, command, reply};
use crate::adapter::{Capability, Entry, Fetched, PlainAdapter, StoreKey};
use crate::error::Result;
use crate::timeout::Timeout;

/// `GET`, `SET … PX`, `SET … NX`, `UNLINK`, `PEXPIRE`, `EXISTS`, `INCRBY`; `SCAN` to clear.
impl PlainAdapter for RedisCache {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn capability(&self) -> Capability {
        crate::adapter::CacheAdapter::capability(self)
    }

    async fn connect(&self) -> Result<()> {
        crate::adapter::CacheAdapter::connect(self).await
    }

    async fn close(&self) -> Result<()> {
        crate::adapter::CacheAdapter::close(self).await
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        let [value, left] = self.ask_each([command::get(key), words("PTTL", key)]).await?;
        fetched(value, left)
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Vec<u8>>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let values = self.ask_each([command::get_many(keys)]).await.map(|[values]| values)?;
        reply::list_of(values, keys.len())?.into_iter().map(reply::bytes).collect()
    }

    async fn set(&self, key: &StoreKey, entry: &Entry) -> Result<()> {
        check(self.largest_entry, key, entry)?;
        let [reply] = self.ask_each([store(key, &entry.record, entry.timeout)]).await?;
        reply::done(reply)
    }

    async fn set_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        entries.iter().try_for_each(|(key, entry)| check(self.largest_entry, key, entry))?;
        let commands = entries.iter().map(|(key, entry)| store(key, &entry.record, entry.timeout)).collect();
        self.ask_all(commands).await?.into_iter().try_for_each(reply::done)
    }

    async fn add(&self, key: &StoreKey, entry: &Entry) -> Result<bool> {
        check(self.largest_entry, key, entry)?;
        let mut command = store(key, &entry.record, entry.timeout);
        command.arg("NX");
        match self.ask_each([command]).await? {
            [Value::Nil] => Ok(false),
            [reply] => reply::done(reply).map(|()| true),
        }
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<bool>> {
        let Some(first) = keys.first() else { return Ok(Vec::new()) };
        let commands: Vec<_> = keys.iter().map(|key| words("UNLINK", key)).collect();
        let removed = reply::list_of(Value::Array(self.change(first.as_str(), &commands).await?), keys.len())?;
        removed.into_iter().map(|reply| Ok(reply::integer(reply)? == 1)).collect()
    }

    async fn touch(&self, key: &StoreKey, timeout: Timeout) -> Result<Option<Fetched>> {
        let retime = match command::millis(timeout) {
            None => words("PERSIST", key),
            Some(ms) => {
                let mut command = words("PEXPIRE", key);
                command.arg(ms);
                command
            }
        };
        let [retimed, value] = self.ask_each([retime, command::get(key)]).await?;
        reply::integer(retimed)?;
        Ok(reply::bytes(value)?.map(|record| Fetched { record, left: command::left(timeout) }))
    }

    async fn exists(&self, key: &StoreKey) -> Result<bool> {
        let [reply] = self.ask_each([words("EXISTS", key)]).await?;
        Ok(reply::integer(reply)? == 1)
    }

    /// With a timeout, for a counter that is not there, in one transaction.
    async fn increment(&self, key: &StoreKey, delta: i64, timeout: Timeout) -> Result<i64> {
        let mut count = words("INCRBY", key);
        count.arg(delta);
        if command::millis(timeout).is_none() {
            let [reply] = self.ask_each([count]).await?;
            return reply::counted(reply);
        }
        let mut begin = store(key, b"0", timeout);
        begin.arg("NX");
        let [.., done] = self.ask_each([redis::cmd("MULTI"), begin, count, redis::cmd("EXEC")]).await?;
        let [_, reply] = reply::several(done)?;
        reply::counted(reply)
    }

    /// In steps of 500 keys: the server serves others in between.
    async fn clear(&self, namespace: &str) -> Result<u64> {
        let pattern = command::pattern(namespace);
        let mut n_removed = 0;
        let mut cursor = "0".to_owned();
        loop {
            let [step] = self.ask_each([command::scan(&cursor, &pattern)]).await?;
            let (next, keys) = reply::scanned(step)?;
            if !keys.is_empty() {
                let mut unlink = redis::cmd("UNLINK");
                unlink.arg(&keys);
                let removed = self.change_one(&keys[0], unlink).await?;
                n_removed += reply::integer(removed)?.unsigned_abs();
            }
            if next == "0" {
                return Ok(n_removed);
            }
            cursor = next;
        }
    }

    async fn flush(&self) -> Result<()> {
        crate::adapter::CacheAdapter::flush(self).await
    }
}

impl RedisCache {
    async fn ask_each<const N: usize>(&self, commands: [Cmd; N]) -> Result<[Value; N]> {
        reply::several(Value::Array(self.ask_all(commands.into()).await?))
    }

    /// The replies, one for each command.
    async fn ask_all(&self, commands: Vec<Cmd>) -> Result<Vec<Value>> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let n_commands = commands.len();
        let link = self.connector.link().await?;
        reply::list_of(Value::Array(link.run_all(&commands).await?), n_commands)
    }
}

fn words(name: &str, key: &StoreKey) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(key.as_str());
    command
}

fn store(key: &StoreKey, value: &[u8], timeout: Timeout) -> Cmd {
    let mut command = words("SET", key);
    command.arg(value);
    if let Some(ms) = command::millis(timeout) {
        command.arg("PX").arg(ms);
    }
    command
}

/// A value and what `PTTL` says of it: -1 is never, -2 that it has gone since.
fn fetched(value: Value, left: Value) -> Result<Option<Fetched>> {
    let (value, left) = (reply::bytes(value)?, reply::integer(left)?);
    let left = match left {
        -2 => return Ok(None),
        -1 => crate::adapter::Left::Never,
        // What is there is live.
        ms => command::left(Timeout::from_millis(ms.unsigned_abs().max(1))),
    };
    Ok(value.map(|record| Fetched { record, left }))
}
