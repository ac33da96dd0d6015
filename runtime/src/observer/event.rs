//! One command, as hooks see it.

use std::fmt;
use std::sync::Arc;

use super::Command;
use crate::site::FunctionName;

/// One command, as hooks see it: what it is and what it is about, never a value.
///
/// # Examples
/// ```
/// use std::sync::{Arc, Mutex};
/// use std::time::Duration;
///
/// use larder::observer::{Event, Observer, Outcome};
/// use larder::{Cache, MemoryCache, cached};
///
/// #[derive(Default)]
/// struct Seen(Mutex<Vec<String>>);
///
/// impl Observer for Seen {
///     fn before(&self, event: &Event<'_>) {
///         let function = event.function().map_or("by hand", |function| function.name);
///         let line = format!("{function}: {} {:?} in {}", event.command(), event.key(), event.adapter());
///         self.0.lock().unwrap().push(line);
///     }
///
///     fn after(&self, _: &Event<'_>, _: Outcome, _: Duration) {}
/// }
///
/// #[cached(key = "third:{x}")]
/// fn third(x: u64) -> u64 { x / 3 }
///
/// let seen = Arc::new(Seen::default());
/// let cache = Cache::from(MemoryCache::new());
/// cache.observe(Arc::clone(&seen));
/// larder::scoped(&cache, || third(9));
/// cache.blocking().increment("visits", 1)?;
/// let lines = seen.0.lock().unwrap();
/// assert_eq!(lines[0], r#"third: call Some("third:9") in memory"#);
/// assert_eq!(lines[1], r#"by hand: increment Some("visits") in memory"#);
/// # Ok::<(), larder::Error>(())
/// ```
pub struct Event<'a> {
    id: u64,
    subject: &'a Subject,
}

/// What is told of a command, kept while it is under way.
pub(crate) struct Subject {
    pub(crate) command: Command,
    pub(crate) function: Option<FunctionName>,
    pub(crate) adapter: &'static str,
    pub(crate) namespace: Arc<str>,
    pub(crate) keys: Vec<Box<str>>,
}

impl<'a> Event<'a> {
    pub(super) fn new(id: u64, subject: &'a Subject) -> Self {
        Self { id, subject }
    }

    /// Of this command alone, in this process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What was told to be done.
    pub fn command(&self) -> Command {
        self.subject.command
    }

    /// The annotated function that was called, or whose helper was; `None` by hand.
    pub fn function(&self) -> Option<FunctionName> {
        self.subject.function
    }

    /// The name of the store's adapter: `memory`, `redis`.
    pub fn adapter(&self) -> &'static str {
        self.subject.adapter
    }

    /// The namespace that the keys are of.
    pub fn namespace(&self) -> &'a str {
        &self.subject.namespace
    }

    /// The key, of a command about a single one.
    pub fn key(&self) -> Option<&'a str> {
        match &*self.subject.keys {
            [key] => Some(key),
            _ => None,
        }
    }

    /// The keys, in their order; of a command about all there are, none.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        self.subject.keys.iter().map(|key| &**key)
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Subject { command, function, adapter, namespace, keys } = self.subject;
        let mut debug = f.debug_struct("Event");
        debug.field("id", &self.id).field("command", command).field("function", function);
        debug.field("adapter", adapter).field("namespace", namespace).field("keys", keys).finish()
    }
}
