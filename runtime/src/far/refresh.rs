//! Reads the epochs in use again before they are too old to be believed, behind the callers, so that a hit stays one trip.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Far;
use super::journey::Journey;
use crate::adapter::CacheAdapter;
use crate::io;

/// Often enough that one failure is made good within the second for which an epoch is believed.
const EVERY: Duration = Duration::from_millis(400);

/// Whether somebody is at it.
#[derive(Default)]
pub(super) struct Refresh {
    is_running: AtomicBool,
}

impl Refresh {
    /// Starts the task unless it runs. It ends once nothing is in use, and with the store's last handle.
    pub(super) fn keep_up(&self, far: &Arc<Far>) {
        if !self.is_running.load(Ordering::Relaxed) && !self.is_running.swap(true, Ordering::AcqRel) {
            io::spawn(run(Arc::downgrade(far)));
        }
    }
}

async fn run(far: Weak<Far>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(far) = far.upgrade() else { return };
        let names = far.epochs.used();
        if names.is_empty() {
            far.refresh.is_running.store(false, Ordering::Release);
            return;
        }
        let adapter = far.adapter.clone();
        let asked = far.epochs.ask(far.clock.now());
        let wanted = names.clone();
        let epochs = Journey::of_function(&far.clock).trip(async move { adapter.epochs(&wanted).await }).await;
        if let Ok(epochs) = epochs {
            far.epochs.learn(&names, &epochs, asked);
        }
    }
}
