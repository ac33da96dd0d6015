//! Scoped use of a cache: connected while it lasts.

use std::fmt;
use std::ops::Deref;

use super::handle::{AsyncCache, BlockingCache};
use crate::error::Result;

/// A cache for a while, by [`BlockingCache::session`]: its connections are given up when it is dropped, unless it is told
/// to [keep](Self::keep_open) them.
///
/// # Examples
/// ```
/// let cache = larder::cache();
/// {
///     let session = cache.session()?;
///     session.set("a", 1, 60)?;
/// }
/// assert_eq!(cache.get::<i32>("a")?, Some(1), "the next command connects again");
/// # Ok::<(), larder::Error>(())
/// ```
#[must_use = "its connections are given up when it is dropped"]
pub struct Session {
    cache: BlockingCache,
    closes: bool,
}

/// A cache for a while, by [`AsyncCache::session`]; see [`Session`].
///
/// # Examples
/// ```
/// # futures_lite::future::block_on(async {
/// let session = larder::async_cache().session().await?;
/// session.set("a", 1, 60).await?;
/// session.end().await?;
/// # Ok::<(), larder::Error>(()) })?;
/// # Ok::<(), larder::Error>(())
/// ```
#[must_use = "its connections are given up when it is dropped"]
pub struct AsyncSession {
    cache: AsyncCache,
    closes: bool,
}

impl BlockingCache {
    /// Scoped use: connects now, and gives up the connections at the end. One store's connections are shared by whoever
    /// uses it; those who use it on connect again.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the store cannot be reached.
    pub fn session(&self) -> Result<Session> {
        let session = self.session_unconnected();
        session.connect()?;
        Ok(session)
    }

    /// The same, connecting with the first command.
    pub fn session_unconnected(&self) -> Session {
        Session { cache: Self::bound(self), closes: true }
    }
}

impl AsyncCache {
    /// Scoped use: connects now, and gives up the connections at the end. One store's connections are shared by whoever
    /// uses it; those who use it on connect again.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the store cannot be reached.
    pub async fn session(&self) -> Result<AsyncSession> {
        let session = self.session_unconnected();
        session.connect().await?;
        Ok(session)
    }

    /// The same, connecting with the first command.
    pub fn session_unconnected(&self) -> AsyncSession {
        AsyncSession { cache: Self::bound(self), closes: true }
    }
}

impl Session {
    /// Leaves the connections as they are when it ends.
    pub fn keep_open(mut self) -> Self {
        self.closes = false;
        self
    }
}

impl AsyncSession {
    /// Leaves the connections as they are when it ends.
    pub fn keep_open(mut self) -> Self {
        self.closes = false;
        self
    }

    /// Gives up the connections and waits until they are closed, which a drop does not.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the store did not take leave in time. Its connections are given up.
    pub async fn end(mut self) -> Result<()> {
        self.closes = false;
        self.cache.close().await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.closes {
            // Whoever must know calls `close`.
            let _ = self.cache.close();
        }
    }
}

impl Drop for AsyncSession {
    fn drop(&mut self) {
        if self.closes {
            self.cache.close_behind();
        }
    }
}

macro_rules! leads_to {
    ($($session:ident $cache:ident)*) => {$(
        impl Deref for $session {
            type Target = $cache;

            fn deref(&self) -> &$cache {
                &self.cache
            }
        }

        impl fmt::Debug for $session {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($session)).field("cache", &self.cache).field("closes", &self.closes).finish()
            }
        }
    )*};
}

leads_to!(Session BlockingCache AsyncSession AsyncCache);
