//! How long commands take.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Command, Event, Observer, Outcome};

/// How long each kind of command takes, however it ends.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use larder::observer::{Command, Timing};
/// use larder::{Cache, MemoryCache};
///
/// let (cache, timing) = (Cache::from(MemoryCache::new()), Arc::new(Timing::new()));
/// cache.observe(Arc::clone(&timing));
/// cache.blocking().set("a", 1, 60)?;
/// cache.blocking().set("b", 2, 60)?;
///
/// let set = timing.of(Command::Set).unwrap();
/// assert_eq!(set.count, 2);
/// assert!(set.min <= set.mean() && set.mean() <= set.max);
/// assert_eq!(timing.of(Command::Get), None);
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Timing {
    /// By the command's number. Each has a lock of its own, so that its figures fit together.
    commands: [Mutex<Option<Timed>>; Command::ALL.len()],
}

/// How long the commands of one kind took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timed {
    /// So many there were.
    pub count: u64,
    /// All of them together.
    pub total: Duration,
    /// The shortest.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
}

impl Timed {
    /// Their mean.
    pub fn mean(&self) -> Duration {
        let ns = self.total.as_nanos() / u128::from(self.count.max(1));
        Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }

    fn and(self, took: Duration) -> Self {
        let Self { count, total, min, max } = self;
        Self { count: count + 1, total: total.saturating_add(took), min: min.min(took), max: max.max(took) }
    }
}

impl Timing {
    /// Nothing timed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long commands of this kind took; `None` before the first.
    pub fn of(&self, command: Command) -> Option<Timed> {
        *self.commands[command as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same of every kind that there was.
    pub fn all(&self) -> impl Iterator<Item = (Command, Timed)> {
        Command::ALL.iter().filter_map(|&command| Some((command, self.of(command)?)))
    }
}

impl Observer for Timing {
    fn before(&self, _: &Event<'_>) {}

    fn after(&self, event: &Event<'_>, _: Outcome, took: Duration) {
        let nothing = Timed { count: 0, total: Duration::ZERO, min: took, max: took };
        let mut timed = self.commands[event.command() as usize].lock().unwrap_or_else(PoisonError::into_inner);
        *timed = Some(timed.unwrap_or(nothing).and(took));
    }
}
