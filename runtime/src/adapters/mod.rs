//! The stores that come with larder, a folder each.

mod memory;
mod null;

pub use memory::{MemoryCache, MemoryCacheBuilder};
pub use null::NullCache;
