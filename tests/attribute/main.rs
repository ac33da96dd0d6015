//! The attribute from outside: every form of function, every option, every helper, and the company it may find itself
//! in. A function under test returns [`tick()`], a number that never comes twice, so equal answers mean one computation.
#![allow(clippy::unwrap_used, reason = "a test says so by failing")]

mod attributes;
mod derive;
mod forms;
mod futures;
mod generics;
mod helpers;
mod hygiene;
mod keys;
mod methods;
mod options;
mod results;
mod shadowed;

use std::sync::atomic::{AtomicU64, Ordering};

use futures_lite::future::block_on;
use larder::MemoryCache;

/// A number that never comes twice.
fn tick() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// [`tick`], of something that the function under test takes.
fn tick_of<T>(_: T) -> u64 {
    tick()
}

/// Runs `body` with a cache of its own.
fn fresh<T>(body: impl FnOnce() -> T) -> T {
    larder::scoped(MemoryCache::new(), body)
}

/// Runs `future` with a cache of its own.
fn fresh_async<T>(future: impl Future<Output = T>) -> T {
    block_on(larder::scoped_async(MemoryCache::new(), future))
}

/// Equal arguments are computed once, others apart: `call` is asked for one thing twice, and for another.
#[track_caller]
fn check(one: impl Fn() -> u64, other: impl Fn() -> u64) {
    fresh(|| {
        assert_eq!(one(), one(), "the second call is a hit");
        assert_ne!(one(), other(), "other arguments have another entry");
    });
}

/// The same for futures.
#[track_caller]
fn check_async<A: Future<Output = u64>, B: Future<Output = u64>>(one: impl Fn() -> A, other: impl Fn() -> B) {
    fresh_async(async {
        assert_eq!(one().await, one().await, "the second call is a hit");
        assert_ne!(one().await, other().await, "other arguments have another entry");
    });
}
