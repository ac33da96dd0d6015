//! What the columns of an entry say about its life, as plain arithmetic: milliseconds of the system's clock, which all
//! processes of a machine share.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::adapter::Left;
use crate::timeout::Timeout;

/// A moment that does not come.
pub(super) const NEVER: i64 = i64::MAX;

/// The clock may step back by so much before what it has stamped counts as stamped in the future.
const TOLERATED_STEP: i64 = 5_000;

/// Milliseconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(NEVER - 1)
}

/// The moment `timeout` after `now`.
pub(super) fn after(now: i64, timeout: Timeout) -> i64 {
    let ms = if timeout.is_never() { NEVER } else { i64::try_from(timeout.as_millis()).unwrap_or(NEVER) };
    now.saturating_add(ms)
}

/// What the columns of an entry say about its life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pub(super) deadline: i64,
    pub(super) kept_until: i64,
    /// When it was stored or re-timed.
    pub(super) stamped: i64,
}

impl Life {
    /// Of an entry that is stored or re-timed now.
    pub(super) fn from(now: i64, timeout: Timeout, grace: Timeout) -> Self {
        let deadline = after(now, timeout);
        Self { deadline, kept_until: after(deadline, grace), stamped: now }
    }

    /// Is it still there, live or in its grace?
    pub(super) fn is_kept(&self, now: i64) -> bool {
        self.kept_until > now
    }

    /// How much of its timeout is left. An entry of the future, from before the clock was set back, has nothing left: how
    /// old it is nobody knows.
    pub(super) fn left(&self, now: i64) -> Left {
        let deadline = if self.deadline == NEVER { u64::MAX } else { u64::try_from(self.deadline).unwrap_or(0) };
        if deadline != u64::MAX && self.stamped > now.saturating_add(TOLERATED_STEP) {
            return Left::Expired;
        }
        Left::until(deadline, u64::try_from(now).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn life(deadline: i64, stamped: i64) -> Life {
        Life { deadline, kept_until: deadline, stamped }
    }

    #[test]
    fn a_deadline_saturates_to_never() {
        assert_eq!(after(1_000, Timeout::from_millis(5)), 1_005);
        for timeout in [Timeout::NEVER, Timeout::from_millis(u64::MAX - 1), Timeout::from_millis(1 << 63)] {
            assert_eq!(after(1_000, timeout), NEVER);
        }
        assert_eq!(life(NEVER, 1_000).left(1_000), Left::Never);
    }

    #[test]
    fn a_clock_that_steps_back_lengthens_no_life() {
        let entry = life(1_000_000, 900_000);
        assert_eq!(entry.left(899_999), Left::For(Duration::from_millis(100_001)));
        assert_eq!(entry.left(800_000), Left::Expired);
        assert_eq!(life(NEVER, 900_000).left(800_000), Left::Never);
    }

    #[test]
    fn grace_begins_with_the_deadline_and_saturates_too() {
        let life = Life::from(1_000, Timeout::from_millis(5), Timeout::from_millis(7));
        assert_eq!((life.deadline, life.kept_until), (1_005, 1_012));
        assert!(life.is_kept(1_011) && !life.is_kept(1_012));
        for (timeout, grace) in [(5, u64::MAX), (u64::MAX, 5), (u64::MAX - 1, 5)] {
            let [timeout, grace] = [timeout, grace].map(Timeout::from_millis);
            assert_eq!(Life::from(1_000, timeout, grace).kept_until, NEVER, "{timeout:?}, {grace:?}");
        }
    }
}
