//! A server for each test, and records as larder writes them.

use std::time::{Duration, Instant};

use larder::adapter::CacheAdapter;
use larder::adapter::{Claim, Condition, Entry, Fetched, Living, StoreKey, Token, layout};
use larder::{MemcachedCache, Timeout};
use larder_servers::{Memcached, or_skip};

pub(crate) const LIVING: Living = Living { namespace: 7, template: None };

/// A server and a cache on it, unless none is installed.
pub(crate) fn server() -> Option<(Memcached, MemcachedCache)> {
    let server = or_skip(Memcached::start())?;
    let cache = cache(&server);
    Some((server, cache))
}

pub(crate) fn cache(server: &Memcached) -> MemcachedCache {
    MemcachedCache::builder().url(&server.url()).unwrap().build().unwrap()
}

pub(crate) fn key(text: &str) -> StoreKey {
    StoreKey::new("shop", text)
}

pub(crate) fn record(epoch: u64, payload: &[u8]) -> Vec<u8> {
    let mut record = vec![0; layout::PAYLOAD];
    record[layout::NAMESPACE_EPOCH].copy_from_slice(&epoch.to_le_bytes());
    record[layout::CODEC] = layout::INTEGER;
    record.extend_from_slice(payload);
    record
}

/// Lives a minute, and a minute of grace.
pub(crate) fn entry(payload: &str) -> Entry {
    Entry { record: record(LIVING.namespace, payload.as_bytes()), timeout: 60.into(), grace: 60.into() }
}

/// One that is dead, as its namespace was cleared.
pub(crate) fn cleared(payload: &str) -> Entry {
    Entry { record: record(LIVING.namespace + 1, payload.as_bytes()), ..entry("") }
}

pub(crate) fn with(timeout: impl Into<Timeout>, grace: impl Into<Timeout>) -> Entry {
    Entry { timeout: timeout.into(), grace: grace.into(), ..entry("value") }
}

pub(crate) fn payload(fetched: &Fetched) -> &str {
    std::str::from_utf8(&fetched.record[layout::PAYLOAD..]).unwrap()
}

pub(crate) async fn put(cache: &impl CacheAdapter, key: &StoreKey, entry: &Entry) {
    assert!(cache.put(key, entry, Condition::Always).await.unwrap());
}

pub(crate) async fn got(cache: &impl CacheAdapter, key: &StoreKey) -> Option<String> {
    cache.get(key).await.unwrap().map(|fetched| payload(&fetched).to_owned())
}

pub(crate) async fn permit(cache: &impl CacheAdapter, key: &StoreKey, claim: Claim) -> Token {
    cache.permit(key, claim, &LIVING, &[]).await.unwrap().token.expect("nothing live stands there")
}

pub(crate) async fn fill(cache: &impl CacheAdapter, key: &StoreKey, token: &Token, payload: &str) -> bool {
    cache.put(key, &entry(payload), Condition::IfPermit(token)).await.unwrap()
}

/// Asks until it is so, and no longer than half a minute: the server's clock has no hands.
pub(crate) async fn until<F: Future<Output = bool>>(is_so: impl Fn() -> F) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < Duration::from_secs(30), "it never comes to that");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A server's own view of itself: one of its `stats`.
pub(crate) fn stat(server: &Memcached, name: &str) -> u64 {
    use std::io::{BufRead, BufReader, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.write_all(b"stats\r\n").unwrap();
    let lines = BufReader::new(stream).lines().map(Result::unwrap).take_while(|line| line != "END");
    let mut values =
        lines.filter_map(|line| Some(line.strip_prefix("STAT ")?.strip_prefix(name)?.trim().parse().unwrap()));
    values.next().unwrap()
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
