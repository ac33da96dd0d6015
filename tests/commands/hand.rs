//! The commands of a cache through either face, so that each check is written once.

use futures_lite::future::block_on;
use larder::{AsyncCache, BlockingCache, Cache, Expiry, Key, Remaining, Removed, Result, Storable, Timeout};

/// How a check calls its cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Blocking,
    Async,
}

pub(crate) const FACES: [Face; 2] = [Face::Blocking, Face::Async];

/// A cache by hand.
#[derive(Clone, Debug)]
pub(crate) enum Hand {
    Blocking(BlockingCache),
    Async(AsyncCache),
}

impl Hand {
    pub(crate) fn of(cache: &Cache, face: Face) -> Self {
        match face {
            Face::Blocking => Self::Blocking(cache.blocking()),
            Face::Async => Self::Async(cache.asynchronous()),
        }
    }

    pub(crate) fn get_or_set<T: Storable>(
        &self,
        key: impl Into<Key>,
        timeout: impl Into<Expiry>,
        make: impl FnOnce() -> T,
    ) -> Result<T> {
        match self {
            Self::Blocking(cache) => cache.get_or_set(key, timeout, make),
            Self::Async(cache) => block_on(cache.get_or_set(key, timeout, || async { make() })),
        }
    }

    pub(crate) fn try_get_or_set<T: Storable, E>(
        &self,
        key: impl Into<Key>,
        timeout: impl Into<Expiry>,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Result<T, E>> {
        match self {
            Self::Blocking(cache) => cache.try_get_or_set(key, timeout, make),
            Self::Async(cache) => block_on(cache.try_get_or_set(key, timeout, || async { make() })),
        }
    }

    /// Connects, uses the cache once, and closes, `n` times.
    pub(crate) fn in_sessions(&self, n: usize) -> Result<()> {
        for _ in 0..n {
            match self {
                Self::Blocking(cache) => drop(cache.session()?.get::<u8>("session")?),
                Self::Async(cache) => block_on(async {
                    let session = cache.session().await?;
                    session.get::<u8>("session").await?;
                    session.end().await
                })?,
            }
        }
        Ok(())
    }
}

macro_rules! commands {
    ($(fn $name:ident $(<$generic:ident>)? ($($argument:ident: $type:ty),*) -> $output:ty;)*) => {
        impl Hand {$(
            pub(crate) fn $name$(<$generic: Storable>)?(&self, $($argument: $type),*) -> $output {
                match self {
                    Self::Blocking(cache) => cache.$name($($argument),*),
                    Self::Async(cache) => block_on(cache.$name($($argument),*)),
                }
            }
        )*}
    };
}

commands! {
    fn get<T>(key: impl Into<Key>) -> Result<Option<T>>;
    fn get_or<T>(key: impl Into<Key>, default: T) -> Result<T>;
    fn fetch<T>(key: impl Into<Key>) -> Result<T>;
    fn set<T>(key: impl Into<Key>, value: T, timeout: impl Into<Expiry>) -> Result<()>;
    fn add<T>(key: impl Into<Key>, value: T, timeout: impl Into<Expiry>) -> Result<bool>;
    fn multi_get<T>(keys: impl IntoIterator<Item = impl Into<Key>>) -> Result<Vec<Option<T>>>;
    fn multi_set<T>(pairs: impl IntoIterator<Item = (impl Into<Key>, T)>, timeout: impl Into<Expiry>) -> Result<()>;
    fn exists(key: impl Into<Key>) -> Result<bool>;
    fn increment(key: impl Into<Key>, delta: i64) -> Result<i64>;
    fn increment_for(key: impl Into<Key>, delta: i64, timeout: impl Into<Timeout>) -> Result<i64>;
    fn remove(keys: impl IntoIterator<Item = impl Into<Key>>) -> Result<Removed>;
    fn delete(key: impl Into<Key>) -> Result<bool>;
    fn update_timeout<T>(key: impl Into<Key>, timeout: impl Into<Timeout>) -> Result<T>;
    fn timeout_of(key: impl Into<Key>) -> Result<Option<Remaining>>;
    fn clear() -> Result<()>;
    fn flush_store() -> Result<()>;
    fn connect() -> Result<()>;
    fn close() -> Result<()>;
    fn reconnect() -> Result<()>;
}
