//! Who observes is told of every command what it was and what it came to, and cannot change or fail any.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod by_hand;
mod calls;
mod everywhere;
mod hooks;
mod metrics;
mod seen;
mod tracing;
