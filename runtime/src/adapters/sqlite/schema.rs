//! The tables, and how a connection is set up and recognises them. What is not ours is refused, never changed.

use std::time::Duration;

use rusqlite::Connection;

use super::fault::Fault;
use super::log::Log;
use crate::error::Result;

/// Marks a database as ours, in its header: `LARD`.
pub(super) const APPLICATION_ID: i32 = 0x4c41_5244;
/// The shape of the tables. One of another version is refused: processes of two versions would take turns in undoing each
/// other's. A later version will build older ones anew, since nobody migrates a cache.
const VERSION: i32 = 1;
/// SQLite before this can corrupt a database that has several connections in WAL mode.
const OLDEST_SQLITE: i32 = 3_051_003;
/// How long a connection waits for another process's, until there is a look at who still waits for this one.
pub(super) const BUSY: Duration = Duration::from_millis(200);

/// The row id grows with each entry that is stored, and so tells the oldest. The columns stand before the record, so that
/// they are read without it: how long it lives, and whose it is. A table `WITHOUT ROWID` would keep records in the tree that keys are searched in: point
/// reads take twice as long.
const TABLES: &str = "
CREATE TABLE entry(
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    deadline INTEGER NOT NULL,
    kept_until INTEGER NOT NULL,
    stamped INTEGER NOT NULL,
    namespace_epoch INTEGER,
    template_epoch INTEGER NOT NULL,
    template INTEGER NOT NULL,
    record BLOB NOT NULL
);
CREATE TABLE permit(key TEXT PRIMARY KEY, token BLOB NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE epoch(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
";

/// Settings of a connection that change no file. No memory map: a file that another process cuts short would kill this
/// one.
const SETTINGS: &str = "
PRAGMA mmap_size = 0;
PRAGMA cell_size_check = ON;
PRAGMA trusted_schema = OFF;
PRAGMA secure_delete = OFF;
PRAGMA cache_size = -4000;
PRAGMA temp_store = MEMORY;
PRAGMA synchronous = NORMAL;
";

/// What a database is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ours,
    /// Ours, of another version of this crate.
    OtherVersion,
    /// There is nothing in it.
    Empty,
    /// Somebody else's.
    Foreign,
    /// It has our tables and not our mark.
    Unmarked,
}

/// Can this SQLite be trusted with several connections?
pub(super) fn is_sqlite_sound() -> bool {
    rusqlite::version_number() >= OLDEST_SQLITE
}

/// Sets up a connection, without a look at what it leads to.
pub(super) fn set_up(connection: &Connection, most_pages: u32, log: Log) -> Result<(), Fault> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(SETTINGS)?;
    connection.pragma_update(None, "max_page_count", most_pages)?;
    connection.pragma_update(None, "wal_autocheckpoint", log.usual.cast_signed())?;
    connection.pragma_update(None, "journal_size_limit", log.n_bytes().cast_signed())?;
    Ok(())
}

/// What does the connection lead to? Looks at it as it is at one moment: who saw the tables that another is making, and not
/// yet the mark that comes with them, would take them for a damaged cache.
pub(super) fn kind(connection: &Connection) -> Result<Kind, Fault> {
    let moment = connection.unchecked_transaction()?;
    let kind = kind_within(&moment)?;
    moment.commit()?;
    Ok(kind)
}

/// The same inside a transaction.
pub(super) fn kind_within(connection: &Connection) -> Result<Kind, Fault> {
    let application: i32 = pragma(connection, "application_id")?;
    let version: i32 = pragma(connection, "user_version")?;
    let table = "SELECT count(*), count(*) FILTER (WHERE name = 'entry') FROM sqlite_schema WHERE type = 'table'";
    let (n_tables, n_ours): (u32, u32) = connection.query_row(table, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(match (application, n_tables) {
        (APPLICATION_ID, 1..) if version == VERSION => Kind::Ours,
        (APPLICATION_ID, 1..) => Kind::OtherVersion,
        (0 | APPLICATION_ID, 0) => Kind::Empty,
        _ if n_ours > 0 => Kind::Unmarked,
        _ => Kind::Foreign,
    })
}

/// Makes the tables in an empty database, and says what it is now: another process may be faster, and another program. Log
/// and index of a write-ahead log come with the first write.
pub(super) fn create(connection: &Connection) -> Result<Kind, Fault> {
    match kind(connection)? {
        Kind::Empty => connection.execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE;")?,
        made => return Ok(made),
    }
    let made = match kind_within(connection) {
        Ok(Kind::Empty) => connection
            .execute_batch(TABLES)
            .and_then(|()| connection.pragma_update(None, "application_id", APPLICATION_ID))
            .and_then(|()| connection.pragma_update(None, "user_version", VERSION))
            .map_or_else(|error| Err(error.into()), |()| Ok(Kind::Ours)),
        known => known,
    };
    let end = if made.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = connection.execute_batch(end).map_err(Fault::from);
    made.and_then(|kind| ended.map(|()| kind))
}

fn pragma<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> Result<T, Fault> {
    Ok(connection.pragma_query_value(None, name, |row| row.get(0))?)
}

/// The pages that are in use, and the size of each in bytes.
pub(super) fn pages(connection: &Connection) -> Result<(u64, u64), Fault> {
    let count = |sql: &str| -> Result<u64, Fault> {
        let count: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    };
    let n_used = count("PRAGMA page_count")?.saturating_sub(count("PRAGMA freelist_count")?);
    Ok((n_used, count("PRAGMA page_size")?))
}
