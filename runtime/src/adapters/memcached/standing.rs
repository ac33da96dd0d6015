//! What stands under a key, read out of a reply. Pure.

use super::time::{Kept, PERMIT, left};
use super::wire::{Command, Mode, Outcome, Reply};
use crate::adapter::{Entry, Fetched, Head, Living, StoreKey, halves};
use crate::error::{Error, ErrorKind, Result};

/// What stands under a key.
#[derive(Debug)]
pub(super) enum Standing {
    Nothing,
    /// A permit where there is no entry: a value of no bytes, which no record is. Its client flags are the [`tag`] of those who
    /// share it.
    Stub {
        cas: u64,
        tag: u32,
    },
    Record(Record),
}

/// An entry, alive or not.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) fetched: Fetched,
    pub(super) cas: u64,
    /// Its grace in seconds, as its client flags have it.
    pub(super) flags: u32,
    /// How many seconds the server still keeps it; -1 is forever.
    pub(super) kept: i64,
}

impl Standing {
    pub(super) fn of(reply: Reply) -> Result<Self> {
        let Reply { outcome, value, cas, flags, left: kept, .. } = reply;
        match outcome {
            Outcome::Nothing => Ok(Self::Nothing),
            Outcome::Value if cas == 0 => Err(unnumbered()),
            Outcome::Value if value.is_empty() => Ok(Self::Stub { cas, tag: flags }),
            Outcome::Value => {
                let fetched = Fetched { record: value, left: left(kept, flags) };
                Ok(Self::Record(Record { fetched, cas, flags, kept }))
            }
            outcome => Err(unexpected(outcome)),
        }
    }

    pub(super) fn fetched(self) -> Option<Fetched> {
        if let Self::Record(record) = self { Some(record.fetched) } else { None }
    }

    pub(super) fn head(&self) -> Option<Head> {
        if let Self::Record(record) = self { record.fetched.head() } else { None }
    }

    /// The record, if it is live and of these epochs.
    pub(super) fn live(&self, living: &Living) -> Option<&Record> {
        match self {
            Self::Record(record) if self.head().is_some_and(|head| head.is_live(living)) => Some(record),
            _ => None,
        }
    }

    /// Storing on condition that nothing has happened to it since.
    pub(super) fn mode(&self) -> Mode {
        match self {
            Self::Nothing => Mode::Absent,
            Self::Stub { cas, .. } | Self::Record(Record { cas, .. }) => Mode::Numbered(*cas),
        }
    }
}

/// What of its epochs a claim leaves in the stub that it makes, so that others share it only if theirs agree. 0 is of a claim that
/// knows none, and is shared by all.
pub(super) fn tag(epochs: &[u64]) -> u32 {
    let half = |bytes: [u8; 4]| u32::from(u16::from_le_bytes([bytes[0] ^ bytes[2], bytes[1] ^ bytes[3]]).max(1));
    let [namespace, rest] = halves(&crate::adapter::tag(epochs));
    match epochs.len() {
        0 => 0,
        1 => half(namespace) << 16,
        _ => half(namespace) << 16 | half(rest),
    }
}

/// May claims of these tags share a stub? What one of them has not read does not keep them apart.
pub(super) fn agree(one: u32, other: u32) -> bool {
    let [rest, other_rest] = [one, other].map(|tag| tag & 0xFFFF);
    one >> 16 == other >> 16 && (rest == other_rest || rest == 0 || other_rest == 0)
}

/// Storing a stub.
pub(super) fn stub(key: &StoreKey, tag: u32, mode: Mode) -> Command<'_> {
    Command::Store { key: key.as_str(), value: &[], exptime: PERMIT, flags: tag, mode }
}

/// Storing `entry`.
pub(super) fn store<'a>(key: &'a StoreKey, entry: &'a Entry, mode: Mode) -> Command<'a> {
    let Kept { exptime, flags, .. } = Kept::new(entry.timeout, entry.grace);
    Command::Store { key: key.as_str(), value: &entry.record, exptime, flags, mode }
}

/// Was it stored?
pub(super) fn stored(reply: Reply) -> Result<bool> {
    match reply.outcome {
        Outcome::Done => Ok(true),
        Outcome::Refused | Outcome::Nothing => Ok(false),
        outcome => Err(unexpected(outcome)),
    }
}

/// For commands that may fail and have nothing to say.
pub(super) fn done(reply: Reply) -> Result<()> {
    match reply.outcome {
        Outcome::Done | Outcome::Nothing => Ok(()),
        outcome => Err(unexpected(outcome)),
    }
}

/// Every entry has a number above 0, unless there are none at all.
pub(super) fn unnumbered() -> Error {
    let message =
        "this memcached server gives entries no numbers, by which permits and counters go: start it without `-C`";
    Error::new(ErrorKind::Unsupported, message)
}

pub(super) fn unexpected(outcome: Outcome) -> Error {
    match outcome {
        Outcome::TooLarge => Error::new(ErrorKind::TooLarge, "the memcached server has no room for the entry"),
        Outcome::Failed(cause) => Error::unavailable("the memcached server failed", cause),
        outcome => {
            Error::unavailable("the memcached server gave an answer to another question", format!("{outcome:?}"))
        }
    }
}
