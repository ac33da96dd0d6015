//! Permits come before computations.

use std::sync::Mutex;

use futures_lite::future::block_on;
use larder::testing::MemoryAdapter;
use larder::{Cache, cached};

use crate::gate::{Gate, Verb};

#[test]
fn a_refresh_takes_its_permit_before_the_eager_part_of_a_function() {
    static EVENTS: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    #[cached(key = "rare_eager_part:{id}")]
    fn value(id: u64) -> impl Future<Output = u64> {
        EVENTS.lock().unwrap().push("reads");
        async move { id }
    }
    let gate = Gate::new(MemoryAdapter::new()).before(|verb| {
        if verb == Verb::Permit {
            EVENTS.lock().unwrap().push("permit");
        }
        async { Ok(()) }
    });
    let cache = Cache::far(gate);
    larder::scoped(&cache, || block_on(value(7)));
    larder::scoped(&cache, || block_on(value::refresh(7)));
    assert_eq!(*EVENTS.lock().unwrap(), ["permit", "reads", "permit", "reads"]);
}
