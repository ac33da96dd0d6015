//! Memcached servers. Each has limits and a breaker of its own: one that is down takes its own keys with it, and no others.

use super::super::{MemcachedCache, MemcachedCacheBuilder};
use super::settings::{Settings, is_plain_by};
use super::{Store, finish};
use crate::adapter::AnyAdapter;
use crate::cache::{Cache, CacheBuilder};
use crate::config::{Fault, Fields};
use crate::error::Result;

pub(super) const STORE: Option<Store> =
    Some(Store { variable: Some("MEMCACHED_URL"), usual: "memcache://127.0.0.1:11211", open });

fn open(url: &str, fields: &mut Fields) -> Result<Cache, Fault> {
    let (url, settings) = Settings::split(url, &[])?;
    let is_plain = settings.is_plain();
    finish(settings.on(told(MemcachedCache::builder().url(&url)?, is_plain, fields)?), fields)
}

/// Servers that the fields name are those that there are.
pub(super) fn told(
    mut builder: MemcachedCacheBuilder,
    is_plain: bool,
    fields: &mut Fields,
) -> Result<CacheBuilder, Fault> {
    if let Some(servers) = fields.texts("servers")? {
        builder = servers.into_iter().fold(builder.no_servers(), MemcachedCacheBuilder::server);
    }
    if let Some(bytes) = fields.limit("largest_entry")? {
        builder = builder.largest_entry(bytes);
    }
    let servers = builder.build_each()?;
    let forget = if is_plain_by(fields, is_plain)? { AnyAdapter::plain } else { AnyAdapter::new };
    Ok(Cache::fleet(servers.into_iter().map(|(name, server)| (name, forget(server)))))
}
