//! The runtime's thread, and requests that callers poll inside its context.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

use crate::error::{Error, Result};

thread_local! {
    static IS_OURS: Cell<bool> = const { Cell::new(false) };
}

/// One worker: clients of stores wait far more than they compute, and one thread keeps what they share in its cache.
fn handle() -> Result<&'static Handle> {
    static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("larder-io")
            .on_thread_start(|| IS_OURS.set(true))
            .enable_all()
            .build()
    });
    match runtime {
        Ok(runtime) => Ok(runtime.handle()),
        Err(error) => Err(Error::unavailable("the system refuses the thread that far stores need", error.to_string())),
    }
}

/// Is this the runtime's own thread? Nobody may block it.
pub(crate) fn is_io_thread() -> bool {
    IS_OURS.try_with(Cell::get).unwrap_or(false)
}

/// Runs `task` behind the caller.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    if let Ok(handle) = handle() {
        drop(handle.spawn(task));
    }
}

/// Work with a store, polled by whoever waits for it and always inside the runtime.
///
/// The future is made at the first poll, inside too: clients start timers when they are asked for a future.
#[must_use]
pub(crate) struct Trip<T: Send + 'static>(State<T>);

type Work<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

enum State<T> {
    Ready(Work<T>),
    Here(Work<T>),
    /// This thread is ending and has no context to enter any more: the runtime polls in its stead.
    There(JoinHandle<Result<T>>),
    Done,
}

/// Work with a store. It owns what it needs, so that it can be handed over.
///
/// It costs nothing of what tokio lets the caller's task do before it must yield: one that blocks for its store cannot yield,
/// and would find every answer withheld.
pub(crate) fn trip<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Trip<T> {
    Trip(State::Ready(Box::pin(tokio::task::unconstrained(work))))
}

/// Is this thread so far gone that nothing can be entered in it? Its destructors run.
fn is_ending() -> bool {
    Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}

impl<T: Send + 'static> Trip<T> {
    /// Hands the work over where this thread cannot do it.
    fn settle(&mut self, handle: &Handle) {
        let state = std::mem::replace(&mut self.0, State::Done);
        self.0 = match state {
            State::Ready(work) | State::Here(work) if is_ending() => State::There(handle.spawn(work)),
            State::Ready(work) => State::Here(work),
            settled => settled,
        };
    }
}

impl<T: Send + 'static> Future for Trip<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let handle = handle()?;
        self.settle(handle);
        match &mut self.0 {
            State::Here(work) => {
                let _entered = handle.enter();
                let answer = work.as_mut().poll(context);
                if answer.is_ready() {
                    self.0 = State::Done;
                }
                answer
            }
            State::There(task) => Pin::new(task).poll(context).map(|joined| {
                joined.unwrap_or_else(|error| Err(Error::unavailable("the work on a store was given up", error)))
            }),
            State::Ready(_) | State::Done => unreachable!("a trip is not polled again once it has ended"),
        }
    }
}

/// What a client leaves is dropped inside the runtime too.
impl<T: Send + 'static> Drop for Trip<T> {
    fn drop(&mut self) {
        let State::Here(work) = std::mem::replace(&mut self.0, State::Done) else { return };
        let Ok(handle) = handle() else { return };
        if is_ending() {
            drop(handle.spawn(async move { drop(work) }));
        } else {
            let _entered = handle.enter();
            drop(work);
        }
    }
}
