//! What the names and URLs of stores stand for, and the settings that each has beside them.

#[cfg(not(all(feature = "memcached", feature = "redis", feature = "sqlite")))]
mod absent;
mod local;
#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
mod settings;
#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
mod source;

#[cfg(feature = "memcached")]
mod memcached;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(not(feature = "memcached"))]
use self::absent as memcached;
#[cfg(not(feature = "redis"))]
use self::absent as redis;
#[cfg(not(feature = "sqlite"))]
use self::absent as sqlite;

use std::sync::Arc;

pub(crate) use local::seen_through;

#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
pub use source::StoreSource;

use crate::cache::Cache;
use crate::config::{Fault, Fields};
use crate::environment;
use crate::error::Result;
#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
use crate::layer::LimitSettings;

/// One kind of store.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// In lower case.
    pub(crate) aliases: &'static [&'static str],
    /// `None` in a build without the store's feature, which has its name.
    pub(crate) store: Option<Store>,
}

pub(crate) struct Store {
    /// Says in the environment what the name alone stands for.
    variable: Option<&'static str>,
    /// What it stands for if that says nothing.
    usual: &'static str,
    /// Makes a cache of a URL, and of the settings beside it, which go before it.
    open: fn(&str, &mut Fields) -> Result<Cache, Fault>,
}

/// What makes caches, each of which can have settings of its own.
pub(crate) type Maker = Arc<dyn Fn(&mut Fields) -> Result<Cache, Fault> + Send + Sync>;

const fn kind(name: &'static str, aliases: &'static [&'static str], store: Option<Store>) -> Kind {
    Kind { name, aliases, store }
}

pub(crate) static KINDS: [Kind; 5] = [
    kind("memory", &["mem", "ram", "memorycache", "asyncmemorycache"], local::MEMORY),
    kind("null", &["none", "nullcache", "asyncnullcache"], local::NULL),
    kind(
        "redis",
        &[
            "rediscache",
            "asyncrediscache",
            "redis+cluster",
            "redis+sentinel",
            "redis+unix",
            "rediss",
            "rediss+cluster",
            "rediss+sentinel",
            "unix",
            "valkey",
            "valkey+cluster",
            "valkey+sentinel",
            "valkey+unix",
            "valkeys",
            "valkeys+cluster",
            "valkeys+sentinel",
        ],
        redis::STORE,
    ),
    kind("memcached", &["memcache", "mcache", "memcachedcache", "asyncmemcachedcache"], memcached::STORE),
    kind("sqlite", &["sqlite3", "sqlitedb", "sqlitecache", "asyncsqlitecache"], sqlite::STORE),
];

impl Store {
    /// A cache at `url`, or where the store usually is.
    pub(crate) fn open(&self, url: Option<&str>, fields: &mut Fields) -> Result<Cache, Fault> {
        match (url, self.variable) {
            (Some(url), _) => (self.open)(url, fields),
            (None, None) => (self.open)(self.usual, fields),
            (None, Some(variable)) => self.by_environment(variable, fields),
        }
    }

    fn by_environment(&self, variable: &str, fields: &mut Fields) -> Result<Cache, Fault> {
        // The URL alone first: what is wrong with it is not to be blamed on the settings.
        match environment::read(variable, |url| (self.open)(url, &mut Fields::none()).map(|_| url.to_owned())) {
            Some(url) => (self.open)(&url?, fields),
            None => (self.open)(self.usual, fields),
        }
    }
}

/// What is right or wrong with the variables of the stores in this build, as far as they say something.
pub(crate) fn said_by_environment() -> impl Iterator<Item = Result<()>> {
    let stores = KINDS.iter().filter_map(|kind| kind.store.as_ref());
    stores
        .filter_map(|store| environment::read(store.variable?, |url| (store.open)(url, &mut Fields::none()).map(drop)))
}

/// What the fields say of the limits on a store.
#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
fn limits(fields: &mut Fields) -> Result<LimitSettings, Fault> {
    let mut limits = LimitSettings::default();
    for name in LimitSettings::SPANS {
        if let Some(value) = fields.span(name)? {
            limits.set_span(name, value).map_err(|error| Fault::at(name, error))?;
        }
    }
    for name in LimitSettings::COUNTS {
        if let Some(value) = fields.number(name)? {
            limits.set_count(name, value).map_err(|error| Fault::at(name, error))?;
        }
    }
    Ok(limits)
}

#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
fn finish(mut builder: crate::cache::CacheBuilder, fields: &mut Fields) -> Result<Cache, Fault> {
    if let Some(namespace) = fields.text("namespace")? {
        builder = builder.namespace(namespace);
    }
    if let Some(timeout) = fields.timeout("timeout")? {
        builder = builder.timeout(timeout);
    }
    if let Some(grace) = fields.span("grace")? {
        builder = builder.grace(grace);
    }
    if let Some(codec) = fields.text("codec")? {
        let codec = crate::codec::Codec::named(&codec).map_err(|error| Fault::at("codec", error))?;
        builder = builder.codec(codec);
    }
    builder = builder.limits(limits(fields)?);
    for (name, at) in fields.names("layers")?.into_iter().flatten().zip(0..) {
        let layer = crate::layer::named::make(&name).map_err(|error| Fault::at(&format!("layers[{at}]"), error))?;
        builder = builder.wrapped(&layer);
    }
    Ok(builder.build()?)
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
