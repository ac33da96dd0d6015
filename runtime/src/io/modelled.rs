//! What stands in for the runtime under the model checker: requests are polled where they are awaited, and what runs behind a
//! caller has a thread of its own, which the checker schedules.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Result;
use crate::park::block_on;

/// No thread is the runtime's.
pub(crate) fn is_io_thread() -> bool {
    false
}

/// Runs `task` behind the caller.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    drop(shuttle::thread::spawn(move || block_on(task)));
}

/// Work with a store, polled by its caller.
#[must_use]
pub(crate) struct Trip<T>(Pin<Box<dyn Future<Output = Result<T>> + Send>>);

/// Work with a store.
pub(crate) fn trip<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Trip<T> {
    Trip(Box::pin(work))
}

impl<T> Future for Trip<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        self.0.as_mut().poll(context)
    }
}
