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
