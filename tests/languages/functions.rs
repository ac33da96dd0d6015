//! An annotated function and a program in Python, each with what the other has computed.

use std::sync::atomic::{AtomicU32, Ordering};

use larder::{cached, scoped};
use serde_json::json;

use crate::shared::each;

static N_CALLS: AtomicU32 = AtomicU32::new(0);

#[cached(key = "prices:{article}", codec = "json", timeout = 60)]
fn prices(article: u32) -> Vec<u32> {
    N_CALLS.fetch_add(1, Ordering::SeqCst);
    vec![article, article + 1]
}

#[test]
fn what_either_has_computed_serves_both() {
    each("json", |shared, sides| {
        N_CALLS.store(0, Ordering::SeqCst);
        scoped(sides.cache.clone(), || {
            assert_eq!(prices(7), [7, 8]);
            assert_eq!(sides.ask(json!(["get", "prices:7"])), json!([7, 8]), "{}", shared.store);
            sides.ask(json!(["set", "prices:9", [90], 60]));
            assert_eq!((prices(9), N_CALLS.load(Ordering::SeqCst)), (vec![90], 1), "{}", shared.store);
            sides.ask(json!(["delete", "prices:9"]));
            assert_eq!((prices(9), N_CALLS.load(Ordering::SeqCst)), (vec![9, 10], 2), "{}", shared.store);
            assert!(prices::clear(9).unwrap(), "{}", shared.store);
            assert_eq!(sides.ask(json!(["exists", "prices:9"])), json!(false), "{}", shared.store);
        });
    });
}
