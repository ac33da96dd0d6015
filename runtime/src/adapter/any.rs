//! An adapter whose type is forgotten, so that what stands above is compiled once.

use std::pin::Pin;
use std::sync::Arc;

use super::plain::Bridge;
use super::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Living, Permitted,
    PlainAdapter, Release, StoreKey, Token,
};
use crate::error::Result;
use crate::timeout::Timeout;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Any adapter. A handle: clones are one adapter.
#[derive(Clone)]
pub struct AnyAdapter(Arc<dyn Erased>);

impl AnyAdapter {
    /// Forgets the type of `adapter`.
    pub fn new(adapter: impl CacheAdapter) -> Self {
        Self(Arc::new(adapter))
    }

    /// Forgets the type of a store of bare values, as [`Capability::plain`] says it is from then on.
    pub fn plain(adapter: impl PlainAdapter) -> Self {
        Self::new(Bridge(adapter))
    }
}

impl std::fmt::Debug for AnyAdapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AnyAdapter({})", self.0.name())
    }
}

impl CacheAdapter for AnyAdapter {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn capability(&self) -> Capability {
        self.0.capability()
    }

    fn shard(&self, key: &StoreKey) -> u16 {
        self.0.shard(key)
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

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        self.0.get_many(keys).await
    }

    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        self.0.permit(key, claim, living, groups).await
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        self.0.put(key, entry, condition).await
    }

    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        self.0.release(key, token, release).await
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        self.0.put_many(entries).await
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        self.0.remove(keys).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        self.0.touch(key, timeout, grace, living).await
    }

    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        self.0.head(key).await
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        self.0.increment(key, delta, fresh, living).await
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        self.0.epochs(names).await
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        self.0.renew(name).await
    }

    async fn sweep(&self, namespace: &str, dead: &[u64]) -> Result<u64> {
        self.0.sweep(namespace, dead).await
    }

    async fn flush(&self) -> Result<()> {
        self.0.flush().await
    }
}

/// The twin of the contract that can be a `dyn`, and every adapter's way into it, from one list of verbs.
macro_rules! verbs {
    ($($verb:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        trait Erased: Send + Sync {
            fn name(&self) -> &'static str;
            fn capability(&self) -> Capability;
            fn shard(&self, key: &StoreKey) -> u16;
            $(fn $verb<'a>(&'a self $(, $name: $type)*) -> Boxed<'a, $answer>;)*
        }

        impl<A: CacheAdapter> Erased for A {
            fn name(&self) -> &'static str {
                CacheAdapter::name(self)
            }

            fn capability(&self) -> Capability {
                CacheAdapter::capability(self)
            }

            fn shard(&self, key: &StoreKey) -> u16 {
                CacheAdapter::shard(self, key)
            }

            $(fn $verb<'a>(&'a self $(, $name: $type)*) -> Boxed<'a, $answer> {
                Box::pin(CacheAdapter::$verb(self $(, $name)*))
            })*
        }
    };
}

verbs! {
    connect() -> ();
    close() -> ();
    get(key: &'a StoreKey) -> Option<Fetched>;
    get_many(keys: &'a [StoreKey]) -> Vec<Option<Fetched>>;
    permit(key: &'a StoreKey, claim: Claim, living: &'a Living, groups: &'a [EpochName]) -> Permitted;
    put(key: &'a StoreKey, entry: &'a Entry, condition: Condition<'a>) -> bool;
    release(key: &'a StoreKey, token: &'a Token, release: Release) -> bool;
    put_many(entries: &'a [(StoreKey, Entry)]) -> ();
    remove(keys: &'a [StoreKey]) -> Vec<Option<Head>>;
    touch(key: &'a StoreKey, timeout: Timeout, grace: Timeout, living: &'a Living) -> Option<Fetched>;
    head(key: &'a StoreKey) -> Option<Head>;
    increment(key: &'a StoreKey, delta: i64, fresh: &'a Entry, living: &'a Living) -> Counted;
    epochs(names: &'a [EpochName]) -> Vec<u64>;
    renew(name: &'a EpochName) -> u64;
    sweep(namespace: &'a str, dead: &'a [u64]) -> u64;
    flush() -> ();
}
