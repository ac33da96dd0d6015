//! What the names of stores stand for, when the program says so.

use std::sync::Arc;

use super::named::{Change, settle};
use super::{Entry, Standing, alias, registry};
#[cfg(feature = "memcached")]
use crate::adapters::MemcachedCache;
#[cfg(feature = "redis")]
use crate::adapters::RedisCache;
#[cfg(feature = "sqlite")]
use crate::adapters::SqliteCache;
use crate::adapters::StoreSource;
use crate::adapters::named::Maker;
use crate::config::Fields;
use crate::error::{Error, ErrorKind, Result};

/// Says what `redis` and its aliases stand for from now on, whatever `REDIS_URL` says: a URL, a
/// [`RedisCacheBuilder`](crate::RedisCacheBuilder), an instance, or a [`CacheBuilder`](crate::CacheBuilder) over one.
///
/// Where the name is in use already, by [`adapter_set`](crate::adapter_set), by functions, or in named caches, the new store
/// is used from the next call on. Calls under way end on the old one, which is closed behind the caller. No store is asked
/// whether it is there.
///
/// # Errors
/// [`Config`](ErrorKind::Config) names the part of the URL or the setting that is wrong. Nothing has changed then.
///
/// # Examples
/// ```
/// use larder::{Cache, RedisCache, adapter_get, adapter_set, configure_redis};
///
/// configure_redis("redis://cache.internal/2?namespace=shop")?;
/// adapter_set("redis")?;
/// assert_eq!(adapter_get().namespace(), "shop");
///
/// let store = RedisCache::builder().host("cache.internal").password("s3cret").build()?;
/// configure_redis(Cache::builder(store).namespace("depot").timeout(60))?;
/// assert_eq!(adapter_get().namespace(), "depot");
///
/// let error = configure_redis("redis://cache.internal:port").unwrap_err();
/// assert_eq!(error.to_string(), "the port of a redis URL is a number from 1 to 65535");
/// # Ok::<(), larder::Error>(())
/// ```
#[cfg(feature = "redis")]
pub fn configure_redis(source: impl Into<StoreSource<RedisCache>>) -> Result<()> {
    configure("redis", &source.into().maker)
}

/// Says what `memcached` and its aliases stand for from now on, whatever `MEMCACHED_URL` says: a URL, a
/// [`MemcachedCacheBuilder`](crate::MemcachedCacheBuilder), an instance, or a [`CacheBuilder`](crate::CacheBuilder) over one or
/// several.
///
/// Where the name is in use already, by [`adapter_set`](crate::adapter_set), by functions, or in named caches, the new store
/// is used from the next call on. Calls under way end on the old one, which is closed behind the caller. No store is asked
/// whether it is there.
///
/// # Errors
/// [`Config`](ErrorKind::Config) names the part of the URL or the setting that is wrong. Nothing has changed then.
///
/// # Examples
/// ```
/// use larder::{MemcachedCache, adapter_get, adapter_set, configure_memcached};
///
/// configure_memcached("memcache://10.0.0.1,10.0.0.2?namespace=shop")?;
/// adapter_set("mcache")?;
/// assert_eq!(adapter_get().namespace(), "shop");
///
/// configure_memcached(MemcachedCache::builder().server("10.0.0.3"))?;
/// assert_eq!(adapter_get().namespace(), "larder");
///
/// let error = configure_memcached("memcache://10.0.0.1:many").unwrap_err();
/// assert_eq!(error.to_string(), "server 1 of memcached: its port is no number up to 65535");
/// # Ok::<(), larder::Error>(())
/// ```
#[cfg(feature = "memcached")]
pub fn configure_memcached(source: impl Into<StoreSource<MemcachedCache>>) -> Result<()> {
    configure("memcached", &source.into().maker)
}

/// Says what `sqlite` and its aliases stand for from now on, whatever `SQLITE_URL` says: a path, a URL, a
/// [`SqliteCacheBuilder`](crate::SqliteCacheBuilder), an instance, or a [`CacheBuilder`](crate::CacheBuilder) over one.
///
/// Where the name is in use already, by [`adapter_set`](crate::adapter_set), by functions, or in named caches, the new store
/// is used from the next call on. Calls under way end on the old one, which is closed behind the caller. No file is looked at.
///
/// # Errors
/// [`Config`](ErrorKind::Config) names the part of the URL or the setting that is wrong. Nothing has changed then.
///
/// # Examples
/// ```
/// use larder::{SqliteCache, adapter_get, adapter_set, configure_sqlite};
///
/// configure_sqlite("/var/cache/shop.sqlite")?;
/// configure_sqlite(SqliteCache::builder().memory().max_entries(1_000))?;
/// adapter_set("sqlite")?;
/// assert_eq!(adapter_get().adapter(), "sqlite");
///
/// let error = configure_sqlite("sqlite::memory:?max_entries=0").unwrap_err();
/// assert!(error.to_string().contains("`max_entries` is 0"));
/// # Ok::<(), larder::Error>(())
/// ```
#[cfg(feature = "sqlite")]
pub fn configure_sqlite(source: impl Into<StoreSource<SqliteCache>>) -> Result<()> {
    configure("sqlite", &source.into().maker)
}

/// The name, and the named caches that stand on it.
fn configure(name: &'static str, maker: &Maker) -> Result<()> {
    settle(|| {
        let cache = maker(&mut Fields::none())?;
        if cache.adapter() != name {
            let message = format!("the name `{name}` cannot stand for a cache over `{}`", cache.adapter());
            return Err(Error::new(ErrorKind::Config, message));
        }
        let own = Change { name: name.to_owned(), standing: Standing::Store(Arc::clone(maker)), cache };
        let others = standing_on(name).into_iter().map(|entry| {
            let cache = entry.make_by(maker, entry.standing().as_ref())?;
            Ok(Change { name: entry.name.clone(), standing: Standing::Configured(entry), cache })
        });
        std::iter::once(Ok(own)).chain(others).collect()
    })
}

fn standing_on(name: &str) -> Vec<Arc<Entry>> {
    let configured = |standing: &Standing| match standing {
        Standing::Configured(entry) => Some(Arc::clone(entry)),
        _ => None,
    };
    let entries: Vec<_> = registry().known.values().filter_map(configured).collect();
    entries.into_iter().filter(|entry| alias::canonical(&entry.adapter) == name).collect()
}
