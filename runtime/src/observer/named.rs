//! Observers by name, for caches that are configured from a file.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::attached::Attached;
use super::{HitMissRatio, Observer, Timing};
use crate::config::Names;
use crate::error::Result;

type Make = Arc<dyn Fn(Named) -> Result<Arc<Attached>> + Send + Sync>;

static OBSERVERS: Names<(u64, Make)> = Names::new("observer", &["hit_miss_ratio", "timing", "tracing", "metrics"]);

/// Lets `observers = ["…"]` in the [configuration of caches](crate::caches) know an observer of the program's own.
///
/// `make` runs for each cache that is made with it, before that is used; [`Cache::observer`](crate::Cache::observer) gives the
/// program what it has made. One that several caches are to share is an `Arc` that `make` clones. A name that is taken, one of
/// larder's included, is taken over, for caches that are made from then on.
///
/// # Examples
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::Duration;
///
/// use larder::observer::{Command, Event, Observer, Outcome};
/// use larder::{caches, register_observer};
///
/// #[derive(Default)]
/// struct Clears(AtomicU64);
///
/// impl Observer for Clears {
///     fn before(&self, _: &Event<'_>) {}
///
///     fn after(&self, event: &Event<'_>, _: Outcome, _: Duration) {
///         self.0.fetch_add(u64::from(event.command() == Command::Clear), Ordering::Relaxed);
///     }
/// }
///
/// register_observer("clears", || Ok(Clears::default()));
/// caches::configure(serde_json::json!({ "pages": { "observers": ["clears"] } }))?;
///
/// let pages = caches::get("pages")?;
/// pages.blocking().clear()?;
/// assert_eq!(pages.observer::<Clears>().expect("it is configured").0.load(Ordering::Relaxed), 1);
/// # Ok::<(), larder::Error>(())
/// ```
pub fn register_observer<O: Observer>(name: &str, make: impl Fn() -> Result<O> + Send + Sync + 'static) {
    static NEXT: AtomicU64 = AtomicU64::new(LARDERS + 1);
    OBSERVERS.register(name, (NEXT.fetch_add(1, Ordering::Relaxed), maker(make)));
}

fn maker<O: Observer>(make: impl Fn() -> Result<O> + Send + Sync + 'static) -> Make {
    Arc::new(move |named| Ok(Attached::new(Arc::new(make()?), Some(named))))
}

/// The number of those that come with larder.
const LARDERS: u64 = 0;

/// A name, and what it means.
#[derive(Clone)]
pub(crate) struct Named {
    /// In lower case.
    name: String,
    /// Of its registration: a name can be given another meaning.
    number: u64,
    make: Make,
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.number) == (&other.name, other.number)
    }
}

impl Named {
    /// What `name` means now.
    ///
    /// # Errors
    /// Where that is nothing, or its feature is not in this build.
    pub(crate) fn find(name: &str) -> Result<Self> {
        let (number, make) = match OBSERVERS.find(name) {
            Some(registered) => registered,
            None => (LARDERS, larders(&name.to_ascii_lowercase()).unwrap_or_else(|| Err(OBSERVERS.unknown(name)))?),
        };
        Ok(Self { name: name.to_ascii_lowercase(), number, make })
    }

    /// A new one.
    ///
    /// # Errors
    /// What makes it fails.
    pub(super) fn make(&self) -> Result<Arc<Attached>> {
        (self.make)(self.clone())
    }
}

fn larders(name: &str) -> Option<Result<Make>> {
    match name {
        "hit_miss_ratio" | "hitmissratio" => Some(Ok(maker(|| Ok(HitMissRatio::new())))),
        "timing" => Some(Ok(maker(|| Ok(Timing::new())))),
        "tracing" => Some(tracing()),
        "metrics" => Some(metrics()),
        _ => None,
    }
}

#[cfg(feature = "tracing")]
fn tracing() -> Result<Make> {
    Ok(maker(|| Ok(super::Tracing::new())))
}

#[cfg(not(feature = "tracing"))]
fn tracing() -> Result<Make> {
    Err(feature_off("tracing"))
}

#[cfg(feature = "metrics")]
fn metrics() -> Result<Make> {
    Ok(maker(|| Ok(super::Metrics::new())))
}

#[cfg(not(feature = "metrics"))]
fn metrics() -> Result<Make> {
    Err(feature_off("metrics"))
}

#[cfg(any(test, not(all(feature = "metrics", feature = "tracing"))))]
fn feature_off(name: &str) -> crate::error::Error {
    let message = format!("the observer `{name}` is not in this build: it needs the cargo feature `{name}` of larder");
    crate::error::Error::new(crate::error::ErrorKind::FeatureOff, message)
}

#[cfg(test)]
mod tests {
    use super::{Named, feature_off};

    #[test]
    fn an_observer_that_is_not_in_this_build_names_its_feature() {
        let said = "the observer `metrics` is not in this build: it needs the cargo feature `metrics` of larder";
        assert_eq!(feature_off("metrics").to_string(), said);
        for (name, is_built) in [("Tracing", cfg!(feature = "tracing")), ("metrics", cfg!(feature = "metrics"))] {
            assert_eq!(Named::find(name).is_ok(), is_built, "{name}");
        }
        assert!(Named::find("HitMissRatio").is_ok() && Named::find("timing").is_ok());
    }
}
