//! Reads: all that wait together are answered out of one read transaction, which costs about as much as one of them alone.

use rusqlite::Connection;

use super::fault::Fault;
use super::statements::Statements;
use super::worker::{Batch, Worker};

/// Answers a batch. Where the file turns out to be damaged it is built anew, and there is a second attempt.
pub(super) fn serve(worker: &mut Worker, mut batch: Batch) {
    let mut is_retry = false;
    loop {
        let read = match worker.connection() {
            Ok(connection) => read(connection, &mut batch),
            Err(trouble) => return worker.fail(batch, &trouble),
        };
        match read {
            Ok(()) => return batch.into_iter().for_each(|request| request.answer(None)),
            Err(fault) if worker.is_mended(fault) && !is_retry => is_retry = true,
            Err(fault) => return worker.fail(batch, &fault.into()),
        }
    }
}

/// One request alone is a transaction by itself.
fn read(connection: &Connection, batch: &mut Batch) -> Result<(), Fault> {
    let is_together = batch.len() > 1;
    if is_together {
        connection.prepare_cached("BEGIN")?.execute([])?;
    }
    let statements = Statements::new(connection);
    let done = batch.iter_mut().try_for_each(|request| request.run(&statements));
    if is_together {
        connection.prepare_cached("COMMIT")?.execute([])?;
    }
    done
}
