//! Memcached, the real one: what the adapter promises beyond what all adapters do, and what only this store does wrong.

mod cancellation;
mod conformance;
mod connections;
mod contract;
mod counters;
mod fleet;
mod keys;
mod permits;
mod support;
mod timeouts;
