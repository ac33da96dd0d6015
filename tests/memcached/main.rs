//! Memcached, the real one: what the adapter promises beyond what all adapters do, and what only this store does wrong.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod cancellation;
mod client;
mod conformance;
mod connections;
mod contract;
mod counters;
mod fleet;
mod keys;
mod lists;
mod permits;
mod support;
mod ticking;
mod timeouts;
