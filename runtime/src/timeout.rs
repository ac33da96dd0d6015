//! How long an entry may be served. The absurd cases (zero, never, overflow) are settled here, once, so that the
//! rest of the crate only meets a [`Timeout`] that makes sense.

mod text;

use std::time::Duration;

/// How long an entry may be served, counted from the moment it is stored or re-timed.
///
/// Whatever converts into it can stand where a timeout is asked for: whole seconds, a [`Duration`], an `Option` of
/// either (`None` is *never*). A timeout of 0 means that nothing stays; one that overflows means never.
///
/// # Examples
/// ```
/// use larder::Timeout;
/// use std::time::Duration;
///
/// assert_eq!(Timeout::from(60), Timeout::from(Duration::from_secs(60)));
/// assert_eq!(Timeout::from(None::<u64>), Timeout::NEVER);
/// assert_eq!(Timeout::from(u64::MAX), Timeout::NEVER);
/// assert_eq!(Timeout::from(-1), Timeout::ZERO);
/// assert_eq!(Timeout::from(Duration::from_nanos(1)).as_duration(), Some(Duration::from_millis(1)));
/// ```
// Milliseconds; `u64::MAX` is never. One word, so that it fits an atomic and every sum saturates to never by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeout(u64);

impl Timeout {
    /// Stays until removed or evicted.
    pub const NEVER: Self = Self(u64::MAX);
    /// Nothing stays: an entry re-timed to it is removed.
    pub const ZERO: Self = Self(0);
    /// What holds where nothing else is said: 300 s.
    pub const DEFAULT: Self = Self::from_secs(300);

    /// So many seconds; past what milliseconds in 64 bits can say, never.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// So many milliseconds; `u64::MAX` is never.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// Rounds up to whole milliseconds, so that no positive duration becomes [`Timeout::ZERO`].
    pub const fn from_duration(duration: Duration) -> Self {
        let ms = duration.as_nanos().div_ceil(1_000_000);
        if ms >= u64::MAX as u128 { Self::NEVER } else { Self(ms as u64) }
    }

    /// The duration, or `None` for never.
    pub const fn as_duration(self) -> Option<Duration> {
        if self.is_never() { None } else { Some(Duration::from_millis(self.0)) }
    }

    /// Is it [`Timeout::NEVER`]?
    pub const fn is_never(self) -> bool {
        self.0 == u64::MAX
    }

    /// Is it [`Timeout::ZERO`]?
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn as_millis(self) -> u64 {
        self.0
    }
}

impl std::fmt::Debug for Timeout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.as_duration() {
            Some(duration) => write!(f, "Timeout({duration:?})"),
            None => f.write_str("Timeout(never)"),
        }
    }
}

impl Default for Timeout {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl From<Duration> for Timeout {
    fn from(duration: Duration) -> Self {
        Self::from_duration(duration)
    }
}

impl<T: Into<Self>> From<Option<T>> for Timeout {
    fn from(timeout: Option<T>) -> Self {
        timeout.map_or(Self::NEVER, Into::into)
    }
}

macro_rules! from_seconds {
    ($($int:ty)*) => {$(
        #[doc = "Whole seconds; a negative number is [`Timeout::ZERO`]."]
        impl From<$int> for Timeout {
            fn from(secs: $int) -> Self {
                #[allow(unused_comparisons, reason = "the unsigned ones are never below zero")]
                if secs < 0 { Self::ZERO } else { Self::from_secs(secs as u64) }
            }
        }
    )*};
}

from_seconds!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

/// The time that a live entry has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Remaining {
    /// It expires after this long.
    For(Duration),
    /// It does not expire.
    Never,
}
