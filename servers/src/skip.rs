//! What a test does where servers, or Python, are not installed: at a desk it is skipped, and says so; where they are required, as
//! under `cargo xtask test`, it fails.

use std::env;
use std::io::{self, Write};
use std::thread;

use crate::ensure::advice;

/// What was `started`; `None`, after a line on stderr, if its program is not installed.
///
/// # Panics
/// If the program is not installed and `LARDER_REQUIRE_SERVERS` is `1`, or if the server could not be started.
pub fn or_skip<T>(started: io::Result<T>) -> Option<T> {
    let error = match started {
        Ok(server) => return Some(server),
        Err(error) => error,
    };
    let is_required = env::var("LARDER_REQUIRE_SERVERS").is_ok_and(|required| required == "1");
    assert!(error.kind() == io::ErrorKind::NotFound, "{error}");
    assert!(!is_required, "LARDER_REQUIRE_SERVERS is set, and: {error}\n{}", advice());
    let thread = thread::current();
    // Not by `eprintln!`, which the test harness keeps for itself when a test passes.
    let _ = writeln!(io::stderr(), "skipped {}: not installed: {error}", thread.name().unwrap_or("a test"));
    None
}
