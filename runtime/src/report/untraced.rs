//! Without `tracing` people are told on standard error.

use crate::environment;

/// A warning.
pub(crate) fn warn(message: &str) {
    environment::tell(format_args!("{message}"));
}
