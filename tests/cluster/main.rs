//! What is particular to a Redis of several servers: slots, redirections, failovers, sentinels. What it has in common with every
//! adapter is the conformance suite's, which it passes. A binary of its own, as most of it is waiting for servers.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

#[path = "../redis/certificates.rs"]
mod certificates;
mod conformance;
mod foreign;
mod frozen;
mod moves;
mod opening;
mod replicas;
mod sentinel;
mod support;
