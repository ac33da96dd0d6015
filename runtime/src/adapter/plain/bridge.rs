//! A store of bare values where a store of records is expected. Whoever stands above asks its [`Capability`] whether it is
//! plain, and then for nothing that a bare value cannot tell.

use super::PlainAdapter;
use crate::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Left, Living, Permitted,
    Release, StoreKey, Token,
};
use crate::error::{Error, ErrorKind, Result};
use crate::timeout::Timeout;

pub(in crate::adapter) struct Bridge<A>(pub(in crate::adapter) A);

/// A bare value says nothing of itself: it is there, and so it is live.
const HEAD: Head = Head { left: Left::Never, namespace_epoch: 0, template_epoch: 0, template: 0 };

impl<A: PlainAdapter> CacheAdapter for Bridge<A> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn capability(&self) -> Capability {
        Capability { plain: true, ..self.0.capability() }
    }

    fn shard(&self, _: &StoreKey) -> u16 {
        0
    }

    async fn connect(&self) -> Result<()> {
        self.0.connect().await
    }

    async fn close(&self) -> Result<()> {
        self.0.close().await
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        self.0.get(key).await
    }

    /// How long each has left is not asked for: that would be a command more for each, and it is live.
    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        let found = self.0.get_many(keys).await?;
        Ok(found.into_iter().map(|value| value.map(|record| Fetched { record, left: Left::Never })).collect())
    }

    async fn permit(&self, _: &StoreKey, _: Claim, _: &Living, _: &[EpochName]) -> Result<Permitted> {
        Err(unsupported("permits"))
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        match condition {
            Condition::Always => self.0.set(key, entry).await.map(|()| true),
            Condition::IfAbsent(_) => self.0.add(key, entry).await,
            Condition::IfPermit(_) => Err(unsupported("permits")),
        }
    }

    /// There are no permits, so none is ever void; what is denied is removed.
    async fn release(&self, key: &StoreKey, _: &Token, release: Release) -> Result<bool> {
        match release {
            Release::Keep => Ok(true),
            Release::Remove => self.0.remove(std::slice::from_ref(key)).await.map(|_| true),
        }
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        self.0.set_many(entries).await
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        let removed = self.0.remove(keys).await?;
        Ok(removed.into_iter().map(|was_there| was_there.then_some(HEAD)).collect())
    }

    async fn touch(&self, key: &StoreKey, timeout: Timeout, _: Timeout, _: &Living) -> Result<Option<Fetched>> {
        self.0.touch(key, timeout).await
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        Ok(self.0.exists(key).await?.then_some(HEAD))
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, _: &Living) -> Result<Counted> {
        self.0.increment(key, delta, fresh.timeout).await.map(Counted::Sum)
    }

    async fn epochs(&self, _: &[EpochName]) -> Result<Vec<u64>> {
        Err(unsupported("epochs"))
    }

    async fn renew(&self, _: &EpochName) -> Result<u64> {
        Err(unsupported("epochs"))
    }

    /// All entries of the namespace: none of them says which epoch it is of.
    async fn sweep(&self, namespace: &str, _: &[u64]) -> Result<u64> {
        self.0.clear(namespace).await
    }

    async fn flush(&self) -> Result<()> {
        self.0.flush().await
    }
}

fn unsupported(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("a plain store keeps bare values, and no {what}"))
}
