//! A cache that is shared with other languages, seen from both sides: programs in Python, by the packages `aiocache` and
//! `redis`, over real servers. What they are told to do stands here; the programs stand beside it, and do what they are told.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod commands;
mod functions;
mod peer;
mod shared;
mod values;
