//! What a clear of many entries kills at one stroke.

use crate::sync::{AtomicBool, Ordering};

/// All entries of one template in one namespace that were computed since its last clear. Each of them points here, so
/// clearing them is one store, and no reader has to ask which generation is the current one.
// Alone on its cache lines: readers of every hit load the flag, writers of every fill touch the count of the `Arc`
// around it.
#[repr(align(128))]
#[derive(Debug)]
pub(crate) struct Generation {
    live: AtomicBool,
}

impl Generation {
    pub(crate) fn new() -> Self {
        Self { live: AtomicBool::new(true) }
    }

    #[inline]
    pub(crate) fn is_live(&self) -> bool {
        self.live.load(Ordering::Acquire)
    }

    pub(crate) fn kill(&self) {
        self.live.store(false, Ordering::Release);
    }
}
