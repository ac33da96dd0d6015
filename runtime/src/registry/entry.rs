//! A cache as it is configured.

use super::{Standing, alias, registry};
use crate::adapters::named::Maker;
use crate::cache::Cache;
use crate::config::{Fault, Fields, Value};
use crate::error::{Error, ErrorKind, Result};
use crate::observer::Named;

/// One named cache, as it is written.
#[derive(PartialEq)]
pub(crate) struct Entry {
    /// In lower case.
    pub(crate) name: String,
    /// An alias or a URL.
    pub(crate) adapter: String,
    pub(crate) fields: Vec<(String, Value)>,
}

impl Entry {
    /// A new cache of it, in the place of the one there was `before`.
    ///
    /// # Errors
    /// What is wrong with it, after its name and the setting's.
    pub(crate) fn make(&self, before: Option<&Cache>) -> Result<Cache> {
        let maker = self.maker().map_err(|error| Fault::at("adapter", error).of_cache(&self.name))?;
        self.make_by(&maker, before)
    }

    fn maker(&self) -> Result<Maker, Fault> {
        let name = self.adapter.to_ascii_lowercase();
        if matches!(registry().known.get(&name), Some(Standing::Configured(_))) {
            return Err(Fault::of("adapter", "this is a named cache itself: write the store or the URL"));
        }
        let maker = alias::maker(&self.adapter)?;
        // The URL alone first: what is wrong with it is not to be blamed on the settings.
        if name.contains(':') {
            maker(&mut Fields::none())?;
        }
        Ok(maker)
    }

    /// A new cache of it, by what its adapter stands for.
    pub(super) fn make_by(&self, maker: &Maker, before: Option<&Cache>) -> Result<Cache> {
        let mut fields = Fields::new(self.fields.clone());
        let made = maker(&mut fields).and_then(|cache| {
            let names = fields.names(OBSERVERS)?;
            fields.finish(cache.adapter())?;
            watched(cache, &names.unwrap_or_default(), before)
        });
        made.map_err(|fault| fault.of_cache(&self.name))
    }

    /// The cache that stands for it now.
    pub(super) fn standing(&self) -> Option<Cache> {
        registry().named.get(&self.name).cloned()
    }

    /// All that is wrong, in one error of the kind of the first.
    pub(super) fn wrong(errors: &[Error]) -> Error {
        let lines = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let kind = errors.first().map_or(ErrorKind::Config, Error::kind);
        match errors.len() {
            1 => Error::new(kind, lines),
            n_errors => Error::new(kind, format!("{n_errors} caches are wrongly configured\n{lines}")),
        }
    }
}

const OBSERVERS: &str = "observers";

/// The cache, with the observers of these names.
fn watched(cache: Cache, names: &[String], before: Option<&Cache>) -> Result<Cache, Fault> {
    let wrong = |at: usize, error: Error| Fault::at(&format!("{OBSERVERS}[{at}]"), error);
    let named = names.iter().zip(0..).map(|(name, at)| Named::find(name).map_err(|error| wrong(at, error)));
    let named = named.collect::<Result<Vec<_>, _>>()?;
    cache.observe_named(&named, before).map_err(|(at, error)| wrong(at, error))?;
    Ok(cache)
}
