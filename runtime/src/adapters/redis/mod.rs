//! Entries in a Redis or Valkey server.

mod access;
mod addresses;
mod bounded;
mod clears;
mod client;
mod clock;
mod cluster;
mod command;
mod config;
mod connection;
mod health;
mod link;
mod plain;
mod reply;
mod scripts;
mod sentinel;
mod settings;
mod socket;
mod sweep;
#[cfg(feature = "redis-tls")]
mod tls;
#[cfg(not(feature = "redis-tls"))]
#[path = "tls/absent.rs"]
mod tls;
mod url;

use std::fmt;
use std::sync::Arc;

use redis::aio::ConnectionLike;
use redis::{Cmd, Value};
use tokio::time::Instant;

pub(in crate::adapters) use addresses::pair as address_pair;
pub use client::RedisClient;
pub use cluster::{RedisCluster, RedisClusterBuilder};
pub use config::RedisCacheBuilder;
#[cfg(feature = "redis-tls")]
pub use tls::RedisTls;
pub(in crate::adapters) use url::{KNOWN as URL_SETTINGS, Settings as UrlSettings, check_address, is_cluster};

use crate::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Living, Permitted, Release,
    StoreKey, Token, random_holder,
};
use crate::error::{Error, ErrorKind, Result};
use crate::timeout::Timeout;
use clears::{Confirmation, Mark, Written};
use connection::{Connector, Source};
use socket::Target;
use sweep::Walk;

/// Keeps results in one Redis or Valkey server, from Redis 6.0 on, for all processes that use it.
///
/// One connection carries all calls, and is made when the first call needs it and made anew when it is lost: a program
/// starts while its server is down. A hit is one plain `GET`; verbs that read before they write are scripts, which are
/// loaded on connecting and again whenever the server has forgotten them. A handle: clones share their connection.
///
/// What stands under a key and is no entry (a list of another program, say) is absent for every verb, and what is stored
/// takes its place.
///
#[doc = include_str!("../../../docs/redis.md")]
///
/// # Examples
/// ```no_run
/// use larder::RedisCache;
/// use larder::adapter::CacheAdapter;
///
/// # async fn example() -> larder::Result<()> {
/// let cache = RedisCache::open("redis://cache.internal/2")?;
/// cache.connect().await?; // only to know at start-up whether it is there
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisCache {
    connector: Arc<Connector>,
    database: i64,
    largest_entry: usize,
    /// How many replicas must confirm what is changed, and the connection for that.
    confirmed: Option<(Confirmation, Arc<Connector>)>,
}

impl RedisCache {
    /// The server at a [URL](RedisCacheBuilder::url).
    ///
    /// # Errors
    /// [`ErrorKind::Config`], naming the part of the URL that is wrong.
    pub fn open(url: impl Into<String>) -> Result<Self> {
        Self::builder().url(url).build()
    }

    /// To say more.
    pub fn builder() -> RedisCacheBuilder {
        RedisCacheBuilder::default()
    }

    /// The server that `client` leads to, by a connection of our own. For what no URL can say. Over a transport
    /// of the client's own, such as its TLS, the client makes the socket.
    pub fn from_client(client: &redis::Client) -> Self {
        let server = client.get_connection_info().clone();
        let target = Target { server, tls: None, largest_entry: config::LARGEST_ENTRY };
        Self::new(Source::Server(target), config::LARGEST_ENTRY)
    }

    /// The server that `connection` leads to: a `MultiplexedConnection`, a `ConnectionManager`. It is used as it is and
    /// never replaced; whether it comes back when it is lost is its own affair. It must not have a client-side cache, which
    /// keeps what was overwritten.
    pub fn from_connection(connection: impl ConnectionLike + Clone + Send + Sync + 'static) -> Self {
        Self::new(Source::Given(Box::new(connection)), config::LARGEST_ENTRY)
    }

    fn new(source: Source, largest_entry: usize) -> Self {
        let (name, database) = match &source {
            Source::Server(Target { server, .. }) | Source::Node(Target { server, .. }) => {
                (server.addr().to_string(), server.redis_settings().db())
            }
            Source::Sentinels(sentinels) => (sentinels.name(), sentinels.access.database.into()),
            Source::Given(wire) => ("a connection of the program's own".into(), wire.get_db()),
        };
        Self { connector: Connector::new(source, name), database, largest_entry, confirmed: None }
    }

    /// What is changed is confirmed by so many replicas, by a second connection to the same server.
    fn confirmed(self, confirmation: Confirmation, source: Source) -> Self {
        let second = || (confirmation, Connector::new(source, self.connector.name().to_owned()));
        Self { confirmed: confirmation.is_asked().then(second), ..self }
    }

    /// Changes what is under `name`, an entry's or an epoch's, and has that confirmed where it is asked for.
    async fn change(&self, name: &str, commands: &[Cmd]) -> Result<Vec<Value>> {
        let began = Instant::now();
        let link = self.connector.link().await?;
        let replies = match commands {
            [one] => vec![link.run(one).await?],
            many => link.run_all(many).await?,
        };
        if let Some((confirmation, waiting)) = &self.confirmed
            && !replies.iter().any(|reply| matches!(reply, Value::ServerError(_)))
        {
            let mark = Mark(vec![command::mark_key(command::namespace_in(name), "")]);
            confirmation.of(vec![Written { link, waiting: waiting.clone(), mark }], began).await?;
        }
        Ok(replies)
    }

    async fn change_one(&self, name: &str, command: Cmd) -> Result<Value> {
        self.change(name, &[command]).await.map(|mut replies| replies.pop().unwrap_or_default())
    }

    /// The connection, for commands of one's own.
    pub fn client(&self) -> RedisClient {
        RedisClient { connector: self.connector.clone(), database: self.database }
    }
}

/// What is too large is not sent.
fn check(largest: usize, key: &StoreKey, entry: &Entry) -> Result<()> {
    let n_bytes = entry.record.len();
    if n_bytes <= largest {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, format!("the entry `{key}` has {n_bytes} bytes, more than {largest}")))
}

impl CacheAdapter for RedisCache {
    fn name(&self) -> &'static str {
        "redis"
    }

    /// `persistent` depends on how the server is run; that it is not is the safe guess.
    fn capability(&self) -> Capability {
        let confirms_within =
            self.confirmed.as_ref().map(|(confirmation, _)| confirmation.within()).unwrap_or_default();
        Capability { largest_entry: self.largest_entry, confirms_within, ..Capability::new() }
    }

    fn shard(&self, _: &StoreKey) -> u16 {
        0
    }

    async fn connect(&self) -> Result<()> {
        let link = self.connector.link().await?;
        match link.learn().await {
            Err(_) if !link.is_up() => self.connector.link().await.map(drop),
            answered => answered,
        }
    }

    async fn close(&self) -> Result<()> {
        self.connector.close();
        if let Some((_, waiting)) = &self.confirmed {
            waiting.close();
        }
        Ok(())
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        let link = self.connector.link().await?;
        let record = reply::bytes(link.ask(&command::get(key)).await?)?;
        Ok(record.and_then(|record| reply::entry(record, link.clock.now_ms())))
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let link = self.connector.link().await?;
        let records = reply::list_of(link.ask(&command::get_many(keys)).await?, keys.len())?;
        let now_ms = link.clock.now_ms();
        let entry = |record| Ok(reply::bytes(record)?.and_then(|record| reply::entry(record, now_ms)));
        records.into_iter().map(entry).collect()
    }

    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        let holder = random_holder();
        let link = self.connector.link().await?;
        let permitted = link.run(&command::permit(key, claim, living, holder, groups)).await?;
        reply::permitted(permitted, holder, groups.len())
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        check(self.largest_entry, key, entry)?;
        let script = command::put(key, entry, condition)?;
        if matches!(condition, Condition::Always) {
            return Ok(reply::integer(self.change_one(key.as_str(), script).await?)? == 1);
        }
        let link = self.connector.link().await?;
        Ok(reply::integer(link.run(&script).await?)? == 1)
    }

    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        let link = self.connector.link().await?;
        Ok(reply::integer(link.run(&command::release(key, token, release)).await?)? == 1)
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        let Some((first, _)) = entries.first() else { return Ok(()) };
        entries.iter().try_for_each(|(key, entry)| check(self.largest_entry, key, entry))?;
        let scripts = entries.iter().map(|(key, entry)| command::put(key, entry, Condition::Always));
        let scripts = scripts.collect::<Result<Vec<_>>>()?;
        let stored = self.change(first.as_str(), &scripts).await?;
        stored.into_iter().try_for_each(|reply| reply::integer(reply).map(drop))
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        let Some(first) = keys.first() else { return Ok(Vec::new()) };
        reply::removed(self.change_one(first.as_str(), command::remove(keys)).await?, keys.len())
    }

    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        let link = self.connector.link().await?;
        let record = reply::bytes(link.run(&command::touch(key, timeout, grace, living)).await?)?;
        // By the server's clock its whole timeout is left: the script has read both in one step.
        let left = command::left(timeout);
        Ok(record.map(|record| Fetched { record, left }))
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        let link = self.connector.link().await?;
        let head = link.ask(&command::head(key)).await?;
        reply::head(head, link.clock.now_ms())
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        check(self.largest_entry, key, fresh)?;
        let script = command::increment(key, delta, fresh, living)?;
        let link = self.connector.link().await?;
        reply::incremented(link.run(&script).await?)
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let link = self.connector.link().await?;
        reply::epochs(link.run(&command::epochs(names.iter().map(EpochName::as_str))).await?, names.len())
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        let epoch = crate::adapter::random_epoch();
        let renewed = self.change_one(name.as_str(), command::renew(name.as_str(), epoch)).await?;
        if reply::is_full(&renewed) {
            return reply::integer(self.change_one(name.as_str(), command::forget(name.as_str())).await?).map(|_| 0);
        }
        reply::done(renewed).map(|()| epoch)
    }

    /// Many round trips, with a script on 500 keys in each: the server serves others in between.
    async fn sweep(&self, namespace: &str, replaced: &[u64]) -> Result<u64> {
        let link = self.connector.link().await?;
        let (pattern, mut walk) = (command::pattern(namespace), Walk::new(namespace, replaced));
        let mut n_removed = 0;
        let mut cursor = "0".to_owned();
        loop {
            let (next, keys) = reply::scanned(link.ask(&command::scan(&cursor, &pattern)).await?)?;
            if !keys.is_empty() {
                let (removed, kinds) = sweep::swept(link.run(&command::sweep(&keys, walk.dead())).await?, 0)?;
                n_removed += removed;
                let names = walk.in_question(&kinds);
                let commands: Vec<_> = names.iter().map(|name| command::epoch(name.as_str())).collect();
                let epochs = if commands.is_empty() { Vec::new() } else { link.run_all(&commands).await? };
                let epochs = epochs.into_iter().map(sweep::epoch).collect::<Result<Vec<_>>>()?;
                if walk.judge(names, epochs, &kinds) {
                    let (removed, _) = sweep::swept(link.run(&command::sweep(&keys, walk.dead())).await?, 0)?;
                    n_removed += removed;
                }
                walk.forget();
            }
            if next == "0" {
                return Ok(n_removed);
            }
            cursor = next;
        }
    }

    /// The selected database.
    async fn flush(&self) -> Result<()> {
        let link = self.connector.link().await?;
        reply::done(link.ask(&command::flush()).await?)
    }
}

/// Where it is, and not how to get in.
impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisCache({}/{})", self.connector.name(), self.database)
    }
}
