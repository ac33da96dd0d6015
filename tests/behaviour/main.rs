//! What callers of annotated functions are promised over the memory adapter: one computation, no hang, no stale value.

mod clears;
mod drops;
mod failures;
mod flights;
mod memory;
mod recursion;
mod support;
mod timeouts;
