//! A cache with a clock of its own, and a runtime on which every step is taken by the test.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use larder::MemoryCache;
use larder::testing::ManualClock;

/// A cache whose time stands still.
pub(crate) fn cache() -> (MemoryCache, ManualClock) {
    let clock = ManualClock::new();
    let cache = MemoryCache::builder().clock(clock.clock()).build().unwrap();
    (cache, clock)
}

/// Runs a future on one thread, so that tasks move only while the test yields.
pub(crate) fn on_one_thread<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Lets every task go as far as it can.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// How many computations have started, and how many ran at once.
#[derive(Debug)]
pub(crate) struct Starts {
    n: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Starts {
    pub(crate) const fn new() -> Self {
        Self { n: AtomicUsize::new(0), running: AtomicUsize::new(0), most: AtomicUsize::new(0) }
    }

    /// Counts one; it runs until the guard is dropped. Which one it is, from 1.
    pub(crate) fn start(&self) -> (usize, Running<'_>) {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        (self.n.fetch_add(1, Ordering::SeqCst) + 1, Running(self))
    }

    pub(crate) fn n(&self) -> usize {
        self.n.load(Ordering::SeqCst)
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

pub(crate) struct Running<'a>(&'a Starts);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
