//! One database as all threads of an adapter know it, and how each opens its connection to it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use super::damage;
use super::fault::Fault;
use super::file::{self, Identity, Lock};
use super::housekeeping::Limits;
use super::schema::{self, Kind};
use super::statements;
use crate::error::{Error, ErrorKind};

/// How often a file is opened that is damaged, or exchanged meanwhile.
const N_ATTEMPTS: usize = 3;
/// The size of a page, SQLite's own choice.
const PAGE: u64 = 4096;

/// Where entries are kept.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    File(PathBuf),
    /// This process, as long as the connection is open: one thread has it, and answers reads and writes.
    Memory,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "`{}`", path.display()),
            Self::Memory => f.write_str("in memory"),
        }
    }
}

/// One database.
pub(super) struct Database {
    pub(super) place: Place,
    pub(super) limits: Limits,
    /// Where SQLite itself stops, should eviction not be enough.
    pub(super) most_pages: u32,
}

/// Why there is no connection.
#[derive(Clone)]
pub(super) enum Trouble {
    Fault(Fault),
    System(Arc<io::Error>),
    Refused(&'static str),
    /// While it was opened or used, the file's place was taken by another.
    Exchanged,
}

impl Trouble {
    pub(super) fn is_full(&self) -> bool {
        matches!(self, Self::Fault(fault) if fault.is_full())
    }

    /// Do the tables no longer fit the statements?
    pub(super) fn is_misfit(&self) -> bool {
        matches!(self, Self::Fault(fault) if fault.is_misfit())
    }

    /// Has another process, or another thread, only taken its time?
    pub(super) fn is_busy(&self) -> bool {
        match self {
            Self::Fault(fault) => fault.is_busy(),
            Self::System(error) => error.kind() == io::ErrorKind::TimedOut,
            Self::Refused(_) | Self::Exchanged => false,
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::System(Arc::new(error))
    }
}

/// A connection, and what it leads to.
pub(super) struct Opened {
    pub(super) connection: Connection,
    home: Option<(PathBuf, Identity)>,
}

impl Opened {
    pub(super) fn is_file(&self) -> bool {
        self.home.is_some()
    }

    /// Does the connection lead to what has the file's place?
    pub(super) fn is_in_place(&self) -> bool {
        self.home.as_ref().is_none_or(|(path, home)| in_place(path, *home).is_ok())
    }
}

impl Database {
    pub(super) fn new(place: Place, limits: Limits) -> Self {
        // An eighth above the limit, and what one transaction may store before there is a look at the size.
        let hard = limits.max_bytes.saturating_add(limits.max_bytes / 8).saturating_add(4 << 20) / PAGE;
        let most_pages = u32::try_from(hard).unwrap_or(u32::MAX).min(u32::MAX - 1);
        Self { place, limits, most_pages }
    }

    /// What a caller is told.
    pub(super) fn error(&self, trouble: &Trouble) -> Error {
        let place = &self.place;
        match trouble {
            Trouble::Fault(fault) => fault.into_error(&place.to_string()),
            Trouble::System(error) => {
                Error::unavailable(format!("cannot open the SQLite cache {place}"), Arc::clone(error))
            }
            Trouble::Refused(why) => {
                Error::new(ErrorKind::Unavailable, format!("cannot use {place} as a SQLite cache: {why}"))
            }
            Trouble::Exchanged => Error::new(
                ErrorKind::Unavailable,
                format!("the file of the SQLite cache {place} is exchanged all the time"),
            ),
        }
    }

    /// Opens a connection. A file that is missing is made; one that is damaged is set aside, and made anew.
    pub(super) fn open(&self) -> Result<Opened, Trouble> {
        if !schema::is_sqlite_sound() {
            return Err(Trouble::Refused("SQLite before 3.51.3 can corrupt it"));
        }
        let Place::File(path) = &self.place else { return self.open_memory() };
        let path = file::prepare(path)?;
        let mut trouble = Trouble::Exchanged;
        for _ in 0..N_ATTEMPTS {
            let home = home(&path)?;
            trouble = match self.open_file(&path, home) {
                Err(Trouble::Fault(fault)) if fault.is_damage() => {
                    damage::set_aside(&path, home)?;
                    fault.into()
                }
                Err(Trouble::Exchanged) => Trouble::Exchanged,
                opened => return opened,
            };
        }
        Err(trouble)
    }

    fn open_memory(&self) -> Result<Opened, Trouble> {
        let connection = Connection::open_in_memory().map_err(Fault::from)?;
        schema::set_up(&connection, self.most_pages)?;
        schema::create(&connection)?;
        Ok(Opened { connection, home: None })
    }

    /// Opens the file that was found at `path` as `home`, if it is there still.
    pub(super) fn open_file(&self, path: &Path, home: Identity) -> Result<Opened, Trouble> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let connection = Connection::open_with_flags(path, flags).map_err(Fault::from)?;
        let mut known = recognise(&connection, self.most_pages);
        // SQLite finds log and index by their names, and only when it first reads. From here on it has them: those of this
        // file, if that still has its place, and else maybe those of another, which would be damaged by what is written.
        in_place(path, home)?;
        if matches!(known, Ok(Kind::Empty)) {
            let _lock = Lock::take(path)?;
            in_place(path, home)?;
            known = schema::create(&connection);
        }
        match known {
            Ok(Kind::Ours | Kind::Empty) => {}
            Ok(Kind::OtherVersion) => return Err(Trouble::Refused("another version of larder made it")),
            Ok(Kind::Foreign) => return Err(Trouble::Refused("another program's tables are in it")),
            Ok(Kind::Unmarked) if !Lock::is_known(path) => return Err(Trouble::Refused("it has no mark of larder")),
            Ok(Kind::Unmarked) => return Err(Fault::DAMAGED.into()),
            Err(fault) if fault.is_damage() && !Lock::is_known(path) => {
                return Err(Trouble::Refused("it is no SQLite database"));
            }
            Err(fault) => return Err(fault.into()),
        }
        match statements::prepare(&connection) {
            Err(fault) if fault.is_misfit() => Err(Fault::DAMAGED.into()),
            prepared => {
                prepared?;
                let home = Some((path.to_owned(), home));
                Ok(Opened { connection, home })
            }
        }
    }

    /// Gives up a connection that has met damage, and what it led to.
    pub(super) fn give_up(&self, opened: Opened) -> Result<(), Trouble> {
        let Opened { connection, home } = opened;
        drop(connection);
        home.map_or(Ok(()), |(path, identity)| Ok(damage::set_aside(&path, identity)?))
    }
}

/// The file at `path`, made if there is none.
fn home(path: &Path) -> Result<Identity, Trouble> {
    if let Some(identity) = file::identity(path)? {
        return Ok(identity);
    }
    let _lock = Lock::take(path)?;
    if file::identity(path)?.is_none() {
        file::create(path)?;
    }
    let gone = || io::Error::from(io::ErrorKind::NotFound);
    Ok(file::identity(path)?.ok_or_else(gone)?)
}

fn in_place(path: &Path, home: Identity) -> Result<(), Trouble> {
    if file::identity(path)? == Some(home) { Ok(()) } else { Err(Trouble::Exchanged) }
}

fn recognise(connection: &Connection, most_pages: u32) -> Result<Kind, Fault> {
    schema::set_up(connection, most_pages)?;
    schema::kind(connection)
}
