//! Interleavings and failures over far stores that are hard to come by, each made to happen.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod clears;
mod gate;
mod kept;
mod outages;
mod permits;
mod results;
mod support;
mod threads;
mod waiters;
