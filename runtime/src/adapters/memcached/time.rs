//! Timeouts as memcached tells time: whole seconds; 0 is never; past 30 days, a moment of the server's calendar.
//!
//! The server drops an entry when timeout and grace are over. The grace stands in the entry's client flags, so whoever
//! reads it knows how much of what is left is grace.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::adapter::{Left, Token};
use crate::timeout::Timeout;

/// A permit's `exptime`.
pub(super) const PERMIT: u32 = Token::LIFETIME.as_secs() as u32;

/// Up to here a number of seconds counts from now.
const LONGEST_RELATIVE: u64 = 30 * 24 * 60 * 60;
/// The server keeps moments in 32 bits with a sign; past their end it drops an entry at once.
const LAST_MOMENT: u64 = i32::MAX as u64;

/// How long an entry is kept, as the server is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) exptime: u32,
    /// The grace in seconds.
    pub(super) flags: u32,
    /// What is left at first, rounded as the server is told.
    pub(super) left: Left,
}

impl Kept {
    /// For `timeout`, and `grace` after it, both rounded up. What ends after January 2038 never does.
    pub(super) fn new(timeout: Timeout, grace: Timeout) -> Self {
        Self::at(unix_now(), timeout, grace)
    }

    fn at(now: u64, timeout: Timeout, grace: Timeout) -> Self {
        let seconds = |timeout: Timeout| timeout.as_millis().div_ceil(1000);
        let longest = LAST_MOMENT.saturating_sub(now).max(LONGEST_RELATIVE);
        let timeout = seconds(timeout).max(1);
        if timeout > longest {
            return Self { exptime: 0, flags: 0, left: Left::Never };
        }
        let grace = seconds(grace).min(longest - timeout);
        let left = Left::For(Duration::from_secs(timeout));
        Self { exptime: exptime_at(now, timeout + grace), flags: grace as u32, left }
    }

    pub(super) fn is_forever(self) -> bool {
        self.exptime == 0
    }
}

/// The `exptime` of an entry that has so many seconds left, as the server says it: -1 is never.
pub(super) fn exptime(left: i64) -> u32 {
    u64::try_from(left).map_or(0, |left| exptime_at(unix_now(), left.max(1)))
}

fn exptime_at(now: u64, seconds: u64) -> u32 {
    let exptime = if seconds <= LONGEST_RELATIVE { seconds } else { now.saturating_add(seconds) };
    exptime.min(LAST_MOMENT) as u32
}

/// What is left of an entry's timeout, if the server keeps it for so many seconds (-1 is never), `grace` of them.
pub(super) fn left(kept: i64, grace: u32) -> Left {
    match u64::try_from(kept).map(|kept| kept.saturating_sub(grace.into())) {
        Err(_) => Left::Never,
        Ok(0) => Left::Expired,
        Ok(seconds) => Left::For(Duration::from_secs(seconds)),
    }
}

fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::{Kept, exptime_at, left};
    use crate::adapter::Left;
    use crate::timeout::Timeout;
    use std::time::Duration;

    const NOW: u64 = 1_800_000_000;
    const DAY: u64 = 24 * 60 * 60;

    #[test]
    fn timeouts_are_told_as_the_server_reads_them() {
        let none = Timeout::ZERO;
        let minute = Timeout::from_secs(60);
        let cases = [
            (Timeout::from_millis(1), none, 1, 0),
            (Timeout::from_millis(1001), none, 2, 0),
            (Timeout::from_secs(300), minute, 360, 60),
            (Timeout::from_secs(300), Timeout::from_millis(1), 301, 1),
            (Timeout::from_secs(30 * DAY), none, 30 * DAY, 0),
            (Timeout::from_secs(30 * DAY), minute, NOW + 30 * DAY + 60, 60),
            (Timeout::from_secs(365 * DAY), none, NOW + 365 * DAY, 0),
            (Timeout::from_secs(100 * 365 * DAY), minute, 0, 0),
            (Timeout::from_millis(u64::MAX - 1), minute, 0, 0),
            (Timeout::NEVER, minute, 0, 0),
            (minute, Timeout::NEVER, i32::MAX as u64, i32::MAX as u64 - NOW - 60),
        ];
        for (timeout, grace, exptime, flags) in cases {
            let kept = Kept::at(NOW, timeout, grace);
            assert_eq!((kept.exptime.into(), kept.flags.into()), (exptime, flags), "{timeout:?} and {grace:?}");
        }
    }

    #[test]
    fn past_the_end_of_the_servers_calendar_a_month_is_still_a_month() {
        let kept = Kept::at(i32::MAX as u64 + 7, Timeout::from_secs(30 * DAY), Timeout::NEVER);
        assert_eq!((kept.exptime.into(), kept.flags), (30 * DAY, 0));
    }

    #[test]
    fn what_is_left_is_less_the_grace() {
        assert_eq!(left(-1, 60), Left::Never);
        assert_eq!(left(61, 60), Left::For(Duration::from_secs(1)));
        assert_eq!(left(60, 60), Left::Expired);
        assert_eq!(left(0, u32::MAX), Left::Expired);
        assert_eq!(exptime_at(NOW, u64::MAX), i32::MAX as u32);
    }
}
