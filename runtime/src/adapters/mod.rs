//! The stores that come with larder, a folder each.

mod memory;
mod null;
#[cfg(feature = "redis")]
mod redis;

pub use memory::{MemoryCache, MemoryCacheBuilder};
pub use null::NullCache;
#[cfg(feature = "redis")]
pub use redis::{RedisCache, RedisCacheBuilder, RedisClient};
