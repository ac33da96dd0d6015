//! The cache by hand: every command of a cache, for code that calls it directly instead of annotating a function. Blocking
//! and async, under the same names.

mod fill;
mod handle;
mod session;

pub use fill::{AsyncFill, Fill};
pub use handle::{AsyncCache, BlockingCache};
pub use session::{AsyncSession, Session};

use handle::Whose;

use crate::cache::{Cache, Removed};
use crate::error::Result;
use crate::key::Key;
use crate::registry::Face;
use crate::timeout::Timeout;
use crate::value::Storable;

/// How long a value that is stored by hand may be served: so long, or as long as its cache says.
///
/// Whatever is a [`Timeout`] can stand in its place (`60`, a `Duration`, `Timeout::NEVER`), and [`CacheDefault`].
///
/// # Examples
/// ```
/// use larder::{CacheDefault, Expiry};
///
/// let cache = larder::cache();
/// cache.set("a", 1, 60)?;
/// cache.set("b", 1, larder::Timeout::NEVER)?;
/// cache.set("c", 1, CacheDefault)?;
/// assert_eq!(Expiry::from(60), Expiry::After(60.into()));
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expiry {
    /// As long as the cache says: 300 s, unless it was told otherwise.
    OfCache,
    /// So long.
    After(Timeout),
}

/// As long as the cache says; see [`Expiry`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CacheDefault;

impl From<CacheDefault> for Expiry {
    fn from(CacheDefault: CacheDefault) -> Self {
        Self::OfCache
    }
}

impl<T: Into<Timeout>> From<T> for Expiry {
    fn from(timeout: T) -> Self {
        Self::After(timeout.into())
    }
}

impl Expiry {
    fn said(self) -> Option<Timeout> {
        match self {
            Self::OfCache => None,
            Self::After(timeout) => Some(timeout),
        }
    }
}

/// The current cache, by hand and blocking. A handle that a program can keep: it is bound at each command, so it follows
/// [`adapter_set`](crate::adapter_set) and [`scoped`](crate::scoped()) at once.
///
/// # Examples
/// ```
/// let cache = larder::cache();
/// larder::adapter_set("memory")?;
/// cache.set("greeting", "hello".to_owned(), 60)?;
/// assert_eq!(cache.get::<String>("greeting")?.as_deref(), Some("hello"));
/// # Ok::<(), larder::Error>(())
/// ```
pub fn cache() -> BlockingCache {
    BlockingCache(Whose::Current)
}

/// The current cache of async code, by hand; see [`cache`].
///
/// # Examples
/// ```
/// # futures_lite::future::block_on(async {
/// let cache = larder::async_cache();
/// assert_eq!(cache.get_or_set("answer", 60, || async { 42 }).await?, 42);
/// assert_eq!(cache.get::<i64>("answer").await?, Some(42));
/// # Ok::<(), larder::Error>(()) })?;
/// # Ok::<(), larder::Error>(())
/// ```
pub fn async_cache() -> AsyncCache {
    AsyncCache(Whose::Current)
}

impl Cache {
    /// Its commands, blocking.
    ///
    /// # Examples
    /// ```
    /// use larder::{Cache, MemoryCache};
    ///
    /// let cache = Cache::from(MemoryCache::new()).blocking();
    /// assert_eq!(cache.increment("visits", 1)?, 1);
    /// assert_eq!(larder::cache().get::<i64>("visits")?, None, "another cache");
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn blocking(&self) -> BlockingCache {
        BlockingCache(Whose::This(self.clone()))
    }

    /// Its commands, for async code.
    ///
    /// # Examples
    /// ```
    /// use larder::{Cache, MemoryCache};
    ///
    /// # futures_lite::future::block_on(async {
    /// let cache = Cache::from(MemoryCache::new()).asynchronous();
    /// assert!(cache.add("lock", true, 60).await?);
    /// assert!(!cache.add("lock", true, 60).await?);
    /// # Ok::<(), larder::Error>(()) })?;
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn asynchronous(&self) -> AsyncCache {
        AsyncCache(Whose::This(self.clone()))
    }
}

/// [`BlockingCache::get`] of the current cache.
///
/// # Errors
/// As there.
///
/// # Examples
/// ```
/// larder::set("a", 7, 60)?;
/// assert_eq!(larder::get::<u8>("a")?, Some(7));
/// # Ok::<(), larder::Error>(())
/// ```
pub fn get<T: Storable>(key: impl Into<Key>) -> Result<Option<T>> {
    cache().get(key)
}

/// [`BlockingCache::set`] of the current cache.
///
/// # Errors
/// As there.
///
/// # Examples
/// ```
/// larder::set("b", String::from("tea"), larder::Timeout::NEVER)?;
/// assert_eq!(larder::get::<String>("b")?.as_deref(), Some("tea"));
/// # Ok::<(), larder::Error>(())
/// ```
pub fn set<T: Storable>(key: impl Into<Key>, value: T, timeout: impl Into<Expiry>) -> Result<()> {
    cache().set(key, value, timeout)
}

/// [`BlockingCache::get_or_set`] of the current cache.
///
/// # Errors
/// As there.
///
/// # Examples
/// ```
/// assert_eq!(larder::get_or_set("c", 60, || 6 * 7)?, 42);
/// assert_eq!(larder::get_or_set("c", 60, || 0)?, 42);
/// # Ok::<(), larder::Error>(())
/// ```
pub fn get_or_set<T: Storable, Form>(
    key: impl Into<Key>,
    timeout: impl Into<Expiry>,
    fill: impl Fill<T, Form>,
) -> Result<T> {
    cache().get_or_set(key, timeout, fill)
}

/// [`BlockingCache::remove`] of the current cache.
///
/// # Errors
/// As there.
///
/// # Examples
/// ```
/// larder::set("d", 1, 60)?;
/// assert!(larder::remove(["d"])?.all());
/// # Ok::<(), larder::Error>(())
/// ```
pub fn remove<K: Into<Key>>(keys: impl IntoIterator<Item = K>) -> Result<Removed> {
    cache().remove(keys)
}

/// [`BlockingCache::update_timeout`] of the current cache.
///
/// # Errors
/// As there.
///
/// # Examples
/// ```
/// larder::set("e", 1, 60)?;
/// assert_eq!(larder::update_timeout::<i32>("e", 3600)?, 1);
/// # Ok::<(), larder::Error>(())
/// ```
pub fn update_timeout<T: Storable>(key: impl Into<Key>, timeout: impl Into<Timeout>) -> Result<T> {
    cache().update_timeout(key, timeout)
}
