//! From a verb to a thread and back: starts the threads when they are needed, hands them requests, and ends them with the
//! last handle.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Weak};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::client;
use super::database::{Database, Place};
use super::fault::Stop;
use super::housekeeping::Limits;
use super::queue::Rejected;
use super::request::{self, Purpose, Request};
use super::statements::Statements;
use super::worker::{self, Requests};
use crate::error::{Error, ErrorKind, Result};
use crate::sync::Mutex;

/// Threads that read a file. More than one so that a large batch does not hold up a small one.
const N_READERS: usize = 2;

/// A database and its threads.
pub(super) struct Engine {
    database: Arc<Database>,
    threads: Mutex<Threads>,
}

#[derive(Default)]
struct Threads {
    /// `None` until the first request, and after a close.
    running: Option<Running>,
    /// The last thread that was started to write. The next one begins once it has ended: what was given to it comes first.
    writer: Option<JoinHandle<()>>,
}

struct Running {
    writes: Arc<Requests>,
    /// For a database in memory, that of the writes.
    reads: Arc<Requests>,
    ended: Vec<oneshot::Receiver<()>>,
}

impl Engine {
    pub(super) fn new(place: Place, limits: Limits) -> Self {
        Self::of(Database::new(place, limits))
    }

    pub(super) fn of(database: Database) -> Self {
        Self { database: Arc::new(database), threads: Mutex::default() }
    }

    /// The database in memory that goes by this name, while anybody in this process holds it; the limits are the first
    /// one's.
    pub(super) fn named(name: &str, limits: Limits) -> Arc<Self> {
        static NAMED: LazyLock<Mutex<HashMap<String, Weak<Engine>>>> = LazyLock::new(Mutex::default);
        let mut named = NAMED.lock();
        named.retain(|_, engine| engine.strong_count() > 0);
        if let Some(engine) = named.get(name).and_then(Weak::upgrade) {
            return engine;
        }
        let engine = Arc::new(Self::new(Place::Memory, limits));
        named.insert(name.into(), Arc::downgrade(&engine));
        engine
    }

    pub(super) fn place(&self) -> &Place {
        &self.database.place
    }

    pub(super) fn limits(&self) -> Limits {
        self.database.limits
    }

    /// Has `work` done by a thread, and waits for its answer without blocking this one.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        purpose: Purpose,
        work: impl FnMut(&Statements<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T> {
        self.check()?;
        let (request, told) = request::request(purpose, work);
        self.push(request)?;
        let gone = |error| Err(Error::unavailable("a thread of the SQLite cache has ended early", error));
        told.await.unwrap_or_else(gone)
    }

    /// Has a request done that is told its answer by itself, in a transaction of its own.
    pub(super) fn ask_alone(&self, request: Box<dyn Request>) -> Result<()> {
        self.check()?;
        self.push(request)
    }

    /// Tells its database from all others that there are.
    pub(super) fn id(&self) -> usize {
        Arc::as_ptr(&self.database).addr()
    }

    /// Refuses who would wait for what he holds up himself.
    fn check(&self) -> Result<()> {
        if !client::is_inside(self.id()) {
            return Ok(());
        }
        let message = "a SQLite cache cannot be asked from inside a transaction on it: it would wait for itself";
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// A queue may be closed between its being found and the push, hence the attempts.
    fn push(&self, mut request: Box<dyn Request>) -> Result<()> {
        for _ in 0..3 {
            match self.queue(request.purpose())?.push(request) {
                Ok(()) => return Ok(()),
                Err((Rejected::Full, _)) => break,
                Err((Rejected::Closed, back)) => request = back,
            }
        }
        Err(Error::new(ErrorKind::Unavailable, "too many requests wait for the SQLite cache"))
    }

    /// Where such requests go; starts the threads if they do not run.
    fn queue(&self, purpose: Purpose) -> Result<Arc<Requests>> {
        let mut threads = self.threads.lock();
        let Threads { running, writer } = &mut *threads;
        let is_well = |running: &Running| !running.writes.is_closed() && !running.reads.is_closed();
        if !running.as_ref().is_some_and(is_well) {
            *running = None;
            *running = Some(Running::start(&self.database, writer)?);
        }
        let queue = running.as_ref().map(|running| match purpose {
            Purpose::Read => Arc::clone(&running.reads),
            Purpose::Store | Purpose::Remove => Arc::clone(&running.writes),
        });
        queue.ok_or_else(|| Error::new(ErrorKind::Unavailable, "the SQLite cache does not run"))
    }

    /// Ends the threads once they have done what they were asked for. One that keeps a database in memory stays, and so does who
    /// asks for it himself.
    pub(super) async fn close(&self) {
        if self.database.place == Place::Memory || client::is_inside(self.id()) {
            return;
        }
        let Some(mut running) = self.threads.lock().running.take() else { return };
        let ended = std::mem::take(&mut running.ended);
        drop(running);
        for thread in ended {
            // It ends by dropping the other half.
            let _ = thread.await;
        }
    }
}

impl Running {
    fn start(database: &Arc<Database>, writer: &mut Option<JoinHandle<()>>) -> Result<Self> {
        let writes = Arc::new(Requests::new(1));
        let is_memory = database.place == Place::Memory;
        let reads = if is_memory { Arc::clone(&writes) } else { Arc::new(Requests::new(N_READERS)) };
        let mut running = Self { writes, reads, ended: Vec::new() };
        let (started, ended) = worker::start_writer(database, &running.writes, writer.take())?;
        *writer = Some(started);
        running.ended.push(ended);
        for _ in 0..if is_memory { 0 } else { N_READERS } {
            running.ended.push(worker::start_reader(database, &running.reads)?.1);
        }
        Ok(running)
    }
}

/// The threads end; nobody waits for them.
impl Drop for Running {
    fn drop(&mut self) {
        self.writes.close();
        self.reads.close();
    }
}
