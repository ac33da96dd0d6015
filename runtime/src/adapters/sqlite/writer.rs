//! Writes: all that wait together are one transaction, since making it last costs far more than what is in it. Each request
//! has a savepoint, so that one that fails takes no other with it. Answers are given once the transaction stands.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::client;
use super::database::Trouble;
use super::fault::Fault;
use super::housekeeping::{self, Dead, Room, Step};
use super::request::Request;
use super::schema::{self, Kind};
use super::statements::{self, Statements};
use super::worker::{Batch, N_RETRIES, N_WAITS, Worker, wanted};

/// Housekeeping after writes is at most so frequent.
const SHORT_PAUSE: Duration = Duration::from_secs(1);
/// And so frequent where nothing is written.
const LONG_PAUSE: Duration = Duration::from_secs(60);
/// Slices in a row, while each has at least so many entries to remove.
const N_SLICES: usize = 16;
const MUCH: u64 = 64;

/// What the thread that writes has.
pub(super) struct Writer {
    worker: Worker,
    room: Room,
    /// When there was housekeeping last, and how far it came.
    kept: (Instant, i64),
    is_dirty: bool,
}

/// Why a whole transaction came to nothing.
struct Lost {
    trouble: Trouble,
    /// The request that did it, if it was one of them.
    culprit: Option<usize>,
}

impl<T: Into<Trouble>> From<T> for Lost {
    fn from(trouble: T) -> Self {
        Self { trouble: trouble.into(), culprit: None }
    }
}

impl Writer {
    pub(super) fn new(worker: Worker) -> Self {
        let room = Room::new(worker.database.limits);
        Self { worker, room, kept: (Instant::now(), 0), is_dirty: false }
    }

    /// How long to wait for requests until there is housekeeping to be done.
    pub(super) fn pause(&self) -> Duration {
        if self.is_dirty { SHORT_PAUSE } else { LONG_PAUSE }
    }

    /// Runs a batch and answers it: together, but for those that are to be alone.
    pub(super) fn serve(&mut self, batch: Batch) {
        let mut together = Vec::with_capacity(batch.len());
        for request in batch {
            if request.is_alone() {
                self.serve_together(std::mem::take(&mut together));
                self.serve_alone(request);
            } else {
                together.push(request);
            }
        }
        self.serve_together(together);
    }

    /// Runs a request of which nobody knows what it does, once. Nothing that it leaves on the connection is used.
    fn serve_alone(&mut self, mut request: Box<dyn Request>) {
        let failure = self.attempt_alone(request.as_mut()).err().map(|trouble| {
            self.worker.is_mended(&trouble);
            if trouble.is_misfit() { client::misfit() } else { self.worker.database.error(&trouble) }
        });
        self.worker.renew();
        request.answer(failure);
    }

    fn attempt_alone(&mut self, request: &mut dyn Request) -> Result<(), Trouble> {
        // Others are run once more where their file has lost its place. This is not, so there is a look before too.
        let _ = self.worker.check_place();
        let mut n_waits = 0;
        while let Err(fault) = begin(self.worker.connection()?) {
            if !fault.is_busy() || n_waits == N_WAITS || !request.is_wanted() {
                return Err(fault.into());
            }
            n_waits += 1;
        }
        self.is_dirty = true;
        alone(self.worker.connection()?, &self.room, request)?;
        self.worker.check_place()
    }

    /// Whom another process keeps waiting is dropped once it waits no longer.
    fn serve_together(&mut self, mut batch: Batch) {
        let (mut n_attempts, mut n_waits) = (0, 0);
        while !batch.is_empty() {
            let lost = match self.attempt(&mut batch) {
                Ok(faults) => return self.answer(batch, faults),
                Err(lost) => lost,
            };
            if lost.trouble.is_busy() && n_waits < N_WAITS {
                n_waits += 1;
                batch = wanted(batch);
                continue;
            }
            n_attempts += 1;
            let is_mended =
                self.worker.is_mended(&lost.trouble) || lost.trouble.is_full() && n_attempts == 1 && self.makes_room();
            match lost.culprit {
                _ if n_attempts > N_RETRIES => return self.worker.fail(batch, &lost.trouble),
                _ if is_mended => {}
                Some(culprit) => self.worker.fail(vec![batch.remove(culprit)], &lost.trouble),
                None => return self.worker.fail(batch, &lost.trouble),
            }
        }
    }

    /// Runs a batch; the fault of each request that failed by itself.
    fn attempt(&mut self, batch: &mut Batch) -> Result<Vec<Option<Fault>>, Lost> {
        let faults = transact(self.worker.connection()?, &self.room, batch)?;
        self.worker.check_place()?;
        self.is_dirty = true;
        Ok(faults)
    }

    /// A sixteenth of what there is makes way, where the limits alone were not enough; does it?
    fn makes_room(&mut self) -> bool {
        let Ok(connection) = self.worker.connection() else { return false };
        in_transaction(connection, |statements| self.room.make_more(statements)).is_ok()
    }

    fn answer(&self, batch: Batch, faults: Vec<Option<Fault>>) {
        for (request, fault) in batch.into_iter().zip(faults) {
            request.answer(fault.map(|fault| self.worker.database.error(&fault.into())));
        }
    }

    /// Removes a slice of what is past its grace, and sees to the log, if it is time.
    pub(super) fn keep_house(&mut self) {
        if self.kept.0.elapsed() < self.pause() {
            return;
        }
        if let Ok(connection) = self.worker.connection()
            && let Err(fault) = housekeeping::shorten_log(connection)
        {
            self.worker.is_mended(&fault.into());
        }
        for n_slices in 0..N_SLICES {
            let from = self.kept.1;
            let Ok(connection) = self.worker.connection() else { break };
            let kept = in_transaction(connection, |statements| {
                // That looks at all there are: once is enough.
                if n_slices == 0 {
                    housekeeping::forget_permits(statements)?;
                }
                housekeeping::walk(statements, from, &Dead::Past)
            });
            let step = kept.unwrap_or_else(|fault| {
                self.worker.is_mended(&fault.into());
                Step::default()
            });
            self.kept.1 = step.next.unwrap_or(0);
            // Goes on soon where there is more to see.
            self.is_dirty = step.next.is_some();
            if step.n_removed < MUCH {
                break;
            }
        }
        self.kept.0 = Instant::now();
    }
}

/// Runs a batch as one transaction; the fault of each request that failed by itself.
fn transact(connection: &Connection, room: &Room, batch: &mut Batch) -> Result<Vec<Option<Fault>>, Lost> {
    begin(connection)?;
    let statements = Statements::new(connection);
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
    }
    let ended = room.make(&statements).and_then(|()| run(connection, "COMMIT"));
    ended.inspect_err(|_| roll_back(connection))?;
    Ok(faults)
}

/// Runs a request in the transaction that has begun, and ends that if the request has not.
fn alone(connection: &Connection, room: &Room, request: &mut dyn Request) -> Result<(), Fault> {
    let statements = Statements::new(connection);
    let done = request.run(&statements).and_then(|()| {
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
fn in_transaction<T>(
    connection: &Connection,
    work: impl FnOnce(&Statements<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    begin(connection)?;
    let done = work(&Statements::new(connection)).and_then(|done| run(connection, "COMMIT").map(|()| done));
    done.inspect_err(|_| roll_back(connection))
}

fn begin(connection: &Connection) -> Result<(), Fault> {
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
