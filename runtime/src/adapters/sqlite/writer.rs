//! Writes: all that wait together are one transaction, since making it last costs far more than what is in it. Answers are given
//! once the transaction stands. Where there is no room, each is alone: what stores something is refused, and what removes
//! something is carried out, if need be by exchanging the file.

use std::time::{Duration, Instant};

use super::client;
use super::database::Trouble;
use super::fault::Fault;
use super::housekeeping::{self, Dead, Room, Step};
use super::log;
use super::request::{Purpose, Request};
use super::schema;
use super::transaction::{Bounds, Lost, alone, begin, in_transaction, transact};
use super::worker::{Batch, N_RETRIES, N_WAITS, Worker, wanted};

/// Housekeeping after writes is at most so frequent.
const SHORT_PAUSE: Duration = Duration::from_secs(1);
/// And so frequent where nothing is written.
const LONG_PAUSE: Duration = Duration::from_secs(60);
/// Slices in a row, while each has at least so many entries to remove.
const N_SLICES: usize = 16;
const MUCH: u64 = 64;
/// Readers are waited for at most so often: one that stands there for long is not worth it.
const BETWEEN_WAITS: Duration = Duration::from_secs(5);
/// Rounds of housekeeping in a row in which something found no room to be stored, until there is some made for it.
const MOST_REFUSED: u32 = 4;

/// What the thread that writes has.
pub(super) struct Writer {
    worker: Worker,
    room: Room,
    /// When there was housekeeping last, and how far it came.
    kept: (Instant, i64),
    is_dirty: bool,
    /// When readers of the log were waited for last.
    waited: Option<Instant>,
    /// Was something refused, as there was no room, since there was housekeeping, and in how many rounds before?
    refused: (bool, u32),
}

impl Writer {
    pub(super) fn new(worker: Worker) -> Self {
        let database = &worker.database;
        let room = Room::new(database.n_bytes_of_tables(), database.limits.max_entries);
        Self { worker, room, kept: (Instant::now(), 0), is_dirty: false, waited: None, refused: (false, 0) }
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
            if trouble.is_misfit() { client::misfit() } else { self.worker.database.error(&trouble, request.purpose()) }
        });
        self.worker.renew();
        request.answer(failure);
    }

    fn attempt_alone(&mut self, request: &mut dyn Request) -> Result<(), Trouble> {
        // Others are run once more where their file has lost its place. This is not, so there is a look before too.
        let _ = self.worker.check_place();
        let may_store = self.log_length(self.worker.database.log.full) <= self.worker.database.log.full;
        self.worker.begin()?;
        if self.worker.is_nowhere() {
            return Err(Fault::FULL.into());
        }
        let mut n_waits = 0;
        while let Err(fault) = begin(self.worker.connection()?) {
            if !fault.is_busy() || n_waits == N_WAITS || !request.is_wanted() {
                return Err(fault.into());
            }
            n_waits += 1;
        }
        self.is_dirty = true;
        alone(self.worker.connection()?, &self.room, request, may_store)?;
        self.worker.check_place()
    }

    /// Runs a batch in as few transactions as it takes, with a look at the log before each.
    fn serve_together(&mut self, mut batch: Batch) {
        while !batch.is_empty() {
            batch = self.within_log(batch);
            batch = self.serve_some(batch);
        }
    }

    /// Runs as much of a batch as one transaction may take, and gives back the rest. Whom another process keeps waiting is dropped
    /// once it waits no longer.
    fn serve_some(&mut self, mut batch: Batch) -> Batch {
        let (mut n_attempts, mut n_waits, mut evicts) = (0, 0, false);
        while !batch.is_empty() {
            let lost = match self.attempt(&mut batch, evicts) {
                Ok(faults) => {
                    let rest = batch.split_off(faults.len());
                    self.answer(batch, faults);
                    return rest;
                }
                Err(lost) => lost,
            };
            if lost.trouble.is_busy() && n_waits < N_WAITS {
                n_waits += 1;
                batch = wanted(batch);
                continue;
            }
            let is_full = lost.trouble.is_full();
            if is_full && batch.len() > 1 {
                // In their order: what is stored and removed at once may be one caller's.
                batch.into_iter().for_each(|request| self.serve_together(vec![request]));
                return Vec::new();
            }
            n_attempts += 1;
            let is_mended = match batch.first() {
                Some(request) if is_full => self.finds_room(request.purpose(), &mut evicts),
                _ => self.worker.is_mended(&lost.trouble),
            };
            match lost.culprit {
                _ if is_mended && n_attempts <= N_RETRIES => {}
                Some(culprit) if n_attempts <= N_RETRIES => {
                    self.worker.fail(vec![batch.remove(culprit)], &lost.trouble);
                }
                _ => {
                    self.worker.fail(batch, &lost.trouble);
                    return Vec::new();
                }
            }
        }
        batch
    }

    /// Runs a batch, or the first of it; the fault of each request that failed by itself.
    fn attempt(&mut self, batch: &mut Batch, evicts: bool) -> Result<Vec<Option<Fault>>, Lost> {
        self.worker.begin()?;
        if self.worker.is_nowhere() && batch.iter().any(|request| request.purpose() == Purpose::Store) {
            return Err(Fault::FULL.into());
        }
        let n_bytes_at_once = usize::try_from(self.worker.database.log.n_bytes_at_once()).unwrap_or(usize::MAX);
        let bounds = Bounds { room: &self.room, n_bytes_at_once, evicts };
        let faults = transact(self.worker.connection()?, &bounds, batch)?;
        self.worker.check_place()?;
        self.is_dirty = true;
        Ok(faults)
    }

    /// Is there any use in another attempt to run a request that found no room? First the log makes way, and in the attempt a
    /// sixteenth of what there is; then everything, for what has to be removed.
    fn finds_room(&mut self, purpose: Purpose, evicts: &mut bool) -> bool {
        if !*evicts {
            *evicts = true;
            let _ = self.worker.connection().map(|connection| log::begin_anew(connection, Duration::ZERO));
            return true;
        }
        if purpose == Purpose::Remove {
            return self.worker.exchange().is_ok();
        }
        self.refused.0 = true;
        self.is_dirty = true;
        false
    }

    /// Keeps to the limits of the log: refuses what would store something where it is full, and exchanges the file for what is to be
    /// removed where even that would be too much. What may be run.
    fn within_log(&mut self, batch: Batch) -> Batch {
        let log = self.worker.database.log;
        let length = self.log_length(log.full);
        if length <= log.full {
            return batch;
        }
        self.is_dirty = true;
        if length > log.most && batch.iter().any(|request| removes(request.as_ref())) && self.worker.exchange().is_ok()
        {
            return batch;
        }
        let (removals, others) = batch.into_iter().partition(|request| removes(request.as_ref()));
        self.worker.fail(others, &Fault::FULL.into());
        removals
    }

    /// The pages in the log, which has begun anew, if it could, where it had more than `most`.
    fn log_length(&mut self, most: u64) -> u64 {
        // What is wrong here is so for the batch as well, which tells.
        let Ok(connection) = self.worker.connection() else { return 0 };
        let Ok(length) = log::length(connection) else { return 0 };
        if length <= most {
            return length;
        }
        let patience = match self.waited {
            Some(waited) if waited.elapsed() < BETWEEN_WAITS => Duration::ZERO,
            _ => schema::BUSY,
        };
        let shortened = log::begin_anew(connection, patience).unwrap_or(length);
        if patience > Duration::ZERO && shortened > 0 {
            self.waited = Some(Instant::now());
        }
        shortened
    }

    fn answer(&self, batch: Batch, faults: Vec<Option<Fault>>) {
        for (request, fault) in batch.into_iter().zip(faults) {
            let error = fault.map(|fault| self.worker.database.error(&fault.into(), request.purpose()));
            request.answer(error);
        }
    }

    /// Removes a slice of what is past its grace, and sees to the log, if it is time.
    pub(super) fn keep_house(&mut self) {
        if self.kept.0.elapsed() < self.pause() {
            return;
        }
        let is_opened = self.worker.begin().is_ok() && !self.worker.is_nowhere();
        let is_long = is_opened && self.log_length(self.worker.database.log.long) > self.worker.database.log.long;
        if is_opened {
            self.make_room_for_refused();
            self.remove_past();
        }
        self.is_dirty |= is_long;
        self.kept.0 = Instant::now();
    }

    /// Where nothing could be stored for a while, a sixteenth of what there is makes way for what comes, or all.
    fn make_room_for_refused(&mut self) {
        let (is_refused, n_rounds) = std::mem::take(&mut self.refused);
        if is_refused && n_rounds < MOST_REFUSED {
            self.refused.1 = n_rounds + 1;
        } else if is_refused {
            let Ok(connection) = self.worker.connection() else { return };
            let made = in_transaction(connection, |statements| self.room.make_more(statements));
            self.draw_consequences(made);
        }
    }

    fn remove_past(&mut self) {
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
            let step: Step = self.draw_consequences(kept);
            self.kept.1 = step.next.unwrap_or(0);
            // Goes on soon where there is more to see.
            self.is_dirty = step.next.is_some();
            if step.n_removed < MUCH {
                break;
            }
        }
    }

    /// What housekeeping has come to. It is a removal too: what cannot be removed one by one goes with the file.
    fn draw_consequences<T: Default>(&mut self, done: Result<T, Fault>) -> T {
        done.unwrap_or_else(|fault| {
            if fault.is_full() {
                let _ = self.worker.exchange();
            } else {
                self.worker.is_mended(&fault.into());
            }
            T::default()
        })
    }
}

fn removes(request: &dyn Request) -> bool {
    request.purpose() == Purpose::Remove
}
