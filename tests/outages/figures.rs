//! What is measured of a phase.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

/// Of how long calls took, all are kept.
#[derive(Default)]
pub(crate) struct Latencies(Mutex<Vec<Duration>>);

impl Latencies {
    pub(crate) fn note(&self, took: Duration) {
        self.0.lock().unwrap().push(took);
    }

    pub(crate) fn take(&self) -> Vec<Duration> {
        let mut latencies = std::mem::take(&mut *self.0.lock().unwrap());
        latencies.sort_unstable();
        latencies
    }
}

/// What a phase came to.
pub(crate) struct Figures {
    /// Sorted.
    pub(crate) latencies: Vec<Duration>,
    pub(crate) n_computed: u64,
}

impl Figures {
    pub(crate) fn longest(&self) -> Duration {
        self.latencies.last().copied().unwrap_or_default()
    }

    fn per_mille(&self, per_mille: usize) -> Duration {
        self.latencies.get(self.latencies.len() * per_mille / 1000).copied().unwrap_or_default()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n_calls, ms) = (self.latencies.len(), |took: Duration| took.as_micros() as f64 / 1000.0);
        let (half, most, longest) = (ms(self.per_mille(500)), ms(self.per_mille(990)), ms(self.longest()));
        let n_computed = self.n_computed;
        write!(f, "{n_calls} calls, {n_computed} computed, {half:.1} ms (99 %: {most:.1}, longest {longest:.1})")
    }
}
