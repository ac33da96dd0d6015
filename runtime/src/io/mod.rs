//! The I/O runtime: every socket of a far store lives on one small runtime of our own, started with the first call that
//! needs it. So a call works from any executor, from none, from a runtime that is gone by the time the answer comes, and
//! from fifty runtimes in turn.
//!
//! Callers poll a client's future themselves, inside the runtime's context; the answer wakes them directly. No code of the
//! user's runs on the runtime's thread, but for a layer or an adapter of their own.

#[cfg(all(feature = "redis", not(shuttle)))]
mod crowd;
#[cfg(shuttle)]
#[path = "modelled.rs"]
mod runtime;
#[cfg(not(shuttle))]
mod runtime;

#[cfg(all(feature = "redis", not(shuttle)))]
pub(crate) use crowd::{Crowd, Waiting};
pub(crate) use runtime::{Trip, is_io_thread, spawn, trip};

#[cfg(all(test, not(shuttle)))]
mod tests;
