//! Reads: all that wait together are answered out of one read transaction, which costs about as much as one of them alone.

use rusqlite::Connection;

use super::database::Trouble;
use super::fault::Fault;
use super::statements::Statements;
use super::worker::{Batch, N_RETRIES, N_WAITS, Worker, wanted};

/// Answers a batch. Where the file turns out to be damaged it is built anew, and there are further attempts.
pub(super) fn serve(worker: &mut Worker, mut batch: Batch) {
    let (mut n_retries, mut n_waits) = (0, 0);
    while !batch.is_empty() {
        let read = match worker.begin().and_then(|()| worker.connection()) {
            Ok(connection) => read(connection, &mut batch).map_err(Trouble::Fault),
            Err(trouble) => Err(trouble),
        };
        match read.and_then(|()| worker.check_place()) {
            Ok(()) => return batch.into_iter().for_each(|request| request.answer(None)),
            Err(trouble) if trouble.is_busy() && n_waits < N_WAITS => {
                n_waits += 1;
                batch = wanted(batch);
            }
            Err(trouble) if worker.is_mended(&trouble) && n_retries < N_RETRIES => n_retries += 1,
            Err(trouble) => return worker.fail(batch, &trouble),
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
