//! A cache as it is configured.

use super::{Standing, alias, registry};
use crate::adapters::named::Maker;
use crate::cache::Cache;
use crate::config::{Fault, Fields, Value};
use crate::error::{Error, ErrorKind, Result};

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
    /// A new cache of it.
    ///
    /// # Errors
    /// What is wrong with it, after its name and the setting's.
    pub(crate) fn make(&self) -> Result<Cache> {
        let maker = self.maker().map_err(|error| Fault::at("adapter", error).of_cache(&self.name))?;
        self.make_by(&maker)
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
    pub(super) fn make_by(&self, maker: &Maker) -> Result<Cache> {
        let mut fields = Fields::new(self.fields.clone());
        let made = maker(&mut fields).and_then(|cache| fields.finish(cache.adapter()).map(|()| cache));
        made.map_err(|fault| fault.of_cache(&self.name))
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
