//! Waiting for a moment, as a future: on any executor or none, and on time that a test moves.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use super::{Alarm, Clock, Moment};
use crate::timeout::Timeout;

/// Ends when its clock has reached a moment. Sets an alarm at its first poll, not before.
#[must_use]
pub(crate) struct Sleep {
    clock: Clock,
    until: Moment,
    alarm: Option<(Waker, Alarm)>,
}

impl Clock {
    /// Until `until`. Where the system refuses the thread that timers need, it ends at once.
    pub(crate) fn sleep_until(&self, until: Moment) -> Sleep {
        Sleep { clock: self.clone(), until, alarm: None }
    }

    /// What `future` comes to; `None` if it has not ended so long after it was first pending. One that never is costs no
    /// alarm.
    pub(crate) async fn within<F: Future>(&self, limit: Timeout, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut sleep = None;
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            let sleep = sleep.get_or_insert_with(|| self.sleep_until(self.now().after(limit)));
            Pin::new(sleep).poll(context).map(|()| None)
        })
        .await
    }
}

impl Sleep {
    fn is_over(&self) -> bool {
        self.clock.now() >= self.until
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.is_over() {
            self.alarm = None;
            return Poll::Ready(());
        }
        let waker = context.waker();
        if self.until != Moment::NEVER && !self.alarm.as_ref().is_some_and(|(set, _)| set.will_wake(waker)) {
            let Some(alarm) = self.clock.alarm(self.until, waker.clone()) else { return Poll::Ready(()) };
            self.alarm = Some((waker.clone(), alarm));
            // A clock that was moved meanwhile has fired before the alarm was set.
            if self.is_over() {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}
