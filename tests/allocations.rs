//! A hit allocates nothing but what the value's own clone does; keys of up to 128 bytes allocate nothing.

use std::sync::Arc;

use allocation_counter::measure;
use larder::{MemoryCache, cached, scoped};

#[cached(key = "number:{id}:{name}")]
fn number(id: u64, name: &str) -> u64 {
    id + name.len() as u64
}

#[cached(key = "text:{id}")]
fn text(id: u64) -> String {
    format!("{id:032}")
}

#[cached(key = "shared:{id}", local)]
async fn shared(id: u64) -> Result<Option<Arc<str>>, String> {
    Ok(Some(format!("{id:032}").into()))
}

/// Allocations of one call, once everything that is made on first use is there.
fn n_allocations<T>(call: impl Fn() -> T) -> u64 {
    call();
    call();
    measure(|| drop(call())).count_total
}

#[test]
fn a_hit_allocates_what_the_values_clone_does_and_nothing_more() {
    let key_of_128 = "k".repeat(128 - "number:7:".len());
    let key_of_129 = "k".repeat(129 - "number:7:".len());
    scoped(MemoryCache::new(), || {
        assert_eq!(n_allocations(|| number(7, "ada")), 0);
        assert_eq!(n_allocations(|| number(7, &key_of_128)), 0);
        assert_ne!(n_allocations(|| number(7, &key_of_129)), 0, "the counter counts");
        assert_eq!(n_allocations(|| text(7)), 1, "a string is one allocation");
        assert_eq!(n_allocations(|| futures_lite::future::block_on(shared(7))), 0, "an `Arc` is none");
        assert_eq!(n_allocations(|| number::get(7, "ada")), 0);
    });
    // Observed, it keeps its key for the hooks.
    let observed = larder::Cache::from(MemoryCache::new());
    let observation = observed.observe(larder::observer::HitMissRatio::new());
    scoped(&observed, || assert_eq!(n_allocations(|| number(7, "ada")), 3));
    observation.end();
    scoped(&observed, || assert_eq!(n_allocations(|| number(7, "ada")), 0));
    // Outside a scope, where the thread remembers the current cache.
    assert_eq!(n_allocations(|| number(7, "ada")), 0);
}
