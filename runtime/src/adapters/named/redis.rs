//! Redis: where it is, and how to get in.

use super::super::redis::{URL_SETTINGS, UrlSettings, address_pair, check_address, is_cluster};
use super::super::{RedisCache, RedisCacheBuilder, RedisCluster, RedisClusterBuilder};
use super::settings::{Settings, is_plain_by};
use super::{Store, finish};
use crate::cache::{Cache, CacheBuilder};
use crate::config::{Fault, Fields};
use crate::error::{Error, ErrorKind, Result};

pub(super) const STORE: Option<Store> =
    Some(Store { variable: Some("REDIS_URL"), usual: "redis://127.0.0.1:6379", open });

fn open(url: &str, fields: &mut Fields) -> Result<Cache, Fault> {
    let (url, settings) = Settings::split(url, &URL_SETTINGS)?;
    let is_plain = settings.is_plain();
    if is_cluster(&url) {
        return finish(settings.on(cluster(&url, is_plain, fields)?), fields);
    }
    finish(settings.on(told(RedisCache::builder().url(url), is_plain, fields)?), fields)
}

/// A cluster. Nodes that the fields name are used in the place of the URL's.
fn cluster(url: &str, is_plain: bool, fields: &mut Fields) -> Result<CacheBuilder, Fault> {
    let nodes = addresses("nodes", fields)?.unwrap_or_default();
    let mut builder = nodes.into_iter().fold(RedisCluster::builder().url(url), RedisClusterBuilder::node);
    builder = builder.settings(further(fields)?);
    if let Some(bytes) = fields.limit("largest_entry")? {
        builder = builder.largest_entry(bytes);
    }
    let cluster = builder.build()?;
    if is_plain_by(fields, is_plain)? {
        let message = "bare values, of `envelope=off`, are not kept in a redis cluster yet: take one server for them";
        return Err(Fault::at("envelope", Error::new(ErrorKind::Config, message)));
    }
    Ok(cluster.cache())
}

/// What the fields say goes before what the builder was told.
pub(super) fn told(mut builder: RedisCacheBuilder, is_plain: bool, fields: &mut Fields) -> Result<CacheBuilder, Fault> {
    if let Some(host) = fields.text("host")? {
        builder = builder.host(host);
    }
    if let Some(port) = fields.number("port")? {
        builder = builder.port(port);
    }
    if let Some(path) = fields.text("socket")? {
        builder = builder.socket(path);
    }
    if let Some(number) = fields.number("database")? {
        builder = builder.database(number);
    }
    if let Some(sentinels) = addresses("sentinels", fields)? {
        builder = builder.sentinels(sentinels);
    }
    if let Some(name) = fields.text("master")? {
        builder = builder.master(name);
    }
    builder = builder.settings(further(fields)?);
    if let Some(bytes) = fields.limit("largest_entry")? {
        builder = builder.largest_entry(bytes);
    }
    if addresses("nodes", fields)?.is_some() {
        let message = "these are of a cluster: write as its `adapter` a URL that begins with redis+cluster://";
        return Err(Fault::at("nodes", Error::new(ErrorKind::Config, message)));
    }
    let (store, is_plain) = (builder.build()?, is_plain_by(fields, is_plain)?);
    Ok(if is_plain { Cache::plain(store) } else { Cache::builder(store) })
}

/// Several of them, each looked at by itself, so that the one that is wrong is named.
fn addresses(name: &'static str, fields: &mut Fields) -> Result<Option<Vec<String>>, Fault> {
    let addresses = fields.texts(name)?;
    for (at, address) in addresses.iter().flatten().enumerate() {
        check_address(address).map_err(|error| Fault::at(&format!("{name}[{at}]"), error))?;
    }
    Ok(addresses)
}

/// Pairs of addresses, each `announced=reached`.
fn pairs(name: &'static str, fields: &mut Fields) -> Result<Option<Vec<(String, String)>>, Fault> {
    let Some(texts) = fields.texts(name)? else { return Ok(None) };
    let pairs = texts
        .iter()
        .enumerate()
        .map(|(at, text)| address_pair(text).map_err(|error| Fault::at(&format!("{name}[{at}]"), error)));
    pairs.collect::<Result<_, _>>().map(Some)
}

/// What servers of any kind are told. That there are files of TLS does not encrypt: the scheme of a URL does.
fn further(fields: &mut Fields) -> Result<UrlSettings, Fault> {
    Ok(UrlSettings {
        user: fields.text("user")?,
        password: fields.text("password")?,
        ca: fields.text("ca")?.map(Into::into),
        certificate: fields.text("certificate")?.map(Into::into),
        key: fields.text("key")?.map(Into::into),
        sentinel_user: fields.text("sentinel_user")?,
        sentinel_password: fields.text("sentinel_password")?,
        wait_replicas: fields.number("wait_replicas")?,
        address_map: pairs("address_map", fields)?,
    })
}
