//! What time it is on the server, without asking: this process's steady clock, and how far the server's is from it.
//!
//! A hit compares its deadline with this, which keeps it one plain `GET`. The estimate is never behind the server's clock, so
//! that no entry is served past its deadline, and ahead of it by no more than the fastest round trip that it was learned by.

use std::time::Instant;

use crate::sync::{AtomicU64, Ordering};

/// An estimate of the server's clock, in microseconds inside.
pub(super) struct ServerClock {
    start: Instant,
    /// What to add to the time since `start`: wraps, so that it can be negative.
    offset: AtomicU64,
}

impl ServerClock {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), offset: AtomicU64::new(0) }
    }

    /// The server's time in milliseconds since 1970.
    pub(super) fn now_ms(&self) -> u64 {
        self.local().wrapping_add(self.offset.load(Ordering::Relaxed)) / 1000
    }

    /// Microseconds of this process's steady clock: when a question was sent, to be handed to [`Self::learn`].
    pub(super) fn local(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// The server said `server` to a question sent at `sent`, and the answer came in at `received`.
    ///
    /// It was said some time in between. If it was said at once, the server's clock is furthest ahead, and that is what is
    /// believed. An estimate that could be true is better than that: it comes from a faster answer. One that could not
    /// means that a clock was set.
    pub(super) fn learn(&self, sent: u64, received: u64, server: u64) {
        let latest = server.wrapping_sub(sent);
        let ahead = latest.wrapping_sub(self.offset.load(Ordering::Relaxed));
        if ahead > received.saturating_sub(sent) {
            self.offset.store(latest, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR_2026: u64 = 1_767_225_600_000_000;

    fn offset(clock: &ServerClock) -> u64 {
        clock.offset.load(Ordering::Relaxed)
    }

    #[test]
    fn the_estimate_is_never_behind() {
        let clock = ServerClock::new();
        clock.learn(1_000, 3_000, YEAR_2026);
        assert_eq!(offset(&clock), YEAR_2026 - 1_000);
        assert!(clock.now_ms() >= (YEAR_2026 - 1_000) / 1000);
    }

    #[test]
    fn a_faster_answer_is_better_and_a_slower_one_no_worse() {
        let clock = ServerClock::new();
        clock.learn(0, 2_000, YEAR_2026);
        clock.learn(10_000, 10_100, YEAR_2026 + 9_000);
        assert_eq!(offset(&clock), YEAR_2026 - 1_000);
        clock.learn(20_000, 30_000, YEAR_2026 + 27_000);
        assert_eq!(offset(&clock), YEAR_2026 - 1_000, "the estimate lies within the round trip");
    }

    #[test]
    fn a_clock_that_was_set_is_followed_forth_and_back() {
        let clock = ServerClock::new();
        clock.learn(0, 100, YEAR_2026);
        clock.learn(1_000, 3_000, YEAR_2026 + 60_000_000);
        assert_eq!(offset(&clock), YEAR_2026 + 60_000_000 - 1_000);
        clock.learn(5_000, 7_000, YEAR_2026 - 60_000_000);
        assert_eq!(offset(&clock), YEAR_2026 - 60_000_000 - 5_000);
    }
}
