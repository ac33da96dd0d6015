//! The two ways in which callers use an adapter: futures polled by an executor, and threads that park. Every check runs in
//! both; one that needs a crowd gets tasks here and threads there.

use std::future::poll_fn;
use std::panic::{self, AssertUnwindSafe};
use std::task::Poll;
use std::{pin, thread};

use super::expect::{Outcome, Why};
use crate::park;

#[derive(Clone, Copy, Debug)]
pub(super) enum Face {
    /// Of the tokio runtime that the run is awaited in.
    Tasks,
    /// Without any runtime.
    Threads,
}

impl Face {
    /// Runs `work` beside the caller, from now on; a panic is its failure.
    pub(super) fn spawn<T: Send + 'static>(
        self,
        work: impl Future<Output = Outcome<T>> + Send + 'static,
    ) -> impl Future<Output = Outcome<T>> + Send + 'static {
        let (send, receive) = tokio::sync::oneshot::channel();
        let work = async move {
            // Nobody waits any more: nobody is interested.
            let _ = send.send(caught(work).await);
        };
        match self {
            Self::Tasks => drop(tokio::spawn(work)),
            // A thread that cannot be had drops the sender, and that is told below.
            Self::Threads => drop(thread::Builder::new().spawn(|| park::block_on(work))),
        }
        async move { receive.await.unwrap_or_else(|_| Err(Why::new("the system refuses a thread"))) }
    }

    /// Runs all at once: none begins before all are there. The first failure, once all have ended, is theirs.
    pub(super) async fn all<T, F>(self, works: impl IntoIterator<Item = F>) -> Outcome<Vec<T>>
    where
        T: Send + 'static,
        F: Future<Output = Outcome<T>> + Send + 'static,
    {
        let (gate, closed) = tokio::sync::watch::channel(false);
        let behind_gate = |work: F| {
            let mut closed = closed.clone();
            async move {
                // A gate that is gone is open.
                let _ = closed.wait_for(|is_open| *is_open).await;
                work.await
            }
        };
        let started: Vec<_> = works.into_iter().map(|work| self.spawn(behind_gate(work))).collect();
        gate.send_replace(true);
        let mut outcomes = Vec::new();
        for work in started {
            outcomes.push(work.await);
        }
        outcomes.into_iter().collect()
    }
}

/// An adapter's panic is a failure of the check that met it.
async fn caught<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let mut work = pin::pin!(work);
    poll_fn(move |context| {
        let polled = panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Poll::Ready(Err(Why::new(format_args!("panic: {}", text.unwrap_or("of no text")))))
        })
    })
    .await
}

/// Lets others of its kind go on.
pub(super) async fn step_back() {
    let mut has_waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
