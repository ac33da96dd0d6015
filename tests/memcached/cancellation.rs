//! Calls that are given up half way.

use std::time::Duration;

use larder::adapter::CacheAdapter;

use crate::support::{entry, got, key, put, server, stat};

const N_CALLERS: u64 = 200;
const N_CALLS: u64 = 500;
const N_KEYS: u64 = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reply_reaches_another_caller() {
    let Some((server, cache)) = server() else { return };
    let name = |number| format!("key:{number}");
    for number in 0..N_KEYS {
        put(&cache, &key(&name(number)), &entry(&name(number))).await;
    }
    let n_connections = stat(&server, "total_connections");
    let callers: Vec<_> = (0..N_CALLERS)
        .map(|caller| {
            let cache = cache.clone();
            tokio::spawn(async move {
                let mut n_cancelled = 0;
                for call in 0..N_CALLS {
                    // Any order will do that is not the order of the replies.
                    let number = (caller * 7919 + call * 104_729) % N_KEYS;
                    let key = key(&name(number));
                    let get = got(&cache, &key);
                    if call % 2 == 0 {
                        let micros = (caller * 31 + call * 17) % 5000;
                        // Half of these are cut at once, before the reply can be there.
                        let micros = if call % 4 == 0 { 0 } else { micros };
                        match tokio::time::timeout(Duration::from_micros(micros), get).await {
                            Ok(found) => assert_eq!(found, Some(name(number))),
                            Err(_) => n_cancelled += 1,
                        }
                    } else {
                        assert_eq!(get.await, Some(name(number)));
                    }
                }
                n_cancelled
            })
        })
        .collect();
    let mut n_cancelled = 0;
    for caller in callers {
        n_cancelled += caller.await.unwrap();
    }
    assert!(n_cancelled > N_CALLERS * N_CALLS / 100, "only {n_cancelled} were cancelled");
    assert_eq!(stat(&server, "total_connections") - n_connections, 1, "none but the one that asks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_was_given_up_does_not_arrive_after_what_followed_it() {
    let Some((_server, cache)) = server() else { return };
    for round in 0_u64..2000 {
        let (key, late) = (key("a"), entry("late"));
        let write = cache.put(&key, &late, larder::adapter::Condition::Always);
        drop(tokio::time::timeout(Duration::from_micros(round % 200), write).await);
        cache.remove(std::slice::from_ref(&key)).await.unwrap();
        assert_eq!(got(&cache, &key).await, None, "round {round}");
    }
}
