//! The SQLite adapter over real files: who may read them, what other processes see, and what is left after a kill, a full
//! disk or a flipped byte.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]
#![cfg(unix)]

mod client;
mod contract;
mod damage;
mod disk;
mod files;
mod full;
mod held;
mod kills;
mod limits;
mod sharing;
mod support;
