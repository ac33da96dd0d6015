//! What the environment says, checked at start-up by who wants to know.

use super::current;
use crate::adapters::named;
use crate::defaults;
use crate::error::Result;

/// Is what the environment says of caches right? For a program that would rather not start than run uncached.
///
/// Looks at `LARDER_URL`, which is the current cache while nothing was set; `LARDER_DEFAULT_TIMEOUT`; and, where this build has
/// the store, at `REDIS_URL`, `MEMCACHED_URL` and `SQLITE_URL`, which names alone stand for. Variables that are unset or empty
/// are right. No store is asked whether it is there.
///
/// # Errors
/// What is wrong with the first of them that is, after its name: what [`adapter_set`](crate::adapter_set) would say of it, or
/// [`Config`](crate::ErrorKind::Config).
///
/// # Examples
/// ```
/// fn main() -> larder::Result<()> {
///     larder::check_environment()
/// }
/// ```
pub fn check_environment() -> Result<()> {
    let current = current::said_by_environment().map(|made| made.map(drop));
    let timeout = defaults::said_by_environment().map(|timeout| timeout.map(drop));
    let stores = named::said_by_environment();
    [current, timeout].into_iter().flatten().chain(stores).collect()
}
