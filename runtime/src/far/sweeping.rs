//! Dead entries are removed behind the callers: one walk at a time, of one namespace after the other, and again where it fails.
//! What is not removed is dead all the same, and goes with the next sweep of its namespace, whichever process makes it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::Far;
use crate::adapter::CacheAdapter;
use crate::error::{ErrorKind, Result};
use crate::io;
use crate::sync::Mutex;

/// After so many failures in a row a namespace is left to its next sweep: what fails that often is not the network.
const MOST_FAILURES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a store that is down is waited for, which counts as one failure.
const LONGEST_OUTAGE: Duration = Duration::from_secs(600);

/// So many replaced epochs are told at once, and remembered: each is sent with every step of a walk, and what is not told is found to
/// be dead all the same, by the current ones.
const MOST_REPLACED: usize = 1_000;

/// The namespaces to be swept.
#[derive(Default)]
pub(super) struct Sweeps {
    pending: Mutex<Pending>,
    /// None is left.
    done: Notify,
}

#[derive(Default)]
struct Pending {
    namespaces: BTreeMap<Arc<str>, Due>,
    is_running: bool,
}

#[derive(Default)]
struct Due {
    /// Epochs that this process has replaced, the oldest first.
    replaced: VecDeque<u64>,
    /// So many of them were told to the walk under way.
    n_told: usize,
    /// Asked for since the walk under way has begun, which may have passed what is dead since.
    is_asked_anew: bool,
    n_failed: u32,
}

impl Due {
    fn forget(&mut self, n_oldest: usize) {
        self.replaced.drain(..n_oldest);
        self.n_told = self.n_told.saturating_sub(n_oldest);
    }
}

impl Far {
    /// How many namespaces are to be swept.
    pub(crate) fn n_sweeps(&self) -> usize {
        self.sweeps.pending.lock().namespaces.len()
    }

    /// Ends when nothing is left to be swept.
    pub(super) async fn all_swept(&self) {
        loop {
            let done = self.sweeps.done.notified();
            if self.n_sweeps() == 0 {
                return;
            }
            done.await;
        }
    }

    /// Removes what is dead in the namespace, behind the caller; `replaced` are the epochs that are known to be so.
    pub(super) fn sweep_behind(self: &Arc<Self>, namespace: &str, replaced: Vec<u64>) {
        if !self.capability().walks || self.is_plain() {
            return;
        }
        let mut pending = self.sweeps.pending.lock();
        let due = pending.namespaces.entry(namespace.into()).or_default();
        due.replaced.extend(replaced);
        due.forget(due.replaced.len().saturating_sub(MOST_REPLACED));
        due.is_asked_anew = true;
        let is_running = std::mem::replace(&mut pending.is_running, true);
        drop(pending);
        if !is_running {
            self.enlist();
            io::spawn(run(Running(Arc::clone(self))));
        }
    }

    /// A namespace to be swept, and which epochs were replaced there; the end of the task where there is none.
    fn next_sweep(&self) -> Option<(Arc<str>, Vec<u64>)> {
        let mut pending = self.sweeps.pending.lock();
        // Those that have failed come last.
        let next = pending.namespaces.iter_mut().min_by_key(|(_, due)| due.n_failed);
        let next = next.map(|(namespace, due)| {
            (due.is_asked_anew, due.n_told) = (false, due.replaced.len());
            (Arc::clone(namespace), due.replaced.iter().copied().collect())
        });
        pending.is_running = next.is_some();
        next
    }

    /// How often the namespace's sweep has failed in a row, if it is to be tried again.
    fn swept(&self, namespace: &Arc<str>, swept: &Result<u64>) -> Option<u32> {
        let mut pending = self.sweeps.pending.lock();
        let due = pending.namespaces.get_mut(namespace)?;
        let fails = swept.as_ref().is_err_and(|error| error.kind() != ErrorKind::Unsupported);
        due.n_failed = if fails { due.n_failed + 1 } else { 0 };
        if !fails {
            due.forget(due.n_told);
        }
        let n_failed = due.n_failed;
        let goes_on = if fails { n_failed < MOST_FAILURES } else { due.is_asked_anew };
        if !goes_on {
            pending.namespaces.remove(namespace);
        }
        let is_last = pending.namespaces.is_empty();
        drop(pending);
        if is_last {
            self.sweeps.done.notify_waiters();
        }
        (fails && goes_on).then_some(n_failed)
    }

    /// Until the store may be well again.
    async fn wait_to_sweep(&self, n_failed: u32) {
        let now = self.clock.now();
        let pause = FIRST_PAUSE.saturating_mul(1 << n_failed.min(10)).min(LONGEST_PAUSE);
        self.clock.sleep_until(now.after(pause.into())).await;
        for shard in 0..self.capability().shards {
            let breaker = self.store.breaker(shard);
            let returned = breaker.returned();
            if breaker.is_away() {
                self.wait(now.after(LONGEST_OUTAGE.into()), returned).await;
            }
        }
    }
}

/// Held by the task: however it ends, nobody waits for what it has left.
struct Running(Arc<Far>);

impl Drop for Running {
    fn drop(&mut self) {
        let mut pending = self.0.sweeps.pending.lock();
        if pending.is_running {
            *pending = Pending::default();
            drop(pending);
            self.0.sweeps.done.notify_waiters();
        }
    }
}

async fn run(running: Running) {
    let far = &running.0;
    while let Some((namespace, replaced)) = far.next_sweep() {
        let swept = far.store.helpers.sweep(&namespace, &replaced).await;
        if let Some(n_failed) = far.swept(&namespace, &swept) {
            far.wait_to_sweep(n_failed).await;
        }
    }
}
