//! Caches by name, in a program of its own: what is configured holds for the whole process, so each test has names of its own,
//! and each kind of store is configured by one test.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod aliases;
mod environment;
mod errors;
mod live;
mod sources;
mod stores;
mod watched;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by what loads the machine and by what asks servers: calls give up on a store that is slow.
fn quiet() -> MutexGuard<'static, ()> {
    static QUIET: Mutex<()> = Mutex::new(());
    QUIET.lock().unwrap_or_else(PoisonError::into_inner)
}
