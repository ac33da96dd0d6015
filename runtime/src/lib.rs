//! Declarative memoization; the README says what that is.
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "far")]
pub mod adapter;
mod adapters;
mod cache;
mod call;
mod clock;
#[cfg(feature = "far")]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "some of it is for codecs and stores that a build leaves out"
)]
mod codec;
mod commands;
mod error;
#[cfg(feature = "far")]
mod far;
mod flight;
#[cfg(feature = "far")]
mod io;
mod key;
#[cfg(feature = "far")]
mod layer;
mod near;
mod park;
#[cfg(feature = "far")]
#[allow(dead_code, unused_imports, reason = "some of it is for codecs and stores that a build leaves out")]
mod record;
mod registry;
mod rules;
mod site;
mod sync;
mod timeout;
mod value;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

#[doc(hidden)]
pub mod __private;

#[cfg(feature = "memcached")]
pub use adapters::{MemcachedCache, MemcachedCacheBuilder};
pub use adapters::{MemoryCache, MemoryCacheBuilder, NullCache};
#[cfg(feature = "redis")]
pub use adapters::{RedisCache, RedisCacheBuilder, RedisClient};
#[cfg(feature = "sqlite")]
pub use adapters::{SqliteCache, SqliteCacheBuilder};
#[cfg(feature = "far")]
pub use cache::CacheBuilder;
pub use cache::{Cache, Removed};
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
pub use error::{Error, ErrorKind, Result};
pub use key::{Key, KeyPart, KeyWriter};
pub use registry::{IntoCache, Scoped, adapter_get, adapter_set, register_adapter, scoped, scoped_async, set_caching};
pub use site::{FunctionName, Stats};
pub use timeout::{Remaining, Timeout};
pub use value::{Local, Storable};

#[cfg(feature = "custom-codec")]
#[doc(no_inline)]
pub use erased_serde;

/// Derives [`KeyPart`](trait@KeyPart): every field stands in the key, and an enum's variant by its name.
pub use larder_macros::KeyPart;

#[doc = include_str!("../docs/cached.md")]
pub use larder_macros::cached;
