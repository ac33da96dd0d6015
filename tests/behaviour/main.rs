//! What callers of annotated functions are promised over the memory adapter: one computation, no hang, no stale value.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod clears;
mod drops;
mod failures;
mod flights;
mod memory;
mod recursion;
mod room;
mod support;
mod timeouts;
