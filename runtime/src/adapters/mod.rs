//! The stores that come with larder, a folder each.

#[cfg(feature = "memcached")]
mod memcached;
mod memory;
pub(crate) mod named;
mod null;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "memcached")]
pub use memcached::{MemcachedCache, MemcachedCacheBuilder, MemcachedClient, MemcachedReply};
pub use memory::{MemoryCache, MemoryCacheBuilder};
#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
pub use named::StoreSource;
pub use null::NullCache;
#[cfg(feature = "redis-tls")]
pub use redis::RedisTls;
#[cfg(feature = "redis")]
pub use redis::{RedisCache, RedisCacheBuilder, RedisClient, RedisCluster, RedisClusterBuilder};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteCache, SqliteCacheBuilder, SqliteClient};
