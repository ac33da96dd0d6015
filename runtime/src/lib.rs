//! Declarative memoization; the README says what that is.
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs)]

#[cfg(feature = "far")]
pub mod adapter;
mod adapters;
mod cache;
pub mod caches;
mod call;
mod clock;
#[cfg(feature = "far")]
mod codec;
mod commands;
mod config;
mod defaults;
mod environment;
mod error;
#[cfg(feature = "far")]
mod far;
mod flight;
#[cfg(feature = "far")]
mod io;
mod key;
#[cfg(feature = "far")]
pub mod layer;
mod near;
pub mod observer;
mod park;
#[cfg(feature = "far")]
mod record;
mod registry;
#[cfg(all(feature = "far", feature = "tracing"))]
mod report;
#[cfg(all(feature = "far", not(feature = "tracing")))]
#[path = "report/untraced.rs"]
mod report;
mod rules;
mod site;
mod sync;
mod timeout;
mod value;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

#[doc = include_str!("../PROMISES.md")]
pub mod promises {}

#[cfg(all(any(fuzzing, test), feature = "bincode", feature = "json", feature = "postcard"))]
#[doc(hidden)]
pub mod fuzzing;

#[doc(hidden)]
pub mod __private;

#[cfg(feature = "redis-tls")]
pub use adapters::RedisTls;
#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
pub use adapters::StoreSource;
#[cfg(feature = "memcached")]
pub use adapters::{MemcachedCache, MemcachedCacheBuilder, MemcachedClient, MemcachedReply};
pub use adapters::{MemoryCache, MemoryCacheBuilder, NullCache};
#[cfg(feature = "redis")]
pub use adapters::{RedisCache, RedisCacheBuilder, RedisClient, RedisCluster, RedisClusterBuilder};
#[cfg(feature = "sqlite")]
pub use adapters::{SqliteCache, SqliteCacheBuilder, SqliteClient};
#[cfg(feature = "far")]
pub use cache::CacheBuilder;
pub use cache::{Cache, Removed, Undelivered, shutdown, shutdown_async};
pub use call::Helped;
pub use clock::Clock;
#[cfg(feature = "far")]
pub use codec::Codec;
#[cfg(feature = "custom-codec")]
pub use codec::{CodecFailure, CustomCodec, Reader as CodecReader};
pub use commands::{
    AsyncCache, AsyncFill, AsyncSession, BlockingCache, CacheDefault, Expiry, Fill, Session, async_cache, cache, get,
    get_or_set, remove, set, update_timeout,
};
#[cfg(feature = "far")]
pub use defaults::{default_codec, set_default_codec};
pub use defaults::{default_timeout, set_default_timeout};
pub use error::{Error, ErrorKind, Result};
pub use key::{Key, KeyPart, KeyWriter};
#[cfg(feature = "far")]
pub use layer::named::register_layer;
pub use observer::named::register_observer;
#[cfg(feature = "memcached")]
pub use registry::configure_memcached;
#[cfg(feature = "redis")]
pub use registry::configure_redis;
#[cfg(feature = "sqlite")]
pub use registry::configure_sqlite;
pub use registry::{
    IntoCache, Scoped, adapter_get, adapter_set, async_adapter_get, async_adapter_set, check_environment,
    register_adapter, scoped, scoped_async, set_caching,
};
pub use site::{FunctionName, Stats};
pub use timeout::{Remaining, Timeout};
pub use value::{Local, Storable};

#[cfg(feature = "custom-codec")]
#[doc(no_inline)]
pub use erased_serde;

#[cfg(feature = "sqlite")]
#[doc(no_inline)]
pub use rusqlite;

/// Derives [`KeyPart`](trait@KeyPart): every field stands in the key, and an enum's variant by its name.
pub use larder_macros::KeyPart;

#[doc = include_str!("../docs/cached.md")]
pub use larder_macros::cached;
