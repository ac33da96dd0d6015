//! What the environment says, read in one place: a variable that is unset or empty says nothing, and what is wrong with one
//! is an error that names it. Where there is nobody to take an error, it is told on standard error, once.

use std::env::{self, VarError};
use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// What `variable` says, by `parse`.
pub(crate) fn read<T, E>(variable: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<Result<T>>
where
    Error: From<E>,
{
    let parsed = match env::var(variable) {
        Ok(text) if text.trim().is_empty() => return None,
        Ok(text) => parse(text.trim()).map_err(Error::from),
        Err(VarError::NotPresent) => return None,
        Err(VarError::NotUnicode(_)) => Err(Error::new(ErrorKind::Config, "it is not Unicode text")),
    };
    Some(parsed.map_err(|error| Error::new(error.kind(), format!("{variable}: {error}"))))
}

/// Tells people what is wrong and what comes of it, the first time only. A closed standard error is no reason to fail.
pub(crate) fn report(is_told: &AtomicBool, error: &Error, consequence: &str) {
    // Nobody waits for who tells it: standard error may be held by who asks.
    if !is_told.swap(true, Ordering::Relaxed) {
        tell(format_args!("{error}; {consequence}"));
    }
}

/// A line on standard error.
pub(crate) fn tell(message: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "larder: {message}");
}
