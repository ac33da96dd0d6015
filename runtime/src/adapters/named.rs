//! What the names and URLs of far stores stand for. Each is `None` in a build without the store's feature.

#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
mod settings;

#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
use settings::Settings;

#[cfg(feature = "memcached")]
use crate::adapter::AnyAdapter;
use crate::cache::Cache;
use crate::error::Result;
#[cfg(feature = "sqlite")]
use crate::error::{Error, ErrorKind};

/// What opens a store: a name alone has its address from the environment or the usual place.
pub(crate) type Open = fn(Option<&str>) -> Option<Result<Cache>>;

#[cfg(feature = "redis")]
pub(crate) fn redis(url: Option<&str>) -> Option<Result<Cache>> {
    let open = || {
        let (url, settings) = Settings::split(url, "REDIS_URL", "redis://127.0.0.1:6379", &["db"])?;
        let store = super::RedisCache::open(&url)?;
        let builder = if settings.is_plain() { Cache::plain(store) } else { Cache::builder(store) };
        settings.on(builder).build()
    };
    Some(open())
}

#[cfg(not(feature = "redis"))]
pub(crate) fn redis(_: Option<&str>) -> Option<Result<Cache>> {
    None
}

/// Each server has limits and a breaker of its own: one that is down takes its own keys with it, and no others.
#[cfg(feature = "memcached")]
pub(crate) fn memcached(url: Option<&str>) -> Option<Result<Cache>> {
    let open = || {
        let (url, settings) = Settings::split(url, "MEMCACHED_URL", "memcache://127.0.0.1:11211", &[])?;
        let servers = super::MemcachedCache::builder().url(&url)?.build_each()?;
        let forget = if settings.is_plain() { AnyAdapter::plain } else { AnyAdapter::new };
        let named = servers.into_iter().map(|server| (server.address().to_owned(), forget(server)));
        settings.on(Cache::fleet(named)).build()
    };
    Some(open())
}

#[cfg(not(feature = "memcached"))]
pub(crate) fn memcached(_: Option<&str>) -> Option<Result<Cache>> {
    None
}

#[cfg(feature = "sqlite")]
pub(crate) fn sqlite(url: Option<&str>) -> Option<Result<Cache>> {
    let open = || {
        let (url, settings) = Settings::split(url, "SQLITE_URL", "sqlite:", &["max_bytes", "max_entries", "name"])?;
        if settings.is_plain() {
            let message = "no other program reads what is in the file of a SQLite cache: `envelope=off` is for redis and memcached";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        settings.on(Cache::builder(super::SqliteCache::from_url(&url)?)).build()
    };
    Some(open())
}

#[cfg(not(feature = "sqlite"))]
pub(crate) fn sqlite(_: Option<&str>) -> Option<Result<Cache>> {
    None
}

/// Whatever makes a cache of one store: it has the defaults, and nothing in common with another that is made of the same.
macro_rules! cache_of {
    ($($feature:literal $adapter:ident)*) => {$(
        #[cfg(feature = $feature)]
        impl From<super::$adapter> for Cache {
            fn from(adapter: super::$adapter) -> Self {
                Self::far(adapter)
            }
        }
    )*};
}

cache_of!("redis" RedisCache "memcached" MemcachedCache "sqlite" SqliteCache);
