//! One database as all threads of an adapter know it, and how each opens its connection to it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::damage;
use super::exchange;
use super::fault::Fault;
use super::file::{self, Identity, Lock};
use super::housekeeping::Limits;
use super::log::{self, Log};
use super::request::Purpose;
use super::schema::{self, Kind};
use super::statements;
use crate::error::{Error, ErrorKind};
use crate::sync::Mutex;

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
    /// How long the log may get.
    pub(super) log: Log,
    /// The file that was last found to be a cache, and whether a connection keeps its number from going to another.
    known: Mutex<(Option<Identity>, Weak<()>)>,
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
    /// Was there no room?
    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::Fault(fault) => fault.is_full(),
            Self::System(error) => file::is_full(error),
            Self::Refused(_) | Self::Exchanged => false,
        }
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
    home: Home,
    /// Says that the file is known; goes after the connection.
    _known: Arc<()>,
    /// Held while the connection is closed, and so goes last.
    closing: Option<Lock>,
}

/// The last connection to a file deletes its log, by name: by then that may be the log of another file, which has its place. So
/// nobody exchanges the file meanwhile; and where that cannot be had, the log stays.
impl Drop for Opened {
    fn drop(&mut self) {
        let Home::File(path, _) = &self.home else { return };
        self.closing = Lock::take(path).ok();
        if self.closing.is_none() {
            let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
    }
}

enum Home {
    File(PathBuf, Identity),
    Memory,
    /// There is no file, and no room to make one: an empty database stands in for it, for one batch.
    Nowhere,
}

impl Opened {
    /// Does what is in the database outlive the connection?
    pub(super) fn is_file(&self) -> bool {
        !matches!(self.home, Home::Memory)
    }

    /// The file that it leads to.
    fn file(&self) -> Option<(PathBuf, Identity)> {
        match &self.home {
            Home::File(path, identity) => Some((path.clone(), *identity)),
            Home::Memory | Home::Nowhere => None,
        }
    }

    /// Is there nothing, and no room for anything?
    pub(super) fn is_nowhere(&self) -> bool {
        matches!(self.home, Home::Nowhere)
    }

    /// Does the connection lead to what has the file's place?
    pub(super) fn is_in_place(&self) -> bool {
        match &self.home {
            Home::File(path, home) => in_place(path, *home).is_ok(),
            Home::Memory | Home::Nowhere => true,
        }
    }
}

impl Database {
    pub(super) fn new(place: Place, limits: Limits) -> Self {
        // An eighth above the limit, and what one transaction may store before there is a look at the size.
        let hard = limits.max_bytes.saturating_add(limits.max_bytes / 8).saturating_add(4 << 20) / PAGE;
        let most_pages = u32::try_from(hard).unwrap_or(u32::MAX).min(u32::MAX - 1);
        Self { place, limits, most_pages, log: Log::of(limits.max_bytes), known: Mutex::default() }
    }

    /// What the tables may take of `max_bytes`: in memory there is no log.
    pub(super) fn n_bytes_of_tables(&self) -> u64 {
        match self.place {
            Place::File(_) => log::beside(self.limits.max_bytes),
            Place::Memory => self.limits.max_bytes,
        }
    }

    /// What a caller is told.
    pub(super) fn error(&self, trouble: &Trouble, purpose: Purpose) -> Error {
        let place = &self.place;
        match trouble {
            full if purpose == Purpose::Store && full.is_full() => {
                Error::new(ErrorKind::TooLarge, "there is no room left for the SQLite cache")
            }
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

    /// Opens a connection. A file that is missing is made; one that is damaged is set aside, one that the disk has no room to open
    /// is removed, and both are made anew.
    pub(super) fn open(&self) -> Result<Opened, Trouble> {
        if !schema::is_sqlite_sound() {
            return Err(Trouble::Refused("SQLite before 3.51.3 can corrupt it"));
        }
        let Place::File(path) = &self.place else { return self.open_empty(Home::Memory) };
        let trouble = match file::prepare(path).map_err(Trouble::from).and_then(|path| self.open_at(&path)) {
            Err(trouble) if trouble.is_full() => trouble,
            opened => return opened,
        };
        // Whoever finds no file finds nothing, and removes nothing: that takes no room.
        if file::identity(path)?.is_some() { Err(trouble) } else { self.open_empty(Home::Nowhere) }
    }

    fn open_at(&self, path: &Path) -> Result<Opened, Trouble> {
        let mut trouble = Trouble::Exchanged;
        for _ in 0..N_ATTEMPTS {
            let home = home(path)?;
            trouble = match self.open_file(path, home) {
                Err(Trouble::Fault(fault)) if fault.is_damage() => {
                    damage::set_aside(path, home)?;
                    fault.into()
                }
                Err(Trouble::Fault(fault)) if fault.is_full() || fault.is_no_file() => {
                    if !self.is_ours(path, home)? {
                        return Err(Trouble::Refused("it cannot be opened, and has no mark of larder"));
                    }
                    if fault.is_no_file() && !file::is_out_of_files(path) {
                        return Err(fault.into());
                    }
                    exchange::remove(path, home)?;
                    Fault::FULL.into()
                }
                Err(Trouble::Exchanged) => Trouble::Exchanged,
                opened => return opened,
            };
        }
        Err(trouble)
    }

    fn open_empty(&self, home: Home) -> Result<Opened, Trouble> {
        let connection = Connection::open_in_memory().map_err(Fault::from)?;
        schema::set_up(&connection, self.most_pages, self.log)?;
        schema::create(&connection)?;
        Ok(Opened { connection, home, _known: Arc::default(), closing: None })
    }

    /// Is the file a cache, though SQLite cannot open it now? Asked before it is removed.
    fn is_ours(&self, path: &Path, home: Identity) -> Result<bool, Trouble> {
        if self.known_as(home).is_some() {
            return Ok(true);
        }
        Ok(Lock::is_known(path) && file::is_of(path, schema::APPLICATION_ID)?)
    }

    /// Opens the file that was found at `path` as `home`, if it is there still.
    pub(super) fn open_file(&self, path: &Path, home: Identity) -> Result<Opened, Trouble> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let connection = Connection::open_with_flags(path, flags).map_err(Fault::from)?;
        let mut known = self.recognise(&connection);
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
                let (home, known) = (Home::File(path.to_owned(), home), self.know(home));
                Ok(Opened { connection, home, _known: known, closing: None })
            }
        }
    }

    /// What says that the file is a cache, if a connection to it is open.
    fn known_as(&self, home: Identity) -> Option<Arc<()>> {
        let known = self.known.lock();
        known.1.upgrade().filter(|_| known.0 == Some(home))
    }

    fn know(&self, home: Identity) -> Arc<()> {
        self.known_as(home).unwrap_or_else(|| {
            let known = Arc::default();
            *self.known.lock() = (Some(home), Arc::downgrade(&known));
            known
        })
    }

    fn recognise(&self, connection: &Connection) -> Result<Kind, Fault> {
        schema::set_up(connection, self.most_pages, self.log)?;
        schema::kind(connection)
    }

    /// Gives up a connection that has met damage, and what it led to.
    pub(super) fn give_up(&self, opened: Opened) -> Result<(), Trouble> {
        let home = opened.file();
        drop(opened);
        home.map_or(Ok(()), |(path, identity)| Ok(damage::set_aside(&path, identity)?))
    }

    /// Gives up a connection, and all that is in what it leads to; the next one that is opened leads to something empty.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub(super) fn exchange(&self, opened: Opened) -> Result<(), Trouble> {
        // The connection goes after the file: until then its number is given to no other file.
        opened.file().map_or(Ok(()), |(path, identity)| Ok(exchange::remove(&path, identity)?))
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
