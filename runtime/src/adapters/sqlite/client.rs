//! The way to the database for statements that larder has no word for: a closure of the program's, run as a transaction of its
//! own on the thread that writes. Whatever it does, it takes nobody else's work with it, and its panic is its caller's.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::SqliteCache;
use super::fault::Fault;
use super::request::{Purpose, Request};
use super::statements::Statements;
use crate::error::{Error, ErrorKind, Result};

/// The database of a [`SqliteCache`], for statements of one's own.
///
/// [`transaction`](Self::transaction) runs a closure on the connection that larder writes with. The tables `entry`, `permit` and
/// `epoch` are larder's, and so are `user_version` and `application_id` of the file: to look at, not to change. A program that
/// wants tables of its own for long has a file of its own for them; this one is a cache, and may be set aside when it is damaged.
///
/// # Examples
/// ```
/// use larder::{Cache, SqliteCache};
///
/// let store = SqliteCache::memory();
/// let client = store.client();
/// let cache = Cache::from(store).asynchronous();
/// # futures_lite::future::block_on(async {
/// cache.set("tea", 3, 60).await?;
/// let count = "SELECT count(*) FROM entry WHERE key LIKE 'larder:%'";
/// let n_entries = client.transaction(move |connection| connection.query_row(count, [], |row| row.get::<_, i64>(0))).await?;
/// assert_eq!(n_entries, Ok(1));
/// # Ok::<(), larder::Error>(())
/// # })?;
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone)]
pub struct SqliteClient(pub(super) SqliteCache);

impl SqliteClient {
    /// Runs `work` in a transaction of its own, and gives back what it returns. An `Ok` is kept; an `Err` or a panic undoes it, and
    /// the panic goes on in who waits for this. Where nobody waits any more before it has begun, it does not run.
    ///
    /// All writes of this cache wait as long as it takes, and writes of other processes do too. The cache itself cannot be asked
    /// from inside. What `work` sets on the connection (pragmas, functions) ends with it; in memory it stays, as the connection is
    /// all there is.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable): the database failed, or another process has it;
    /// [`TooLarge`](ErrorKind::TooLarge): it is full, or its log is while another connection reads; [`Config`](ErrorKind::Config): `work` has changed what is larder's,
    /// which undoes all that it did, or has ended the transaction itself, which does not.
    pub fn transaction<T, E, W>(&self, work: W) -> impl Future<Output = Result<Result<T, E>>> + Send + use<T, E, W>
    where
        T: Send + 'static,
        E: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let Self(SqliteCache(engine)) = self.clone();
        async move {
            let (asker, told) = oneshot::channel();
            let database = engine.id();
            engine.ask_alone(Box::new(Own { database, work: Some(work), ended: None, asker: Some(asker) }))?;
            match told.await {
                Ok(Ended::Returned(returned)) => Ok(returned),
                Ok(Ended::Panicked(panic)) => resume_unwind(panic),
                Ok(Ended::Failed(error)) => Err(error),
                Err(error) => Err(Error::unavailable("a thread of the SQLite cache has ended early", error)),
            }
        }
    }
}

impl fmt::Debug for SqliteClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteClient({})", self.0.0.place())
    }
}

/// A closure of the program's, what it came to, and who waits for that.
struct Own<T, E, W> {
    /// Whose database it runs on.
    database: usize,
    work: Option<W>,
    ended: Option<Ended<T, E>>,
    /// Until it is told.
    asker: Option<oneshot::Sender<Ended<T, E>>>,
}

enum Ended<T, E> {
    Returned(Result<T, E>),
    Panicked(Box<dyn Any + Send>),
    Failed(Error),
}

impl<T, E, W> Request for Own<T, E, W>
where
    T: Send,
    E: Send,
    W: FnOnce(&Connection) -> Result<T, E> + Send,
{
    fn is_wanted(&self) -> bool {
        self.asker.as_ref().is_some_and(|asker| !asker.is_closed())
    }

    fn purpose(&self) -> Purpose {
        Purpose::Store
    }

    /// It may end the transaction, and with it what others have done in it.
    fn is_alone(&self) -> bool {
        true
    }

    fn run(&mut self, statements: &Statements<'_>) -> Result<(), Fault> {
        let connection = statements.connection;
        let Some(work) = self.work.take() else { return Ok(()) };
        let inside = Inside::of(self.database);
        let ended = catch_unwind(AssertUnwindSafe(|| work(connection))).map_or_else(Ended::Panicked, Ended::Returned);
        drop(inside);
        let is_over = connection.is_autocommit();
        self.ended = Some(match ended {
            Ended::Returned(Ok(_)) if is_over => Ended::Failed(Error::new(
                ErrorKind::Config,
                "what runs in a transaction on a SQLite cache has ended it: larder does that, by what it returns",
            )),
            kept @ Ended::Returned(Ok(_)) => kept,
            undone => {
                if !is_over {
                    connection.execute_batch("ROLLBACK")?;
                }
                undone
            }
        });
        Ok(())
    }

    fn answer(mut self: Box<Self>, failure: Option<Error>) {
        let told = failure.map(Ended::Failed).or_else(|| self.ended.take());
        if let (Some(asker), Some(ended)) = (self.asker.take(), told) {
            self.ended = asker.send(ended).err();
        }
    }
}

/// The program's values end here where nobody takes them. That may panic as well, or ask the cache: it is no less the program's
/// code than the closure is.
impl<T, E, W> Drop for Own<T, E, W> {
    fn drop(&mut self) {
        let _inside = Inside::of(self.database);
        let (work, ended) = (self.work.take(), self.ended.take());
        let _ = catch_unwind(AssertUnwindSafe(|| drop(work)));
        let _ = catch_unwind(AssertUnwindSafe(|| drop(ended)));
    }
}

/// For who has changed what is larder's.
pub(super) fn misfit() -> Error {
    Error::new(
        ErrorKind::Config,
        "what ran on a SQLite cache has changed larder's own tables, or the version or application of the file: all that it did \
         is undone",
    )
}

thread_local! {
    /// The database that a closure of the program's runs on, in this thread.
    static INSIDE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// What the thread was inside of before.
struct Inside(Option<usize>);

impl Inside {
    fn of(database: usize) -> Self {
        Self(INSIDE.replace(Some(database)))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(self.0);
    }
}

/// Does this thread run a closure on the database? Whoever waited for its threads here would wait for himself.
pub(super) fn is_inside(database: usize) -> bool {
    INSIDE.try_with(|inside| inside.get() == Some(database)).unwrap_or(false)
}
