//! The cache by hand: each command of the contract on every store, through the blocking face and the async one.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod clears;
mod connections;
mod counters;
mod entries;
mod errors;
mod fills;
mod hand;
mod null;
mod processes;
mod reads;
mod removals;
mod shop;
mod timeouts;
mod writes;
