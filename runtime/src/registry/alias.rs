//! What the names of adapters stand for.

use std::sync::Arc;

use super::{named, registry};
use crate::adapters::named::{self as store, Open, not_yet};
use crate::adapters::{MemoryCacheBuilder, NullCache};
use crate::cache::Cache;
use crate::error::{Error, ErrorKind, Result};

/// The canonical name, its aliases, and what opens it.
const ADAPTERS: &[(&str, &[&str], Open)] = &[
    ("memory", &["mem", "ram", "memorycache", "asyncmemorycache"], |url| Some(memory(url))),
    ("null", &["none", "nullcache"], |_| Some(Ok(NullCache.into()))),
    ("redis", &["rediscache", "asyncrediscache", "redis+unix", "unix", "valkey", "valkey+unix"], store::redis),
    ("memcached", &["memcache", "mcache", "memcachedcache", "asyncmemcachedcache"], store::memcached),
    ("sqlite", &["sqlite3", "sqlitedb", "sqlitecache", "asyncsqlitecache"], store::sqlite),
];

/// Those that this build can open.
const BUILT: &[&str] = &[
    "memory",
    "null",
    #[cfg(feature = "redis")]
    "redis",
    #[cfg(feature = "memcached")]
    "memcached",
    #[cfg(feature = "sqlite")]
    "sqlite",
];

/// The name under which the one instance is known: aliases of one store share it.
pub(super) fn canonical(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if registry().factories.contains_key(&name) {
        return name;
    }
    let store = ADAPTERS.iter().find(|(_, aliases, _)| aliases.contains(&&*name));
    store.map_or(name, |(canonical, ..)| (*canonical).into())
}

/// What an alias or a URL stands for: the one instance of a name, a new one for a URL.
pub(super) fn resolve(text: &str) -> Result<Cache> {
    if text.contains(':') { make(text) } else { named(text) }
}

/// A new cache for an alias or a URL.
pub(super) fn make(text: &str) -> Result<Cache> {
    let (name, settings) = match text.split_once(':') {
        Some((scheme, rest)) => (scheme, Some(rest)),
        None => (text, None),
    };
    let name = name.to_ascii_lowercase();
    let own = registry().factories.get(&name).map(Arc::clone);
    if let Some(factory) = own {
        return match settings {
            None => factory(),
            Some(_) => Err(Error::new(ErrorKind::Config, format!("the adapter `{}` takes no URL", shown(&name)))),
        };
    }
    let known = ADAPTERS.iter().find(|(canonical, aliases, _)| *canonical == name || aliases.contains(&&*name));
    let Some((canonical, _, open)) = known else { return Err(not_there_yet(&name).unwrap_or_else(|| unknown(&name))) };
    open(settings.map(|_| text)).unwrap_or_else(|| Err(feature_off(&name, canonical)))
}

fn memory(url: Option<&str>) -> Result<Cache> {
    let settings = url.and_then(|url| url.split_once(':')).map(|(_, settings)| settings);
    Ok(MemoryCacheBuilder::default().query(query(settings)?)?.build()?.into())
}

/// What follows `?` in a URL of an adapter that has no address.
fn query(settings: Option<&str>) -> Result<&str> {
    let rest = settings.unwrap_or_default().trim_start_matches('/');
    match rest.split_once('?') {
        None if rest.is_empty() => Ok(""),
        Some(("", query)) => Ok(query),
        _ => Err(Error::new(ErrorKind::Config, "a memory URL has no address: write `memory://?max_entries=1000`")),
    }
}

fn feature_off(name: &str, feature: &str) -> Error {
    let message = format!(
        "the adapter `{name}` is not in this build: it needs the cargo feature `{feature}` of larder; \
         in this build are {}",
        available()
    );
    Error::new(ErrorKind::FeatureOff, message)
}

fn not_there_yet(name: &str) -> Option<Error> {
    let what = not_yet(name)?;
    Some(Error::new(ErrorKind::Config, format!("`{name}` asks for {what}, which larder does not do yet")))
}

fn unknown(name: &str) -> Error {
    let hint = nearest(name).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let message = format!("no adapter is named `{}`: known are {}{hint}", shown(name), every());
    Error::new(ErrorKind::UnknownAdapter, message)
}

fn list(names: impl Iterator<Item = String>) -> String {
    let own = registry().factories.keys().cloned().collect::<std::collections::BTreeSet<_>>();
    names.chain(own).collect::<Vec<_>>().join(", ")
}

fn available() -> String {
    list(BUILT.iter().map(|name| (*name).to_owned()))
}

fn every() -> String {
    list(ADAPTERS.iter().map(|(name, aliases, _)| format!("{name} ({})", aliases[..aliases.len().min(2)].join(", "))))
}

/// The text if it can be a name, so that no message shows what may be a password.
fn shown(name: &str) -> &str {
    let is_name = name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c));
    if is_name { name } else { "…" }
}

/// The known name that is at most two edits away.
fn nearest(name: &str) -> Option<String> {
    let own = registry().factories.keys().cloned().collect::<Vec<_>>();
    let known = ADAPTERS.iter().flat_map(|(name, aliases, _)| [*name].into_iter().chain(aliases.iter().copied()));
    let known = known.map(str::to_owned).chain(own);
    known
        .map(|known| (strsim::osa_distance(name, &known), known))
        .filter(|&(n_edits, _)| n_edits <= 2)
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests;
