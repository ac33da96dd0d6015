//! What computations read: a version that a test raises. Computations of a version that is slow end when the test says so.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};

use futures_lite::future::block_on;
use tokio::sync::Semaphore;

pub(crate) struct Origin {
    version: AtomicU64,
    n_reads: AtomicUsize,
    /// Of each version from 1 on; those that follow are quick.
    may_end: Vec<Semaphore>,
}

/// A call, or what is done beside it.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl Origin {
    /// One whose first so many versions take until they are [released](Self::release).
    pub(crate) fn with_slow(n_slow: usize) -> Arc<Self> {
        let may_end = (0..n_slow).map(|_| Semaphore::new(0)).collect();
        Arc::new(Self { version: AtomicU64::new(1), n_reads: AtomicUsize::new(0), may_end })
    }

    /// One whose first version takes until it is released.
    pub(crate) fn slow() -> Arc<Self> {
        Self::with_slow(1)
    }

    pub(crate) fn quick() -> Arc<Self> {
        Self::with_slow(0)
    }

    pub(crate) fn change(&self) {
        self.version.fetch_add(1, SeqCst);
    }

    pub(crate) fn version(&self) -> u64 {
        self.version.load(SeqCst)
    }

    pub(crate) fn release(&self, version: usize) {
        self.may_end[version - 1].close();
    }

    /// How many computations have begun.
    pub(crate) fn n_reads(&self) -> usize {
        self.n_reads.load(SeqCst)
    }

    pub(crate) async fn read(&self) -> u64 {
        let version = self.version.load(SeqCst);
        self.n_reads.fetch_add(1, SeqCst);
        if let Some(may_end) = self.may_end.get(version as usize - 1) {
            let _ = may_end.acquire().await;
        }
        version
    }

    pub(crate) fn read_blocking(&self) -> u64 {
        block_on(self.read())
    }
}
