//! A SQLite file.

use super::super::{SqliteCache, SqliteCacheBuilder};
use super::settings::Settings;
use super::{Store, finish};
use crate::cache::{Cache, CacheBuilder};
use crate::config::{Fault, Fields};
use crate::error::Result;

pub(super) const STORE: Option<Store> = Some(Store { variable: Some("SQLITE_URL"), usual: "sqlite:", open });

/// A URL, or the path of a file.
fn open(url: &str, fields: &mut Fields) -> Result<Cache, Fault> {
    if !SqliteCacheBuilder::is_url(url) {
        return finish(told(SqliteCache::builder().path(url), fields)?, fields);
    }
    let (url, settings) = Settings::split(url, &["max_bytes", "max_entries", "name"])?;
    finish(settings.on(told(SqliteCacheBuilder::url(&url)?, fields)?), fields)
}

/// What the fields say goes before what the builder was told.
pub(super) fn told(mut builder: SqliteCacheBuilder, fields: &mut Fields) -> Result<CacheBuilder, Fault> {
    if let Some(path) = fields.text("path")? {
        builder = builder.path(path);
    }
    if let Some(bytes) = fields.limit("max_bytes")? {
        builder = builder.max_bytes(bytes);
    }
    if let Some(n_entries) = fields.limit("max_entries")? {
        builder = builder.max_entries(n_entries);
    }
    Ok(Cache::builder(builder.build()?))
}
