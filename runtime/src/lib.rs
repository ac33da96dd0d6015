//! Declarative memoization; the README says what that is.
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "far")]
pub mod adapter;
mod adapters;
mod cache;
mod call;
mod clock;
mod error;
mod flight;
#[cfg(feature = "far")]
mod io;
mod key;
#[cfg(feature = "far")]
#[cfg_attr(not(test), expect(dead_code, reason = "the request path comes to it next"))]
mod layer;
mod near;
mod park;
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

pub use adapters::{MemoryCache, MemoryCacheBuilder, NullCache};
#[cfg(feature = "redis")]
pub use adapters::{RedisCache, RedisCacheBuilder, RedisClient};
pub use cache::Cache;
pub use clock::Clock;
pub use error::{Error, ErrorKind, Result};
pub use key::{Key, KeyPart, KeyWriter};
pub use registry::{IntoCache, Scoped, adapter_get, adapter_set, register_adapter, scoped, scoped_async, set_caching};
pub use site::{FunctionName, Stats};
pub use timeout::{Remaining, Timeout};
pub use value::{Local, Storable};

/// Derives [`KeyPart`](trait@KeyPart): every field stands in the key, and an enum's variant by its name.
pub use larder_macros::KeyPart;

#[doc = include_str!("../docs/cached.md")]
pub use larder_macros::cached;
