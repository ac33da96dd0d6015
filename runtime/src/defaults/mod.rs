//! What holds for the whole process where neither a function nor its cache says so: what the program has set, else what the
//! environment says, else what is usual. Read when it is needed, so caches that are there already follow.

#[cfg(feature = "far")]
mod codec;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

#[cfg(feature = "far")]
pub use codec::{default_codec, set_default_codec};

use crate::environment;
use crate::error::{Error, ErrorKind, Result};
use crate::timeout::Timeout;

/// In milliseconds; 0 before it is known.
static TIMEOUT: AtomicU64 = AtomicU64::new(0);

/// How long results are served where neither their function nor its cache says: what [`set_default_timeout`] has set last,
/// else what `LARDER_DEFAULT_TIMEOUT` says (`90`, `5m`, `never`), else 300 s.
///
/// A variable that is malformed is told once on standard error, and by [`check_environment`](crate::check_environment).
///
/// # Examples
/// ```
/// use larder::Timeout;
///
/// assert_eq!(larder::default_timeout(), Timeout::DEFAULT);
/// ```
pub fn default_timeout() -> Timeout {
    match TIMEOUT.load(Ordering::Relaxed) {
        0 => first(),
        ms => Timeout::from_millis(ms),
    }
}

#[cold]
fn first() -> Timeout {
    static REPORT: AtomicBool = AtomicBool::new(false);
    let timeout = said_by_environment().unwrap_or(Ok(Timeout::DEFAULT)).unwrap_or_else(|error| {
        environment::report(&REPORT, &error, "300 s are used");
        Timeout::DEFAULT
    });
    // What was set meanwhile goes before it.
    match TIMEOUT.compare_exchange(0, timeout.as_millis(), Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => timeout,
        Err(set) => Timeout::from_millis(set),
    }
}

/// What `LARDER_DEFAULT_TIMEOUT` says.
pub(crate) fn said_by_environment() -> Option<Result<Timeout>> {
    environment::read("LARDER_DEFAULT_TIMEOUT", |text| positive(text.parse()?))
}

/// Sets [`default_timeout`] for the whole process; results that are stored already keep theirs.
///
/// # Errors
/// [`ErrorKind::Config`] if it is 0, which would keep nothing.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use larder::{Remaining, cached};
///
/// #[cached(key = "cube:{x}")]
/// fn cube(x: u64) -> u64 { x * x * x }
///
/// #[cached(key = "fourth:{x}", timeout = 60)]
/// fn fourth(x: u64) -> u64 { x * x * x * x }
///
/// larder::set_default_timeout(7_200)?;
/// cube(2);
/// fourth(2);
/// let left = |left| matches!(left, Some(Remaining::For(left)) if left > Duration::from_secs(3_600));
/// assert!(left(cube::timeout_left(2)?));
/// assert!(!left(fourth::timeout_left(2)?), "it says so itself");
///
/// assert!(larder::set_default_timeout(0).is_err());
/// # Ok::<(), larder::Error>(())
/// ```
pub fn set_default_timeout(timeout: impl Into<Timeout>) -> Result<()> {
    TIMEOUT.store(positive(timeout.into())?.as_millis(), Ordering::Relaxed);
    Ok(())
}

fn positive(timeout: Timeout) -> Result<Timeout> {
    if timeout.is_zero() {
        let message = "a default timeout of 0 keeps nothing: use the `null` adapter, or `set_caching`, for that";
        return Err(Error::new(ErrorKind::Config, message));
    }
    Ok(timeout)
}
