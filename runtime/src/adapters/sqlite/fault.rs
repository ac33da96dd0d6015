//! What SQLite reports, cut down to its code. Its own messages may quote the file, and a damaged file may quote values.

use std::fmt;

use rusqlite::ffi;

use crate::error::{Error, ErrorKind};

/// A result code of SQLite, the extended one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault(i32);

impl Fault {
    /// What is in the file is not what was written to it.
    pub(super) const DAMAGED: Self = Self(ffi::SQLITE_CORRUPT);

    /// There is no room.
    pub(super) const FULL: Self = Self(ffi::SQLITE_FULL);

    /// What makes the database ours has been changed.
    pub(super) const MISFIT: Self = Self(ffi::SQLITE_ERROR);

    /// Is the file broken, so that it has to be built anew?
    pub(super) fn is_damage(self) -> bool {
        matches!(self.primary(), ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB)
    }

    /// Is there no room, on the disk or in the pages that the file may have? By whatever name: a quota, a limit on files and a disk
    /// that does not take what it is given are errors of writing.
    pub(super) fn is_full(self) -> bool {
        let writing = [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_SHMSIZE];
        self.primary() == ffi::SQLITE_FULL || writing.contains(&self.0)
    }

    /// Was there a file that could not be opened, or made?
    pub(super) fn is_no_file(self) -> bool {
        self.primary() == ffi::SQLITE_CANTOPEN
    }

    /// Is another connection at work? Then this one is as good as it was; after anything else it is made anew.
    pub(super) fn is_passing(self) -> bool {
        self.is_busy() || self.is_full() || self.primary() == ffi::SQLITE_TOOBIG
    }

    /// Has another connection kept this one waiting for too long?
    pub(super) fn is_busy(self) -> bool {
        matches!(self.primary(), ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED)
    }

    /// Does it come of a statement that does not fit the tables?
    pub(super) fn is_misfit(self) -> bool {
        self.primary() == ffi::SQLITE_ERROR
    }

    /// As what a caller is told about the database called `name`.
    pub(super) fn into_error(self, name: &str) -> Error {
        match self.primary() {
            ffi::SQLITE_TOOBIG => Error::new(ErrorKind::TooLarge, "the entry is larger than SQLite takes"),
            _ => Error::unavailable(format!("the SQLite cache {name} failed"), self),
        }
    }

    fn primary(self) -> i32 {
        self.0 & 0xff
    }
}

/// An answer of another shape than the statement asks for: cells have lost their types.
impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(error, _) => Self(error.extended_code),
            rusqlite::Error::SqlInputError { error, .. } => Self(error.extended_code),
            rusqlite::Error::InvalidPath(_) | rusqlite::Error::NulError(_) => Self(ffi::SQLITE_CANTOPEN),
            _ => Self::DAMAGED,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", ffi::code_to_str(self.0), self.0)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Fault {}

/// Why a request ends early.
pub(super) enum Stop {
    /// The database failed: what the request has done so far is undone.
    Fault(Fault),
    /// The request cannot be granted, and has changed nothing.
    Refused(Error),
}

impl<E: Into<Fault>> From<E> for Stop {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}
