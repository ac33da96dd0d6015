//! What time it is on the server, without asking: this process's steady clock, and how far the server's is from it.
//!
//! A hit compares its deadline with this, which keeps it one plain `GET`. The estimate is wrong by no more than half of the
//! fastest round trip that confirmed it, and is renewed while a connection lasts.

use std::time::Instant;

use crate::sync::{AtomicU64, Ordering};

/// An estimate of the server's clock, in microseconds inside.
pub(super) struct ServerClock {
    start: Instant,
    /// What to add to the time since `start`: wraps, so that it can be negative.
    offset: AtomicU64,
    /// The round trip by which `offset` is known; `u64::MAX` before the first.
    round_trip: AtomicU64,
}

impl ServerClock {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), offset: AtomicU64::new(0), round_trip: AtomicU64::new(u64::MAX) }
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
    /// It was said some time in between, so it confirms an estimate that lies there. A slow answer does not spoil a good
    /// estimate; a clock that was set is seen at once.
    pub(super) fn learn(&self, sent: u64, received: u64, server: u64) {
        let round_trip = received.saturating_sub(sent);
        let offset = server.wrapping_sub(sent + round_trip / 2);
        let moved = offset.wrapping_sub(self.offset.load(Ordering::Relaxed)).cast_signed().unsigned_abs();
        if moved > round_trip / 2 || round_trip < self.round_trip.load(Ordering::Relaxed) {
            self.offset.store(offset, Ordering::Relaxed);
            self.round_trip.store(round_trip, Ordering::Relaxed);
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
    fn the_first_answer_is_believed_with_half_its_round_trip() {
        let clock = ServerClock::new();
        clock.learn(1_000, 3_000, YEAR_2026);
        assert_eq!(offset(&clock), YEAR_2026 - 2_000);
        assert!(clock.now_ms() >= (YEAR_2026 - 2_000) / 1000);
    }

    #[test]
    fn a_faster_answer_is_better_and_a_slower_one_no_worse() {
        let clock = ServerClock::new();
        clock.learn(0, 2_000, YEAR_2026);
        clock.learn(10_000, 10_100, YEAR_2026 + 9_500);
        assert_eq!(offset(&clock), YEAR_2026 - 550);
        clock.learn(20_000, 30_000, YEAR_2026 + 27_000);
        assert_eq!(offset(&clock), YEAR_2026 - 550, "the estimate lies within the round trip");
    }

    #[test]
    fn a_clock_that_was_set_is_followed_forth_and_back() {
        let clock = ServerClock::new();
        clock.learn(0, 100, YEAR_2026);
        clock.learn(1_000, 3_000, YEAR_2026 + 60_000_000);
        assert_eq!(offset(&clock), YEAR_2026 + 60_000_000 - 2_000);
        clock.learn(5_000, 7_000, YEAR_2026 - 60_000_000);
        assert_eq!(offset(&clock), YEAR_2026 - 60_000_000 - 6_000);
    }
}
