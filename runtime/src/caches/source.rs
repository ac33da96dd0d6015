//! The caches that a source tells of, before anybody knows what their settings mean.

use serde_core::{Deserialize, Deserializer};

use crate::config::{Fault, Value, shown};
use crate::error::{Error, ErrorKind, Result};
use crate::registry::Entry;

/// Each as it is written.
///
/// # Errors
/// Where it is no table, or no text of its format; else what is wrong with the first that has no shape of a cache.
pub(super) fn entries<'de>(source: impl Deserializer<'de>) -> Result<Vec<Entry>> {
    let refused = |message: String| Err(Error::new(ErrorKind::Config, message));
    let caches = match Value::deserialize(source) {
        Ok(Value::Table(caches)) => caches,
        Ok(_) => return refused("the configuration of caches is no table of them by name".into()),
        Err(error) => return refused(format!("the configuration of caches cannot be read: {}", brief(&error))),
    };
    let mut entries: Vec<Entry> = Vec::new();
    for (name, value) in caches {
        let entry = entry(&name, value).map_err(|fault| fault.of_cache(shown(&name)))?;
        if entries.iter().any(|other| other.name == entry.name) {
            return refused(format!("{}: there are two of this name, which is the same in any case", shown(&name)));
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(name: &str, value: Value) -> Result<Entry, Fault> {
    let refused = |message: &'static str| Err(Error::new(ErrorKind::Config, message).into());
    if name.is_empty() || shown(name) != name {
        return refused("the name of a cache has at most 32 letters of `A` to `Z`, digits, `-`, `_` and `+`");
    }
    if crate::registry::is_store(name) {
        return refused("this is the name of a store, so no cache of your own can have it");
    }
    let mut fields = match value {
        Value::Table(fields) => fields,
        Value::Text(adapter) => vec![(ADAPTER.into(), Value::Text(adapter))],
        _ => return refused("a cache is a table of settings, or a text: its adapter"),
    };
    fields.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    if let Some([(twice, _), _]) = fields.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(Fault::of(shown(twice), "this is there twice"));
    }
    let adapter = match fields.iter().position(|(name, _)| name == ADAPTER).map(|at| fields.remove(at)) {
        None => "memory".into(),
        Some((_, Value::Text(adapter))) => adapter,
        Some(_) => return Err(Fault::of(ADAPTER, "this takes a text: the name of a store, or a URL")),
    };
    Ok(Entry { name: name.to_ascii_lowercase(), adapter, fields })
}

const ADAPTER: &str = "adapter";

/// What a format says of a text, without the lines of it that some show: a password may stand there.
fn brief(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    match lines.next_back() {
        Some(last) => format!("{first}: {last}"),
        None => first.to_owned(),
    }
}
