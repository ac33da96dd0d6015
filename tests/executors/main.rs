//! A call works from wherever it is made: every executor or none, sync and async, over every store. A binary of its own,
//! as it sets the current adapter of the process.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod cells;
mod places;
mod shared;
