//! A future whose executor polls it late, by chance, as one does whose workers are busy.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Sleep;

use super::dice::Dice;

/// One in so many polls is late.
const ONE_IN: u64 = 6;
const LATEST_MS: u64 = 40;

pub(super) struct Late<F> {
    future: Pin<Box<F>>,
    delay: Option<Pin<Box<Sleep>>>,
    dice: Dice,
}

impl<F> Late<F> {
    pub(super) fn new(future: F, seed: u64) -> Self {
        Self { future: Box::pin(future), delay: None, dice: Dice::new(seed) }
    }
}

impl<F: Future> Future for Late<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if self.delay.is_none() && self.dice.below(ONE_IN) == 0 {
            let delay = Duration::from_millis(1 + self.dice.below(LATEST_MS));
            self.delay = Some(Box::pin(tokio::time::sleep(delay)));
        }
        if let Some(delay) = &mut self.delay {
            ready!(delay.as_mut().poll(context));
            self.delay = None;
        }
        self.future.as_mut().poll(context)
    }
}
