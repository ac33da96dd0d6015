//! Drives a future on a thread of the caller's by parking it: the only place where the crate blocks. A condition
//! variable of its own, not `thread::park`, whose token a caller may be using for something else.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::{Condvar, Mutex};

#[derive(Default)]
struct Parker {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *self.woken.lock() = true;
        self.changed.notify_one();
    }
}

/// Runs `future` to its end on this thread. Works from anywhere, inside an async runtime too, as it enters none.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    // Mostly there is nothing to wait for, and so nothing to set up. A future that is pending is polled again below, and
    // then leaves the waker that counts.
    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return output;
    }
    let parker = Arc::<Parker>::default();
    let waker = Waker::from(Arc::clone(&parker));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        let mut woken = parker.woken.lock();
        while !*woken {
            woken = parker.changed.wait(woken);
        }
        *woken = false;
    }
}
