//! A plain store in this process, as a user could write one; what is stored can be made to wait.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use larder::adapter::{Capability, Entry, Fetched, Left, PlainAdapter, StoreKey, plain_sum};
use larder::{Result, Timeout};
use tokio::sync::Semaphore;

type Jars = HashMap<String, (Vec<u8>, Option<Instant>)>;

#[derive(Clone)]
pub(crate) struct Shelf(Arc<Inner>);

struct Inner {
    jars: Mutex<Jars>,
    is_open: Semaphore,
    n_waiting: AtomicUsize,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { jars: Mutex::default(), is_open: Semaphore::new(1), n_waiting: AtomicUsize::new(0) }))
    }

    /// What stands there, as another program sees it.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.with(|jars| jars.get(key).map(|(value, _)| String::from_utf8(value.clone()).unwrap()))
    }

    /// Puts it there as another program does.
    pub(crate) fn put(&self, key: &str, value: &str) {
        self.with(|jars| jars.insert(key.into(), (value.into(), None)));
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.with(|jars| jars.keys().cloned().collect());
        keys.sort();
        keys
    }

    /// Lets what is stored from now on wait on its way, until [`release`](Self::release).
    pub(crate) fn hold(&self) {
        self.0.is_open.try_acquire().unwrap().forget();
    }

    pub(crate) fn release(&self) {
        self.0.is_open.add_permits(1);
    }

    /// How many are on their way.
    pub(crate) fn n_waiting(&self) -> usize {
        self.0.n_waiting.load(Ordering::SeqCst)
    }

    fn with<T>(&self, change: impl FnOnce(&mut Jars) -> T) -> T {
        let mut jars = self.0.jars.lock().unwrap();
        let now = Instant::now();
        jars.retain(|_, (_, end)| end.is_none_or(|end| end > now));
        change(&mut jars)
    }
}

fn end(timeout: Timeout) -> Option<Instant> {
    timeout.as_duration().and_then(|timeout| Instant::now().checked_add(timeout))
}

fn fetched((record, end): &(Vec<u8>, Option<Instant>)) -> Fetched {
    let left = end.map_or(Left::Never, |end| Left::For(end - Instant::now()));
    Fetched { record: record.clone(), left }
}

impl PlainAdapter for Shelf {
    fn name(&self) -> &'static str {
        "shelf"
    }

    fn capability(&self) -> Capability {
        Capability::new()
    }

    async fn connect(&self) -> Result<()> {
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        Ok(self.with(|jars| jars.get(key.as_str()).map(fetched)))
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Vec<u8>>>> {
        let value = |jars: &mut Jars, key: &StoreKey| jars.get(key.as_str()).map(|(value, _)| value.clone());
        Ok(self.with(|jars| keys.iter().map(|key| value(jars, key)).collect()))
    }

    async fn set(&self, key: &StoreKey, entry: &Entry) -> Result<()> {
        self.0.n_waiting.fetch_add(1, Ordering::SeqCst);
        drop(self.0.is_open.acquire().await.unwrap());
        self.with(|jars| jars.insert(key.as_str().into(), (entry.record.clone(), end(entry.timeout))));
        self.0.n_waiting.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }

    async fn set_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        for (key, entry) in entries {
            self.set(key, entry).await?;
        }
        Ok(())
    }

    async fn add(&self, key: &StoreKey, entry: &Entry) -> Result<bool> {
        Ok(self.with(|jars| {
            let is_new = !jars.contains_key(key.as_str());
            jars.entry(key.as_str().into()).or_insert_with(|| (entry.record.clone(), end(entry.timeout)));
            is_new
        }))
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<bool>> {
        Ok(self.with(|jars| keys.iter().map(|key| jars.remove(key.as_str()).is_some()).collect()))
    }

    async fn touch(&self, key: &StoreKey, timeout: Timeout) -> Result<Option<Fetched>> {
        Ok(self.with(|jars| {
            let jar = jars.get_mut(key.as_str())?;
            jar.1 = end(timeout);
            Some(fetched(jar))
        }))
    }

    async fn exists(&self, key: &StoreKey) -> Result<bool> {
        Ok(self.with(|jars| jars.contains_key(key.as_str())))
    }

    async fn increment(&self, key: &StoreKey, delta: i64, timeout: Timeout) -> Result<i64> {
        self.with(|jars| {
            let fresh = || (b"0".to_vec(), end(timeout));
            let sum = plain_sum(jars.get(key.as_str()).map_or(b"0", |(value, _)| value), delta)?;
            jars.entry(key.as_str().into()).or_insert_with(fresh).0 = sum.to_string().into();
            Ok(sum)
        })
    }

    async fn clear(&self, namespace: &str) -> Result<u64> {
        let prefix = StoreKey::prefix(namespace);
        let n_before = self.keys().len();
        self.with(|jars| jars.retain(|key, _| !key.starts_with(&prefix)));
        Ok((n_before - self.keys().len()) as u64)
    }

    async fn flush(&self) -> Result<()> {
        self.with(Jars::clear);
        Ok(())
    }
}
