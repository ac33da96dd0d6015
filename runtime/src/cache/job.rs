//! What a caller brings in case it has to compute.

use crate::timeout::Timeout;

/// A computation that has not started, and the timeout asked for its result.
///
/// It is made only by a caller that computes, so a `timeout = expression` is evaluated on a miss and before the body
/// takes the arguments.
pub struct Job<C> {
    pub(crate) timeout: Option<Timeout>,
    pub(crate) compute: C,
}

impl<C> Job<C> {
    /// The timeout of the function's [`Site`](crate::__private::Site) holds.
    #[inline]
    pub fn new(compute: C) -> Self {
        Self { timeout: None, compute }
    }

    /// This timeout holds.
    #[inline]
    pub fn timed(timeout: impl Into<Timeout>, compute: C) -> Self {
        Self { timeout: Some(timeout.into()), compute }
    }
}

/// A blocking computation, step by step, with its closures' types forgotten: what is done with it is compiled once per
/// type of result.
pub(crate) trait Work<R> {
    /// The first step: the timeout that is asked for the result.
    fn begin(&mut self) -> Option<Timeout>;

    /// The second and last.
    fn compute(&mut self) -> R;
}

/// A job and what becomes of it.
pub(crate) enum Stages<J, C> {
    Job(J),
    Begun(C),
    Over,
}

impl<R, J: FnOnce() -> Job<C>, C: FnOnce() -> R> Work<R> for Stages<J, C> {
    fn begin(&mut self) -> Option<Timeout> {
        let Self::Job(job) = std::mem::replace(self, Self::Over) else { return None };
        let Job { timeout, compute } = job();
        *self = Self::Begun(compute);
        timeout
    }

    fn compute(&mut self) -> R {
        match std::mem::replace(self, Self::Over) {
            Self::Begun(compute) => compute(),
            Self::Job(job) => (job().compute)(),
            Self::Over => unreachable!("a call computes once"),
        }
    }
}
