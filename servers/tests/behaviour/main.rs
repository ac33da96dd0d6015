//! That servers and networks do as they are told, and leave nothing.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod client;
mod orphans;
mod proxy;
mod servers;
