//! What is particular to the Redis adapter: what goes over the wire, its scripts, its clock, its connection. What it has in
//! common with every adapter is the conformance suite's, which it passes.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod certificates;
mod conformance;
mod connection;
mod distance;
mod fake;
mod foreign;
mod full;
mod login;
mod rights;
mod rotation;
mod scripts;
mod support;
mod sweep;
mod time;
mod tls;
mod unmoved;
mod wire;
