//! Futures run at once.

use std::pin::Pin;
use std::task::Poll;

/// What all of `futures` come to, in their order. Each wake-up polls all that are not done: they are few, one for each
/// store.
pub(crate) async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| Running::Still(Box::pin(future))).collect();
    std::future::poll_fn(|context| {
        let mut is_done = true;
        for running in &mut running {
            if let Running::Still(future) = running {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *running = Running::Done(output),
                    Poll::Pending => is_done = false,
                }
            }
        }
        if is_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    let outputs = running.into_iter().filter_map(|running| match running {
        Running::Done(output) => Some(output),
        Running::Still(_) => None,
    });
    outputs.collect()
}

enum Running<F: Future> {
    Still(Pin<Box<F>>),
    Done(F::Output),
}
