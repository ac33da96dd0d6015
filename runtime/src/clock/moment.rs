//! A point in time, in one word.

use crate::timeout::{Remaining, Timeout};

/// Milliseconds since an origin that the clock chose. [`Moment::NEVER`] is later than all others, and is what every
/// sum that overflows becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

impl Moment {
    pub(crate) const NEVER: Self = Self(u64::MAX);

    #[inline]
    pub(crate) const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    pub(crate) const fn as_millis(self) -> u64 {
        self.0
    }

    /// This moment and `timeout`; never, if either is.
    pub(crate) const fn after(self, timeout: Timeout) -> Self {
        Self(self.0.saturating_add(timeout.as_millis()))
    }

    /// What is left until this deadline, seen at `now`.
    pub(crate) fn remaining(self, now: Self) -> Remaining {
        match Timeout::from_millis(if self == Self::NEVER { u64::MAX } else { self.0.saturating_sub(now.0) })
            .as_duration()
        {
            Some(duration) => Remaining::For(duration),
            None => Remaining::Never,
        }
    }
}
