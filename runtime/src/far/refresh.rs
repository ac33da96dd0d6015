//! Reads the epochs in use again before they are too old to be believed, behind the callers, so that a hit stays one trip.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Far;
use super::journey::Limit;
use crate::adapter::{CacheAdapter, EpochName, join_all};
use crate::io;

/// Often enough that one failure is made good within the second for which an epoch is believed.
const EVERY: Duration = Duration::from_millis(400);

/// The model checker has no time that passes by itself, for which the task would wait.
const IS_MODELLED: bool = cfg!(shuttle);

/// Whether somebody is at it.
#[derive(Default)]
pub(super) struct Refresh {
    is_running: AtomicBool,
}

impl Refresh {
    /// Starts the task unless it runs. It ends once nothing is in use, and with the store's last handle.
    pub(super) fn keep_up(&self, far: &Arc<Far>) {
        if !IS_MODELLED && !self.is_running.load(Ordering::Relaxed) && !self.is_running.swap(true, Ordering::AcqRel) {
            io::spawn(run(Arc::downgrade(far)));
        }
    }
}

/// Held by the task: however it ends, the next call starts another.
struct Running(Weak<Far>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(far) = self.0.upgrade() {
            far.refresh.is_running.store(false, Ordering::Release);
        }
    }
}

async fn run(far: Weak<Far>) {
    let _running = Running(Weak::clone(&far));
    loop {
        let Some(clock) = far.upgrade().map(|far| far.clock.clone()) else { return };
        clock.sleep_until(clock.now().after(EVERY.into())).await;
        let Some(far) = far.upgrade() else { return };
        let names = far.epochs.used();
        if names.is_empty() {
            return;
        }
        // Each shard by itself and all at once: one that is down must not keep the others from being read.
        let shards = (0..far.capability().shards).map(|shard| {
            let names: Vec<_> = names.iter().filter(|name| name.shard() == shard).cloned().collect();
            read(&far, names)
        });
        join_all(shards).await;
    }
}

/// Reads epochs of one shard.
async fn read(far: &Far, names: Vec<EpochName>) {
    if names.is_empty() {
        return;
    }
    let mut journey = far.journey(Limit::Function);
    let (adapter, wanted) = (journey.adapter(), names.clone());
    let asked = far.epochs.ask(far.clock.now());
    if let Ok(epochs) = journey.trip(async move { adapter.epochs(&wanted).await }).await {
        far.epochs.learn(&names, &epochs, asked);
    }
}
