//! A SQLite file.

use super::super::{SqliteCache, SqliteCacheBuilder};
use super::settings::Settings;
use super::{Store, finish};
use crate::cache::{Cache, CacheBuilder};
use crate::config::{Fault, Fields};
use crate::error::{Error, ErrorKind, Result};

pub(super) const STORE: Option<Store> = Some(Store { variable: Some("SQLITE_URL"), usual: "sqlite:", open });

/// A URL, or the path of a file.
fn open(url: &str, fields: &mut Fields) -> Result<Cache, Fault> {
    if !SqliteCacheBuilder::is_url(url) {
        return finish(told(SqliteCache::builder().path(url), false, fields)?, fields);
    }
    let (url, settings) = Settings::split(url, &["max_bytes", "max_entries", "name"])?;
    let is_plain = settings.is_plain();
    finish(settings.on(told(SqliteCacheBuilder::url(&url)?, is_plain, fields)?), fields)
}

/// What the fields say goes before what the builder was told.
pub(super) fn told(
    mut builder: SqliteCacheBuilder,
    is_plain: bool,
    fields: &mut Fields,
) -> Result<CacheBuilder, Fault> {
    if let Some(path) = fields.text("path")? {
        builder = builder.path(path);
    }
    if let Some(bytes) = fields.limit("max_bytes")? {
        builder = builder.max_bytes(bytes);
    }
    if let Some(n_entries) = fields.limit("max_entries")? {
        builder = builder.max_entries(n_entries);
    }
    if is_plain {
        let message =
            "no other program reads what is in the file of a SQLite cache: `envelope=off` is for redis and memcached";
        return Err(Error::new(ErrorKind::Unsupported, message).into());
    }
    Ok(Cache::builder(builder.build()?))
}
