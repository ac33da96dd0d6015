//! Caches that are shared with programs in other languages: bare values, in a store of the test's own and in real ones. What
//! those programs themselves read and write is seen to in `tests/languages`.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod by_hand;
mod functions;
mod races;
mod shelf;
mod stores;
mod timeouts;
mod undelivered;
