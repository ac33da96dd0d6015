//! How a store comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use larder::testing::MemoryAdapter;
use larder::{Cache, cached};

use crate::gate::{Gate, Verb, down};
use crate::support::until;

#[test]
fn an_adapter_that_panics_on_reconnecting_is_tried_again() {
    #[cached(key = "rare_reconnects:{id}")]
    fn value(id: u64) -> u64 {
        id
    }
    let (is_down, n_connects) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let (down_now, connects) = (Arc::clone(&is_down), Arc::clone(&n_connects));
    let gate = Gate::new(MemoryAdapter::new()).before(move |verb| {
        let is_down = down_now.load(SeqCst);
        let panics = verb == Verb::Connect && connects.fetch_add(1, SeqCst) == 0;
        async move {
            assert!(!panics, "a mistake in an adapter");
            if is_down { Err(down()) } else { Ok(()) }
        }
    });
    let cache = Cache::far(gate);
    larder::scoped(&cache, || {
        for id in 0..10 {
            value(id);
        }
        until("it is never connected anew", || n_connects.load(SeqCst) > 0);
        is_down.store(false, SeqCst);
        until("the store is given up for good", || value::get(1_000).is_ok());
    });
}
