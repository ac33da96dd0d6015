//! Values whose destructors, clones and hashes call back into the cache: nothing of ours is locked while they run.

use larder::{MemoryCache, cached, scoped};

#[derive(Debug, PartialEq)]
struct Nosy(u64);

impl Clone for Nosy {
    fn clone(&self) -> Self {
        plain(self.0);
        Self(self.0)
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        plain(self.0);
        let _ = plain::clear(self.0);
    }
}

#[cached(key = "plain:{id}")]
fn plain(id: u64) -> u64 {
    id
}

#[cached(key = "nosy:{id}", local)]
fn nosy(id: u64) -> Nosy {
    Nosy(id)
}

#[test]
fn values_that_call_back_when_cloned_and_dropped_deadlock_nothing() {
    let cache = MemoryCache::builder().max_entries(8).build().unwrap();
    scoped(&cache, || {
        for id in 0..100 {
            assert_eq!(nosy(id % 20), Nosy(id % 20));
            nosy::set(id % 20, Nosy(id % 20)).unwrap();
            nosy::clear(id % 10).unwrap();
        }
        nosy::clear_all().unwrap();
        cache.purge();
    });
}

#[test]
fn a_call_in_a_destructor_of_the_thread_itself_works() {
    struct AtExit;
    impl Drop for AtExit {
        fn drop(&mut self) {
            assert_eq!(plain(41), 41);
            assert_eq!(futures_lite::future::block_on(async { plain(42) }), 42);
        }
    }
    thread_local!(static AT_EXIT: AtExit = const { AtExit });
    // Before and after larder's own thread-locals are set up.
    for first in [true, false] {
        let thread = std::thread::spawn(move || {
            if first {
                plain(40);
            }
            AT_EXIT.with(|_| ());
            plain(40);
        });
        thread.join().unwrap();
    }
}
