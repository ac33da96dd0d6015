//! Calls that are dropped on their way leave nothing behind: not the answer of one for another, and nobody who waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use larder::cached;

use crate::stores::servers;

const N_CALLS: u64 = 20_000;
const N_AT_ONCE: u64 = 200;
const N_KEYS: u64 = 500;

#[cached(key = "cancellation:{id}", timeout = 60)]
async fn value(id: u64) -> String {
    tokio::time::sleep(Duration::from_millis(id % 5)).await;
    format!("value {id}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_of_the_callers_go_away_and_nobody_gets_what_is_anothers() {
    for store in servers() {
        let n_dropped = Arc::new(AtomicU64::new(0));
        let callers: Vec<_> = (0..N_AT_ONCE)
            .map(|caller| {
                let n_dropped = Arc::clone(&n_dropped);
                tokio::spawn(larder::scoped_async(&store.cache, async move {
                    for call in 0..N_CALLS / N_AT_ONCE {
                        let dice = (caller * 7_919 + call).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
                        let id = dice % N_KEYS;
                        let patience = match call % 2 {
                            0 => Duration::from_micros(dice / N_KEYS % 5_000),
                            _ => Duration::from_secs(60),
                        };
                        match tokio::time::timeout(patience, value(id)).await {
                            Ok(value) => assert_eq!(value, format!("value {id}")),
                            Err(_) if call % 2 == 0 => _ = n_dropped.fetch_add(1, Ordering::Relaxed),
                            Err(_) => panic!("the call for {id} hangs"),
                        }
                        // So that most calls find nothing.
                        if dice % 3 == 0 {
                            let _ = value::clear(id).await;
                        }
                    }
                }))
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        let (name, n_dropped) = (store.name, n_dropped.load(Ordering::Relaxed));
        println!("{name}: {n_dropped} of {N_CALLS} calls were dropped, {:?}", value::stats());
        assert!(n_dropped > 0, "{name}");
        assert_eq!(store.cache.n_flights(), 0, "{name}");
        // What stands in the store is right too.
        larder::scoped_async(&store.cache, async {
            for id in 0..N_KEYS {
                assert!(value::get(id).await.unwrap().is_none_or(|stored| stored == format!("value {id}")), "{name}");
            }
        })
        .await;
    }
}
