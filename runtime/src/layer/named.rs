//! Layers by name, for caches that are configured from a file.

use std::sync::Arc;

use super::{Layer, Layered};
use crate::adapter::AnyAdapter;
use crate::config::Names;
use crate::error::Result;

/// Puts a layer around an adapter.
type Wrap = Box<dyn Fn(AnyAdapter) -> AnyAdapter>;

type Make = Arc<dyn Fn() -> Result<Wrap> + Send + Sync>;

static LAYERS: Names<Make> = Names::new("layer", &[]);

/// Lets `layers = ["…"]` in the [configuration of caches](crate::caches) know a layer of the program's own.
///
/// `make` runs for each cache that is made with it, before that is used. A layer that several caches are to share, or that the
/// program is to reach, is an `Arc` that `make` clones. A name that is taken is taken over, for caches that are made from then on.
///
/// # Examples
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// use larder::layer::{Layer, Verb};
/// use larder::{Error, ErrorKind, Result, caches, register_layer};
///
/// #[derive(Default)]
/// struct Maintenance(AtomicBool);
///
/// impl Layer for Maintenance {
///     async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
///         if self.0.load(Ordering::Relaxed) {
///             return Err(Error::with_kind(ErrorKind::Unavailable, "the store is being moved"));
///         }
///         call.await
///     }
/// }
///
/// let maintenance = Arc::new(Maintenance::default());
/// let shared = Arc::clone(&maintenance);
/// register_layer("maintenance", move || Ok(Arc::clone(&shared)));
///
/// caches::configure(serde_json::json!({ "pages": { "adapter": "sqlite::memory:", "layers": ["maintenance"] } }))?;
/// let pages = caches::get("pages")?.blocking();
/// pages.set("tea", 1, 60)?;
/// maintenance.0.store(true, Ordering::Relaxed);
/// assert_eq!(pages.get::<i32>("tea").unwrap_err().to_string(), "the store is being moved");
/// # }
/// # Ok::<(), larder::Error>(())
/// ```
pub fn register_layer<L: Layer>(name: &str, make: impl Fn() -> Result<L> + Send + Sync + 'static) {
    LAYERS.register(
        name,
        Arc::new(move || {
            let layer = Arc::new(make()?);
            Ok(Box::new(move |adapter| AnyAdapter::new(Layered::new(adapter, Arc::clone(&layer)))))
        }),
    );
}

/// A new layer of this name, for the stores that come with larder.
///
/// # Errors
/// Where the name is unknown, or what makes it fails.
#[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
pub(crate) fn make(name: &str) -> Result<Wrap> {
    use crate::error::{Error, ErrorKind};

    /// What stands around each of them already.
    const ALWAYS: [&str; 2] = ["deadline", "breaker"];

    if let Some(make) = LAYERS.find(name) {
        return make();
    }
    let error = LAYERS.unknown(name);
    if ALWAYS.iter().any(|always| always.eq_ignore_ascii_case(name)) {
        let message = format!("{error}; around each far store stands larder's own already");
        return Err(Error::new(ErrorKind::Config, message));
    }
    Err(error)
}
