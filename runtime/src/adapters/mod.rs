//! The stores that come with larder, a folder each.

mod memory;
mod null;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use memory::{MemoryCache, MemoryCacheBuilder};
pub use null::NullCache;
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteCache, SqliteCacheBuilder};
