//! A server and a cache on it, and entries to put there.

use std::future::Future;
use std::time::{Duration, Instant};

use larder::adapter::{CacheAdapter, Entry, Fetched, Left, Living, StoreKey, layout};
use larder::{RedisCache, Timeout};
use larder_servers::{Redis, or_skip};

pub(crate) const LIVING: Living = Living { namespace: 11, template: Some(22) };

/// A fresh server and a cache on it.
pub(crate) struct Store {
    pub(crate) server: Redis,
    pub(crate) cache: RedisCache,
}

impl Store {
    /// `None` where no server is installed.
    pub(crate) fn start() -> Option<Self> {
        let server = or_skip(Redis::start())?;
        let cache = RedisCache::open(server.url()).unwrap();
        Some(Self { server, cache })
    }

    /// Sends a command of other words than larder's.
    pub(crate) async fn raw<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        raw(&self.cache, words).await
    }
}

pub(crate) async fn raw<T: redis::FromRedisValue>(cache: &RedisCache, words: &[&str]) -> T {
    let mut command = redis::cmd(words[0]);
    for word in &words[1..] {
        command.arg(*word);
    }
    command.query_async(&mut cache.client()).await.unwrap()
}

pub(crate) fn key(text: &str) -> StoreKey {
    StoreKey::new("shop", text)
}

/// A record of `LIVING` epochs.
pub(crate) fn record(payload: &str) -> Vec<u8> {
    record_of(LIVING.namespace, LIVING.template.unwrap(), payload)
}

pub(crate) fn record_of(namespace: u64, template: u64, payload: &str) -> Vec<u8> {
    let mut record = vec![0x5a; layout::PAYLOAD];
    record[layout::NAMESPACE_EPOCH].copy_from_slice(&namespace.to_le_bytes());
    record[layout::TEMPLATE_EPOCH].copy_from_slice(&template.to_le_bytes());
    record[layout::CODEC] = layout::INTEGER;
    record.extend(payload.bytes());
    record
}

pub(crate) fn entry(payload: &str) -> Entry {
    timed(payload, Timeout::from_secs(60), Timeout::from_secs(60))
}

pub(crate) fn timed(payload: &str, timeout: Timeout, grace: Timeout) -> Entry {
    Entry { record: record(payload), timeout, grace }
}

pub(crate) fn ms(ms: u64) -> Timeout {
    Timeout::from_millis(ms)
}

pub(crate) fn payload(fetched: &Fetched) -> &str {
    std::str::from_utf8(&fetched.record[layout::PAYLOAD..]).unwrap()
}

/// The payload of a live entry.
pub(crate) async fn live(cache: &RedisCache, key: &StoreKey) -> Option<String> {
    let fetched = cache.get(key).await.unwrap()?;
    (fetched.left != Left::Expired).then(|| payload(&fetched).to_owned())
}

pub(crate) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, future).await.ok()
}

/// Tries until it succeeds; says how long that took.
pub(crate) async fn until<F: Future<Output = bool>>(limit: Duration, mut attempt: impl FnMut() -> F) -> Duration {
    let start = Instant::now();
    while !attempt().await {
        assert!(start.elapsed() < limit, "not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    start.elapsed()
}

/// Is a live entry there?
pub(crate) async fn exists(cache: &impl CacheAdapter, key: &StoreKey) -> bool {
    cache.head(key).await.unwrap().is_some_and(|head| head.is_live(&LIVING))
}

/// Removes them. Which were live?
pub(crate) async fn remove(cache: &impl CacheAdapter, keys: &[StoreKey]) -> Vec<bool> {
    let heads = cache.remove(keys).await.unwrap();
    heads.into_iter().map(|head| head.is_some_and(|head| head.is_live(&LIVING))).collect()
}
