//! Transactions: how a batch is run as one, each request behind a savepoint, and what a failure of one of them means for the
//! others.

use rusqlite::Connection;

use super::database::Trouble;
use super::fault::Fault;
use super::housekeeping::Room;
use super::request::Request;
use super::schema::{self, Kind};
use super::statements::{self, Statements};
use super::worker::Batch;

/// Why a whole transaction came to nothing.
pub(super) struct Lost {
    pub(super) trouble: Trouble,
    /// The request that did it, if it was one of them.
    pub(super) culprit: Option<usize>,
}

impl<T: Into<Trouble>> From<T> for Lost {
    fn from(trouble: T) -> Self {
        Self { trouble: trouble.into(), culprit: None }
    }
}

/// What there is to be looked at while a transaction goes on.
pub(super) struct Bounds<'r> {
    pub(super) room: &'r Room,
    /// Once it has stored so much, the rest of the batch has another.
    pub(super) n_bytes_at_once: usize,
    /// Is a sixteenth of what there is to make way first?
    pub(super) evicts: bool,
}

/// Runs a batch as one transaction, or as much of it as that may take; the fault of each request that failed by itself. If it
/// comes to nothing, nothing has changed.
pub(super) fn transact(
    connection: &Connection,
    bounds: &Bounds<'_>,
    batch: &mut Batch,
) -> Result<Vec<Option<Fault>>, Lost> {
    let room = bounds.room;
    begin(connection)?;
    room.begin();
    let statements = Statements::new(connection);
    if bounds.evicts {
        room.make_more(&statements).inspect_err(|_| roll_back(connection))?;
    }
    let mut faults = Vec::with_capacity(batch.len());
    for (at, request) in batch.iter_mut().enumerate() {
        let ran = in_savepoint(&statements, room, request.as_mut());
        let is_lost = |fault: &Fault| fault.is_damage() || fault.is_full() || connection.is_autocommit();
        match ran {
            Err(fault) if is_lost(&fault) => {
                roll_back(connection);
                return Err(Lost { trouble: fault.into(), culprit: Some(at) });
            }
            ran => faults.push(ran.err()),
        }
        if room.n_bytes() >= bounds.n_bytes_at_once {
            break;
        }
    }
    let ended = room.make(&statements).and_then(|()| run(connection, "COMMIT"));
    ended.inspect_err(|_| roll_back(connection))?;
    Ok(faults)
}

/// Runs a request in the transaction that has begun, and ends that if the request has not. Where it `may_store` nothing, it may
/// look.
pub(super) fn alone(
    connection: &Connection,
    room: &Room,
    request: &mut dyn Request,
    may_store: bool,
) -> Result<(), Fault> {
    let statements = Statements::new(connection);
    let n_changes = connection.total_changes();
    let done = request.run(&statements).and_then(|()| {
        if !may_store && connection.total_changes() != n_changes {
            return Err(Fault::FULL);
        }
        if connection.is_autocommit() {
            return Ok(());
        }
        statements::check(connection)?;
        if schema::kind_within(connection)? != Kind::Ours {
            return Err(Fault::MISFIT);
        }
        room.make(&statements)?;
        run(connection, "COMMIT")
    });
    done.inspect_err(|_| roll_back(connection))
}

/// Runs a request. If it fails, what it did is undone, and where SQLite cannot do that, the whole transaction is.
fn in_savepoint(statements: &Statements<'_>, room: &Room, request: &mut dyn Request) -> Result<(), Fault> {
    let connection = statements.connection;
    run(connection, "SAVEPOINT request")?;
    let ran = request.run(statements);
    if ran.is_err() && connection.is_autocommit() {
        return ran;
    }
    let undone = if ran.is_err() { run(connection, "ROLLBACK TO request") } else { Ok(()) };
    let settled = undone.and_then(|()| run(connection, "RELEASE request"));
    let made = if room.is_due(statements) { settled.and_then(|()| room.make(statements)) } else { settled };
    made.inspect_err(|_| roll_back(connection))?;
    ran
}

/// Does `work` in a transaction of its own.
pub(super) fn in_transaction<T>(
    connection: &Connection,
    work: impl FnOnce(&Statements<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    begin(connection)?;
    let done = work(&Statements::new(connection)).and_then(|done| run(connection, "COMMIT").map(|()| done));
    done.inspect_err(|_| roll_back(connection))
}

pub(super) fn begin(connection: &Connection) -> Result<(), Fault> {
    run(connection, "BEGIN IMMEDIATE")
}

/// A transaction that SQLite has rolled back itself is rolled back already.
fn roll_back(connection: &Connection) {
    let _ = run(connection, "ROLLBACK");
}

fn run(connection: &Connection, sql: &str) -> Result<(), Fault> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
