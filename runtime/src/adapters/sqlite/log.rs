//! The write-ahead log, and how long it may get: all that is written goes there first, and stays until no reader could still ask
//! for what was before. A reader that stands there for long, in whatever program, has it grow with each write.

use std::time::Duration;

use rusqlite::Connection;

use super::fault::Fault;
use super::schema;

/// Of what a database may take of the disk, one part in so many is for the log.
const SHARE: u64 = 8;
/// But so much, as less would have it begin anew all the time.
const LEAST: u64 = 1 << 20;
/// Of what is very little, one part in so many is left to the log, however little that is.
const LARGEST_SHARE: u64 = 4;
/// A page in the log, with its head.
const FRAME: u64 = 4096 + 24;
/// After so many pages SQLite looks whether the log can begin anew, and no later; its own choice.
const USUAL: u64 = 1_000;
/// With so many it is long.
const LONG: u64 = 4_096;
/// What one transaction stores, beyond which there is a look at the log before the next, is such a part of the log.
const BATCHES: u64 = 8;

/// Lengths of the log, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Log {
    /// When SQLite itself looks whether it can begin anew.
    pub(super) usual: u64,
    /// When housekeeping has it begin anew, and waits for readers.
    pub(super) long: u64,
    /// When nothing more is stored.
    pub(super) full: u64,
    /// When nothing more is written: what must be removed goes with the whole file.
    pub(super) most: u64,
}

impl Log {
    pub(super) fn of(max_bytes: u64) -> Self {
        let most = share(max_bytes).max(LEAST) / FRAME;
        let full = most / 2;
        Self { usual: (most / 4).min(USUAL), long: full.min(LONG), full, most }
    }

    /// Bytes of a log that is as long as it may be while all is stored.
    pub(super) fn n_bytes(self) -> u64 {
        self.full * FRAME
    }

    /// Bytes that one transaction may store.
    pub(super) fn n_bytes_at_once(self) -> u64 {
        self.most * FRAME / BATCHES
    }
}

/// What is left of `max_bytes` beside the log.
pub(super) fn beside(max_bytes: u64) -> u64 {
    max_bytes - share(max_bytes)
}

fn share(max_bytes: u64) -> u64 {
    (max_bytes / SHARE).max(LEAST).min(max_bytes / LARGEST_SHARE)
}

/// The pages in the log. To look costs no trip to the disk.
pub(super) fn length(connection: &Connection) -> Result<u64, Fault> {
    checkpoint(connection, "PRAGMA wal_checkpoint(NOOP)")
}

/// Has the log begin anew, if all in it can be moved to the database and is read by nobody; gives its room back to the disk.
/// SQLite does so by itself only when a writer finds nobody reading, and where many read all the time that never happens: those
/// that read just now are waited for, for `patience`. The pages that are in the log then.
pub(super) fn begin_anew(connection: &Connection, patience: Duration) -> Result<u64, Fault> {
    connection.busy_timeout(patience)?;
    let length = checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    connection.busy_timeout(schema::BUSY)?;
    length
}

fn checkpoint(connection: &Connection, sql: &str) -> Result<u64, Fault> {
    let length: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(1))?;
    // -1 where there is no log.
    Ok(u64::try_from(length).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_an_eighth_and_no_less_than_it_needs() {
        let default = Log::of(256 << 20);
        assert_eq!((default.usual, (default.most * FRAME) >> 20, default.n_bytes() >> 20), (1_000, 31, 15));
        for (max_bytes, tables) in [(256 << 20, 224 << 20), (8 << 20, 7 << 20), (4 << 20, 3 << 20), (1 << 20, 3 << 18)]
        {
            assert_eq!(beside(max_bytes), tables);
        }
        assert_eq!(Log::of(64 << 10), Log::of(4 << 20));
        for max_bytes in [64 << 10, 4 << 20, 256 << 20, u64::MAX] {
            let log = Log::of(max_bytes);
            assert!(0 < log.usual && log.usual <= log.long && log.long <= log.full && log.full < log.most, "{log:?}");
        }
    }
}
