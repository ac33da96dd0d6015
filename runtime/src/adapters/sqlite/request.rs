//! A request: what a verb wants done on a connection, and where its answer goes. The answer is given only once the
//! transaction stands, so running and answering are two steps.

use tokio::sync::oneshot;

use super::fault::{Fault, Stop};
use super::statements::Statements;
use crate::error::{Error, Result};

/// What a request is for, which decides who runs it, and what becomes of it where there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    /// It adds something, and is refused where there is no room for that.
    Store,
    /// It takes something away, or replaces an epoch, and has to be carried out: a store that cannot forget is no cache.
    Remove,
}

/// A request whose answer's type is forgotten.
pub(super) trait Request: Send {
    /// Does somebody still wait for the answer?
    fn is_wanted(&self) -> bool;

    fn purpose(&self) -> Purpose;

    /// Is it to have a transaction to itself?
    fn is_alone(&self) -> bool;

    /// Does what is asked, and keeps the answer. May be run again, if the transaction came to nothing.
    ///
    /// # Errors
    /// What the database fails with. A request that is refused has its error as its answer.
    fn run(&mut self, statements: &Statements<'_>) -> Result<(), Fault>;

    /// Tells the answer, or `failure` in its place.
    fn answer(self: Box<Self>, failure: Option<Error>);
}

/// Work, its answer, and who waits for that.
pub(super) struct Asked<T, W> {
    purpose: Purpose,
    work: W,
    outcome: Option<Result<T>>,
    asker: oneshot::Sender<Result<T>>,
}

/// Makes a request of `work`, and what its answer comes out of.
pub(super) fn request<T, W>(purpose: Purpose, work: W) -> (Box<dyn Request>, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    W: FnMut(&Statements<'_>) -> Result<T, Stop> + Send + 'static,
{
    let (asker, told) = oneshot::channel();
    (Box::new(Asked { purpose, work, outcome: None, asker }), told)
}

impl<T, W> Request for Asked<T, W>
where
    T: Send,
    W: FnMut(&Statements<'_>) -> Result<T, Stop> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.asker.is_closed()
    }

    fn purpose(&self) -> Purpose {
        self.purpose
    }

    fn is_alone(&self) -> bool {
        false
    }

    fn run(&mut self, statements: &Statements<'_>) -> Result<(), Fault> {
        self.outcome = match (self.work)(statements) {
            Ok(answer) => Some(Ok(answer)),
            Err(Stop::Refused(error)) => Some(Err(error)),
            Err(Stop::Fault(fault)) => return Err(fault),
        };
        Ok(())
    }

    fn answer(self: Box<Self>, failure: Option<Error>) {
        let outcome = failure.map(Err).or(self.outcome);
        if let Some(outcome) = outcome {
            // Whoever has stopped waiting does not mind.
            let _ = self.asker.send(outcome);
        }
    }
}
