//! A future whose executor polls it late, by chance, as one does whose workers are busy.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Sleep;

use super::dice::Dice;

/// How late polls are.
#[derive(Clone, Copy)]
pub(super) struct Lateness {
    /// One in so many is.
    pub(super) one_in: u64,
    pub(super) latest_ms: u64,
}

pub(super) struct Late<F> {
    future: Pin<Box<F>>,
    delay: Option<Pin<Box<Sleep>>>,
    lateness: Lateness,
    dice: Dice,
}

impl<F> Late<F> {
    pub(super) fn new(future: F, lateness: Lateness, seed: u64) -> Self {
        Self { future: Box::pin(future), delay: None, lateness, dice: Dice::new(seed) }
    }
}

impl<F: Future> Future for Late<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Lateness { one_in, latest_ms } = self.lateness;
        if self.delay.is_none() && self.dice.below(one_in) == 0 {
            let delay = Duration::from_millis(1 + self.dice.below(latest_ms));
            self.delay = Some(Box::pin(tokio::time::sleep(delay)));
        }
        if let Some(delay) = &mut self.delay {
            ready!(delay.as_mut().poll(context));
            self.delay = None;
        }
        self.future.as_mut().poll(context)
    }
}
