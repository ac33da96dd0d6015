//! A hostile network, and an oracle: every value tells its key and its version, so that each can be judged. Calls are given up
//! half way, replies come where others were asked for, servers freeze, and processes are cut off while they clear. Nobody is
//! served a value of another key, nor, in the process that cleared, one from before the clear, whether that clear succeeded,
//! failed or was given up.
//!
//! A binary of its own, so that what else is tested does not load the machine meanwhile. Ten times as much in a soak.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too, a failure is the test's")]

mod frozen;
mod given_up;
mod misplaced;
mod oracle;
mod partition;
mod worker;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The other side of [`partition`]: not a test of its own, so it does nothing where nobody asks for it.
#[test]
fn a_process_that_is_cut_off() {
    worker::run_if_asked();
}

/// One test at a time.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So many in a soak, and a tenth of it else.
fn scaled(n: usize) -> usize {
    if is_full() { n } else { n / 10 }
}

fn is_full() -> bool {
    std::env::var("LARDER_SCALE").as_deref() == Ok("full")
}
