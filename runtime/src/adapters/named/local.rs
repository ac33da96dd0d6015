//! What stays in this process, and what is kept nowhere.

use super::super::{MemoryCacheBuilder, NullCache};
use super::Store;
use crate::cache::Cache;
use crate::config::{Fault, Fields, LIMIT_COUNTS, LIMIT_SPANS};
use crate::error::{Error, ErrorKind, Result};

pub(super) const MEMORY: Option<Store> = Some(Store { variable: None, usual: "memory:", open: memory });
pub(super) const NULL: Option<Store> = Some(Store { variable: None, usual: "null:", open: null });

fn memory(url: &str, fields: &mut Fields) -> Result<Cache, Fault> {
    let mut builder = MemoryCacheBuilder::default().query(query(url)?)?;
    if let Some(n_entries) = fields.limit("max_entries")? {
        builder = builder.max_entries(n_entries);
    }
    if let Some(bytes) = fields.limit("max_weight")? {
        builder = builder.max_weight(bytes);
    }
    if let Some(timeout) = fields.timeout("timeout")? {
        builder = builder.timeout(timeout);
    }
    if let Some(grace) = fields.span("grace")? {
        builder = builder.grace(grace);
    }
    let cache = Cache::from(builder.build()?);
    seen_through(cache, fields)
}

/// Takes the settings that every cache has, so that caching can be switched off by changing one line.
fn null(_: &str, fields: &mut Fields) -> Result<Cache, Fault> {
    fields.timeout("timeout")?;
    fields.span("grace")?;
    fields.text("codec")?;
    fields.names("layers")?;
    LIMIT_SPANS.into_iter().try_for_each(|name| fields.span(name).map(drop))?;
    LIMIT_COUNTS.into_iter().try_for_each(|name| fields.number::<u64>(name).map(drop))?;
    seen_through(NullCache.into(), fields)
}

/// A cache that is there, and has no settings but its namespace.
pub(crate) fn seen_through(cache: Cache, fields: &mut Fields) -> Result<Cache, Fault> {
    let namespace = fields.text("namespace")?;
    Ok(namespace.map_or(cache.clone(), |namespace| cache.with_namespace(&namespace)))
}

/// What follows `?` in a URL of an adapter that has no address.
fn query(url: &str) -> Result<&str> {
    let rest = url.split_once(':').map_or("", |(_, rest)| rest).trim_start_matches('/');
    match rest.split_once('?') {
        None if rest.is_empty() => Ok(""),
        Some(("", query)) => Ok(query),
        _ => Err(Error::new(ErrorKind::Config, "a memory URL has no address: write `memory://?max_entries=1000`")),
    }
}
