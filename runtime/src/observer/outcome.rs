//! What a command came to.

use std::fmt;

use crate::error::ErrorKind;

/// What a command came to, as its caller met it.
///
/// # Examples
/// ```
/// use larder::ErrorKind;
/// use larder::observer::Outcome;
///
/// assert_eq!(Outcome::Failed(ErrorKind::Unavailable).as_str(), "failed");
/// assert_eq!(Outcome::Found { hits: 2, misses: 1 }.to_string(), "found");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// A live value was read.
    Hit,
    /// No value was read, and none was to be computed.
    Miss,
    /// Of several keys so many had a live value, and so many had none.
    Found {
        /// With a value.
        hits: usize,
        /// Without.
        misses: usize,
    },
    /// The function ran. What becomes of its result is as its attribute says.
    Computed,
    /// Another caller's computation gave the result.
    Coalesced,
    /// The function ran, and its result was not stored: a clear or a `set` came since it began, or somebody else was through
    /// first.
    Refused,
    /// An entry was there for `add`, or the value is of a kind that is not kept.
    NotStored,
    /// It is done: stored, removed, re-timed, cleared; or, for a question, there is such an entry.
    Done,
    /// There was no such entry.
    Absent,
    /// The function ran, and its caller has the result, though the store failed.
    StoreFailed,
    /// The caller got an error of this kind.
    Failed(ErrorKind),
    /// The caller's future was dropped before it was ready.
    Cancelled,
    /// The caller's own code panicked: the function, or what its attribute names.
    Panicked,
}

impl Outcome {
    /// Its name, which stays: `store_failed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Found { .. } => "found",
            Self::Computed => "computed",
            Self::Coalesced => "coalesced",
            Self::Refused => "refused",
            Self::NotStored => "not_stored",
            Self::Done => "done",
            Self::Absent => "absent",
            Self::StoreFailed => "store_failed",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
