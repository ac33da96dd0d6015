//! What the names of adapters stand for.

use std::sync::Arc;

use super::{Standing, making, named, registry};
use crate::adapters::named::{KINDS, Kind, Maker, seen_through};
use crate::cache::Cache;
use crate::config::{Fault, Fields, nearest, shown};
use crate::error::{Error, ErrorKind, Result};

/// The store that goes by `name`, in lower case.
fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name || kind.aliases.contains(&name))
}

/// Does `name` belong to a store, whether this build has it or not?
pub(crate) fn is_store(name: &str) -> bool {
    kind(&name.to_ascii_lowercase()).is_some()
}

/// The name under which the one instance is known: aliases of one store share it.
pub(super) fn canonical(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if registry().known.contains_key(&name) {
        return name;
    }
    kind(&name).map_or(name, |kind| kind.name.into())
}

/// What an alias or a URL stands for: the one instance of a name, a new one for a URL.
pub(super) fn resolve(text: &str) -> Result<Cache> {
    if text.contains(':') { make(text) } else { named(text) }
}

/// A new cache for an alias or a URL.
pub(super) fn make(text: &str) -> Result<Cache> {
    Ok(maker(text)?(&mut Fields::none())?)
}

/// What makes caches for an alias or a URL.
///
/// # Errors
/// Where the name is unknown, or its store is not in this build. URLs are read by what is returned.
pub(super) fn maker(text: &str) -> Result<Maker> {
    let (name, url) = match text.split_once(':') {
        Some((scheme, _)) => (scheme.to_ascii_lowercase(), Some(text.to_owned())),
        None => (canonical(text), None),
    };
    let standing = registry().known.get(&name).cloned();
    let Some(kind) = kind(&name) else {
        return match (standing, url) {
            (Some(standing), None) => Ok(standing.maker(&name)),
            (None, _) => Err(unknown(&name)),
            (Some(_), Some(_)) => {
                Err(Error::new(ErrorKind::Config, format!("the adapter `{}` takes no URL", shown(&name))))
            }
        };
    };
    if let (Some(standing), None) = (standing, &url) {
        return Ok(standing.maker(&name));
    }
    let Some(store) = &kind.store else { return Err(feature_off(&name, kind.name)) };
    Ok(Arc::new(move |fields| store.open(url.as_deref(), fields)))
}

impl Standing {
    fn maker(self, name: &str) -> Maker {
        match self {
            Self::Registered(factory) => {
                let name = name.to_owned();
                Arc::new(move |fields| seen_through(making::once(&name, &*factory)?, fields))
            }
            Self::Configured(entry) => {
                Arc::new(move |fields| seen_through(entry.make(None).map_err(Fault::from)?, fields))
            }
            #[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
            Self::Store(maker) => maker,
        }
    }
}

fn feature_off(name: &str, feature: &str) -> Error {
    let built = KINDS.iter().filter(|kind| kind.store.is_some()).map(|kind| kind.name.to_owned());
    let message = format!(
        "the adapter `{name}` is not in this build: it needs the cargo feature `{feature}` of larder; \
         in this build are {}",
        list(built)
    );
    Error::new(ErrorKind::FeatureOff, message)
}

fn unknown(name: &str) -> Error {
    let kinds = KINDS.iter().map(|kind| format!("{} ({})", kind.name, kind.aliases[..2].join(", ")));
    let own = own();
    let known = KINDS.iter().flat_map(|kind| kind.aliases.iter().copied().chain([kind.name]));
    let known = known.chain(own.iter().map(String::as_str));
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "names of your own are made by `register_adapter` and `caches::configure`".to_owned(),
    };
    let message = format!("no adapter is named `{}`: known are {}; {hint}", shown(name), list(kinds));
    Error::new(ErrorKind::UnknownAdapter, message)
}

fn list(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<_> = names.collect();
    names.extend(own());
    names.join(", ")
}

/// The names that the program has given, those of stores aside.
fn own() -> Vec<String> {
    let mut own: Vec<String> = registry().known.keys().filter(|name| kind(name).is_none()).cloned().collect();
    own.sort_unstable();
    own
}

#[cfg(test)]
mod tests;
