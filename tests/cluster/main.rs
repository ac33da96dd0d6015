//! What is particular to a Redis Cluster: slots, redirections, failovers. What it has in common with every adapter is the
//! conformance suite's, which it passes.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod conformance;
mod moves;
mod opening;
mod support;
