//! The threads: one that writes, and for a file two that read beside it. Each has a connection of its own, which it opens
//! when it is first asked for something, and again when the file behind it is no longer the right one.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::database::{Database, Opened, Trouble};
use super::queue::{Queue, Taken};
use super::reader;
use super::request::Request;
use super::writer::Writer;
use crate::error::{Error, Result};

/// Requests of one kind.
pub(super) type Requests = Queue<Box<dyn Request>>;
/// Requests that are run together.
pub(super) type Batch = Vec<Box<dyn Request>>;

/// How long a reader that has nothing to do sleeps. It is woken when there is something.
const LONG: Duration = Duration::from_secs(3600);

/// A connection that opens itself.
pub(super) struct Worker {
    pub(super) database: Arc<Database>,
    opened: Option<Opened>,
}

impl Worker {
    pub(super) fn new(database: Arc<Database>) -> Self {
        Self { database, opened: None }
    }

    /// Sees to it that there is a connection, for a batch that begins. One to nothing was for the batch before.
    ///
    /// # Errors
    /// What keeps it from being opened.
    pub(super) fn begin(&mut self) -> Result<(), Trouble> {
        self.opened.take_if(|opened| opened.is_nowhere());
        self.connection().map(drop)
    }

    /// Is there no room even for an empty file?
    pub(super) fn is_nowhere(&self) -> bool {
        self.opened.as_ref().is_some_and(Opened::is_nowhere)
    }

    /// The connection; a new one if there is none.
    pub(super) fn connection(&mut self) -> Result<&Connection, Trouble> {
        let opened = match self.opened.take() {
            Some(opened) => opened,
            None => self.database.open()?,
        };
        Ok(&self.opened.insert(opened).connection)
    }

    /// Gives up the connection, with what was set on it. What is in memory goes with its connection, so that one stays.
    pub(super) fn renew(&mut self) {
        self.opened.take_if(|opened| opened.is_file());
    }

    /// Is what was done just now of the file that others use? If that has lost its place to another (it was set aside, or
    /// removed), the connection is given up. Asked before each answer: a clear that others do not see would be none, nor would
    /// one that was not seen here.
    ///
    /// # Errors
    /// [`Trouble::Exchanged`] if it is not.
    pub(super) fn check_place(&mut self) -> Result<(), Trouble> {
        self.opened.take_if(|opened| !opened.is_in_place()).map_or(Ok(()), |_| Err(Trouble::Exchanged))
    }

    /// Draws the consequences of trouble; is there any use in another attempt?
    pub(super) fn is_mended(&mut self, trouble: &Trouble) -> bool {
        let fault = match *trouble {
            Trouble::Fault(fault) => fault,
            Trouble::Exchanged => return true,
            Trouble::System(_) | Trouble::Refused(_) => return false,
        };
        if fault.is_passing() {
            return false;
        }
        // What is in memory goes with its connection.
        let Some(opened) = self.opened.take_if(|opened| fault.is_damage() || opened.is_file()) else { return false };
        // Whatever is wrong with a file that has lost its place, the next is another.
        if fault.is_damage() { self.database.give_up(opened).is_ok() } else { !opened.is_in_place() }
    }

    /// Gives up all that is in the database: what is to be removed cannot be, and this removes it.
    ///
    /// # Errors
    /// If the file cannot be exchanged.
    pub(super) fn exchange(&mut self) -> Result<(), Trouble> {
        self.opened.take().map_or(Ok(()), |opened| self.database.exchange(opened))
    }

    /// Tells all of a batch of the same trouble.
    pub(super) fn fail(&self, batch: Batch, trouble: &Trouble) {
        for request in batch {
            let error = self.database.error(trouble, request.purpose());
            request.answer(Some(error));
        }
    }
}

/// A thread, and what comes once it has ended.
type Started = (JoinHandle<()>, oneshot::Receiver<()>);

/// Starts the thread that writes, which begins when the one `before` it has ended.
pub(super) fn start_writer(
    database: &Arc<Database>,
    queue: &Arc<Requests>,
    before: Option<JoinHandle<()>>,
) -> Result<Started> {
    let mut writer = Writer::new(Worker::new(Arc::clone(database)));
    start("larder-sqlite-w", queue, move |queue| {
        // However it has ended.
        let _ = before.map(JoinHandle::join);
        loop {
            match queue.take(writer.pause()) {
                Taken::Batch(batch) => writer.serve(wanted(batch)),
                Taken::Idle => {}
                Taken::Closed => return,
            }
            writer.keep_house();
        }
    })
}

/// Starts a thread that reads.
pub(super) fn start_reader(database: &Arc<Database>, queue: &Arc<Requests>) -> Result<Started> {
    let mut worker = Worker::new(Arc::clone(database));
    start("larder-sqlite-r", queue, move |queue| {
        loop {
            match queue.take(LONG) {
                Taken::Batch(batch) => reader::serve(&mut worker, wanted(batch)),
                Taken::Idle => {}
                Taken::Closed => return,
            }
        }
    })
}

/// How often a batch is tried again because its file was damaged or exchanged, or one of its requests spoilt it for the others.
pub(super) const N_RETRIES: usize = 3;
/// How often a batch that meets another connection at work is tried again: two seconds, longer than calls and helpers wait.
pub(super) const N_WAITS: usize = 10;

/// What somebody still waits for. Under a load that is too high the rest has been given up by now.
pub(super) fn wanted(mut batch: Batch) -> Batch {
    batch.retain(|request| request.is_wanted());
    batch
}

fn start(name: &str, queue: &Arc<Requests>, run: impl FnOnce(&Requests) + Send + 'static) -> Result<Started> {
    let (ending, ended) = oneshot::channel();
    let last = Last { queue: Arc::clone(queue), _ending: ending };
    let started = thread::Builder::new().name(name.into()).spawn(move || {
        let last = last;
        run(&last.queue);
    });
    match started {
        Ok(thread) => Ok((thread, ended)),
        Err(error) => Err(Error::unavailable("the system refuses a thread that the SQLite cache needs", error)),
    }
}

/// However a thread ends, nobody waits for it any longer.
struct Last {
    queue: Arc<Requests>,
    /// Told by being dropped.
    _ending: oneshot::Sender<()>,
}

impl Drop for Last {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}
