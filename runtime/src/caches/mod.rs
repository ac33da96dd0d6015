//! Caches by name, configured from a file.
//!
//! A program gives each kind of result a cache with settings of its own, functions ask for it by name
//! (`#[cached(adapter = "sessions")]`), and where it is and how long it keeps things stands in TOML, JSON, or whatever else
//! serde reads:
//!
//! ```toml
//! [sessions]
//! adapter = "redis://cache.internal/2"
//! namespace = "shop"
//! timeout = "30m"
//!
//! [pages]
//! adapter = "memory"
//! max_entries = 50_000
//! ```
//!
//! | setting | of | meaning |
//! |---|---|---|
//! | `adapter` | all | an alias (`redis`), a name that is registered, or a URL; `memory` if it is left out |
//! | `namespace` | all | whose entries these are |
//! | `timeout`, `grace` | all | seconds, a text with units (`"5m"`), or `"never"` |
//! | `observers` | all | a list of who watches it: `"timing"`, `"hit_miss_ratio"`, `"tracing"`, `"metrics"` (the last two by feature), and the names of [`register_observer`](crate::register_observer); [`Cache::observer`] finds them |
//! | `layers` | far stores | a list of what stands around the store, each around those before it: the names of `register_layer` |
//! | `codec` | far stores | how values are written: `"msgpack"`, `"json"` … |
//! | `request_timeout`, `time_budget` | far stores | how long one request of a call may take (250 ms), and all of a call's (280 ms); see [`CacheBuilder::request_timeout`](crate::CacheBuilder::request_timeout) |
//! | `helper_request_timeout`, `helper_time_budget` | far stores | the same for helpers and commands by hand (1 s, 1.5 s) |
//! | `breaker_failures`, `breaker_window`, `breaker_pause` | far stores | so many failures in a row open the breaker (5), requests are counted for so long (1 s), attempts to reach the store are at most so far apart (500 ms) |
//! | `max_in_flight` | far stores | so many reads may be in flight at once, and as many writes (1,024) |
//! | `envelope` | `redis`, `memcached` | `"off"` for values that programs in other languages share; see [`Cache::plain`] |
//! | `max_entries`, `max_weight` | `memory` | as in [`MemoryCacheBuilder`](crate::MemoryCacheBuilder) |
//! | `host`, `port`, `socket`, `user`, `password`, `database`, `largest_entry`, `wait_replicas` | `redis` | as in its builder |
//! | `ca`, `certificate`, `key` | `redis` over TLS | paths of files in PEM, as in its builder |
//! | `nodes` | a cluster (`redis+cluster://…`) | a list of some of its nodes, `"host"` or `"host:port"`, used in the place of the URL's |
//! | `address_map` | a cluster, `redis` behind sentinels | a list of `"announced=reached"`, as in its builder |
//! | `sentinels`, `master` | `redis` behind sentinels | a list of them, in the place of the URL's, and the name by which they know the master |
//! | `sentinel_user`, `sentinel_password` | `redis` behind sentinels | how to get in there |
//! | `servers`, `largest_entry` | `memcached` | as in its builder; `servers` is a list |
//! | `path`, `max_bytes`, `max_entries` | `sqlite` | as in its builder |
//!
//! Names of observers and layers are looked up when the configuration is read, so the program registers its own before that. A
//! cache that is configured anew keeps the observers whose names it still lists, with what they have counted.
//!
//! What is said by a setting goes before what the URL says. `null` takes the settings that all have, and keeps nothing. A cache
//! of which there is nothing else to say is written by its adapter alone: `sessions = "redis://cache.internal/2"`.

mod source;

use serde_core::Deserializer;

use crate::cache::Cache;
use crate::error::{Error, ErrorKind, Result};
use crate::registry;

/// Lets names stand for caches, as `source` says: a table of them by name, each with its [settings](self). A number may be
/// written as text.
///
/// Names that it does not mention stay as they are. One that is written as it was before keeps its instance, entries included.
/// Another is used from the next call on: functions that asked for the name before follow, calls under way end on the old
/// cache, and that one is closed behind the caller. No store is asked whether it is there.
///
/// # Errors
/// All that is wrong, each with its path in the file; nothing has changed then. Of kind
/// [`UnknownAdapter`](ErrorKind::UnknownAdapter), [`FeatureOff`](ErrorKind::FeatureOff), or else
/// [`Config`](ErrorKind::Config). No value is shown, but for names.
///
/// # Examples
/// ```
/// use larder::{cached, caches};
/// use serde_json::json;
///
/// #[cached(adapter = "sessions", key = "session:{id}")]
/// fn session(id: u64) -> String { format!("session {id}") }
///
/// caches::configure(json!({
///     "sessions": { "adapter": "memory", "timeout": "30m", "max_entries": 500 },
///     "pages": { "namespace": "shop" },
/// }))?;
/// session(7);
/// assert_eq!(caches::get("sessions")?.n_entries(), 1);
/// assert_eq!(caches::get("pages")?.namespace(), "shop");
///
/// let error = caches::configure(json!({ "sessions": { "timeuot": 60 } })).unwrap_err();
/// assert!(error.to_string().starts_with("sessions.timeuot: a cache over `memory` has no such setting"));
/// assert!(error.to_string().ends_with("did you mean `timeout`?"));
/// # Ok::<(), larder::Error>(())
/// ```
///
/// From a file, or a part of one:
/// ```
/// use larder::caches;
///
/// let text = "
///     [caches.sessions]
///     adapter = 'memory'
///     timeout = 60
/// ";
/// let file: toml::Table = text.parse()?;
/// caches::configure(file["caches"].clone())?;
/// assert_eq!(caches::get("sessions")?.adapter(), "memory");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn configure<'de>(source: impl Deserializer<'de>) -> Result<()> {
    registry::configure(source::entries(source)?)
}

/// The one cache that goes by `name`: by [`configure`], by [`register_adapter`](crate::register_adapter), or that of a store.
/// Always the same instance, until the name is given another meaning.
///
/// # Errors
/// [`UnknownAdapter`](ErrorKind::UnknownAdapter) lists the known ones; else what it says where the cache is made.
///
/// # Examples
/// ```
/// use larder::caches;
///
/// caches::configure(serde_json::json!({ "sessions": "memory", "pages": "memory" }))?;
/// let sessions = caches::get("Sessions")?;
/// larder::adapter_set(&sessions)?;
///
/// let error = caches::get("sesions").unwrap_err();
/// assert!(error.to_string().ends_with("pages, sessions; did you mean `sessions`?"));
/// # Ok::<(), larder::Error>(())
/// ```
pub fn get(name: &str) -> Result<Cache> {
    registry::named(checked(name)?)
}

/// A new cache of what `name` stands for: another store in memory, another connection to a server. Nothing is kept of it here.
///
/// # Errors
/// Those of [`get`].
///
/// # Examples
/// ```
/// use larder::{cached, caches, scoped};
///
/// #[cached(key = "upper:{word}")]
/// fn upper(word: &str) -> String { word.to_uppercase() }
///
/// caches::configure(serde_json::json!({ "words": { "max_entries": 100 } }))?;
/// let (one, another) = (caches::create("words")?, caches::create("words")?);
/// scoped(&one, || upper("ada"));
/// assert_eq!((one.n_entries(), another.n_entries()), (1, 0));
/// # Ok::<(), larder::Error>(())
/// ```
pub fn create(name: &str) -> Result<Cache> {
    registry::create(checked(name)?)
}

/// A URL is no name.
fn checked(name: &str) -> Result<&str> {
    if name.contains(':') {
        let message = "a cache is asked for by its name, and this is a URL: `adapter_set` takes those";
        return Err(Error::new(ErrorKind::UnknownAdapter, message));
    }
    Ok(name)
}
