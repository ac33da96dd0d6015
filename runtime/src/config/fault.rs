//! What is wrong with the settings of one cache, and with which of them.

use std::fmt::Display;

use crate::error::{Error, ErrorKind};

#[derive(Debug)]
pub(crate) struct Fault {
    /// `None`: it is about the cache as a whole.
    field: Option<String>,
    error: Error,
}

impl Fault {
    /// A wrong value.
    pub(crate) fn of(field: &str, message: impl Display) -> Self {
        Self::at(field, Error::new(ErrorKind::Config, message.to_string()))
    }

    /// `error` is about one field, unless it is known to be about another.
    pub(crate) fn at(field: &str, error: impl Into<Self>) -> Self {
        let Self { field: known, error } = error.into();
        Self { field: Some(known.unwrap_or_else(|| field.to_owned())), error }
    }

    /// The same, with its place in the file.
    pub(crate) fn of_cache(self, name: &str) -> Error {
        let Self { field, error } = self;
        let dot = if field.is_some() { "." } else { "" };
        Error::new(error.kind(), format!("{name}{dot}{}: {error}", field.unwrap_or_default()))
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { field: None, error }
    }
}

/// For who has not given any fields.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        fault.error
    }
}
