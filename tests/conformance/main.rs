//! Every adapter keeps every rule of the contract, and an adapter that breaks one is found out.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod broken;
mod faulty;
mod mutants;
mod own;
mod reference;
