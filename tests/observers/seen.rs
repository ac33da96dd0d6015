//! An observer that writes down what it is told, in short: `call f seen:1 = hit`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use larder::observer::{Event, Observer, Outcome};
use larder::testing::{ManualClock, MemoryAdapter};
use larder::{Cache, MemoryCache};

#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    /// By id: each command ends once, and none that has not begun.
    under_way: Vec<u64>,
    lines: Vec<String>,
}

impl Seen {
    /// One that watches `cache`.
    pub(crate) fn of(cache: &Cache) -> Self {
        let seen = Self::default();
        cache.observe(seen.clone());
        seen
    }

    /// What was written since this was asked last. Nothing is under way.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut book = self.0.lock().unwrap();
        assert_eq!(book.under_way, [0; 0], "`after` follows each `before`");
        std::mem::take(&mut book.lines)
    }
}

impl Observer for Seen {
    fn before(&self, event: &Event<'_>) {
        self.0.lock().unwrap().under_way.push(event.id());
    }

    fn after(&self, event: &Event<'_>, outcome: Outcome, _: Duration) {
        let mut book = self.0.lock().unwrap();
        let at = book.under_way.iter().position(|&id| id == event.id()).expect("it has begun");
        book.under_way.remove(at);
        let mut line = event.command().to_string();
        line.extend(event.function().map(|function| format!(" {}", function.name)));
        line.extend(event.keys().map(|key| format!(" {key}")));
        line += &match outcome {
            Outcome::Found { hits, misses } => format!(" = {hits} of {}", hits + misses),
            Outcome::Failed(kind) => format!(" = failed: {kind:?}"),
            outcome => format!(" = {outcome}"),
        };
        book.lines.push(line);
    }
}

/// A cache of each kind: near only, and far. Time stands still.
pub(crate) fn both() -> [Cache; 2] {
    let clock = ManualClock::new();
    let near = MemoryCache::builder().clock(clock.clock()).build().unwrap();
    let far = Cache::builder(MemoryAdapter::new().with_clock(clock.clock())).clock(clock.clock()).build().unwrap();
    [near.into(), far]
}

/// A far cache whose store always fails.
pub(crate) fn broken() -> Cache {
    use larder::testing::{Faults, FaultyAdapter};

    let faults = Faults { errors: 1000, ..Faults::default() };
    Cache::far(FaultyAdapter::new(MemoryAdapter::new(), faults, 1))
}
