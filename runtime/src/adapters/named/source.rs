//! What a store's name can be made to stand for.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Maker, finish};
use crate::cache::{Cache, CacheBuilder};

/// What the name of a store can be made to stand for: a URL, a builder, an instance, or a [`CacheBuilder`] over one. All convert
/// into it, so [`configure_redis`](crate::configure_redis) and its like take them as they are.
pub struct StoreSource<S> {
    pub(crate) maker: Maker,
    store: PhantomData<fn() -> S>,
}

impl<S> StoreSource<S> {
    fn new(maker: Maker) -> Self {
        Self { maker, store: PhantomData }
    }
}

/// Not what it is made of, where credentials may stand.
impl<S> fmt::Debug for StoreSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSource").finish_non_exhaustive()
    }
}

impl<S> From<CacheBuilder> for StoreSource<S> {
    fn from(builder: CacheBuilder) -> Self {
        Self::new(Arc::new(move |fields| finish(builder.clone(), fields)))
    }
}

macro_rules! sources {
    ($($feature:literal $module:ident $adapter:ident $builder:ident)*) => {$(
        #[cfg(feature = $feature)]
        const _: () = {
            use super::super::{$adapter, $builder};
            use super::$module::{STORE, told};

            impl From<&str> for StoreSource<$adapter> {
                fn from(url: &str) -> Self {
                    Self::from(url.to_owned())
                }
            }

            impl From<&String> for StoreSource<$adapter> {
                fn from(url: &String) -> Self {
                    Self::from(url.clone())
                }
            }

            impl From<String> for StoreSource<$adapter> {
                fn from(url: String) -> Self {
                    let store = STORE.expect("a store that is in the build");
                    Self::new(Arc::new(move |fields| store.open(Some(&url), fields)))
                }
            }

            impl From<$builder> for StoreSource<$adapter> {
                fn from(builder: $builder) -> Self {
                    Self::new(Arc::new(move |fields| finish(told(builder.clone(), false, fields)?, fields)))
                }
            }

            impl From<$adapter> for StoreSource<$adapter> {
                fn from(adapter: $adapter) -> Self {
                    Self::from(Cache::builder(adapter))
                }
            }
        };
    )*};
}

sources! {
    "redis" redis RedisCache RedisCacheBuilder
    "memcached" memcached MemcachedCache MemcachedCacheBuilder
    "sqlite" sqlite SqliteCache SqliteCacheBuilder
}
