//! What the cases share: a cache whose time is moved by hand, and patience.

use std::time::{Duration, Instant};

use larder::Cache;
use larder::adapter::CacheAdapter;
use larder::testing::{ManualClock, MemoryAdapter};

/// A cache over what `adapter` makes of a store in this process, both on one clock.
pub(crate) fn on_clock<A: CacheAdapter>(adapter: impl FnOnce(MemoryAdapter) -> A) -> (Cache, ManualClock) {
    let clock = ManualClock::new();
    let store = MemoryAdapter::new().with_clock(clock.clock());
    (Cache::builder(adapter(store)).clock(clock.clock()).build().unwrap(), clock)
}

/// Asks until it is so, and no longer than five seconds: then `what` is wrong.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(5), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
