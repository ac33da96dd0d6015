//! An adapter that goes wrong by chance does nothing else, and does so by seed.

use futures_lite::future::block_on;
use larder::Timeout;
use larder::adapter::{CacheAdapter, Condition, Entry, Fetched, StoreKey};
use larder::testing::conformance::{Subject, failures, run_blocking};
use larder::testing::{Faults, FaultyAdapter, ManualClock, MemoryAdapter};

#[test]
fn without_faults_it_conforms() {
    let clock = ManualClock::new();
    let adapter = FaultyAdapter::new(MemoryAdapter::new().with_clock(clock.clock()), Faults::default(), 7);
    run_blocking(&Subject::new("faultless", adapter).with_clock(&clock).with_flush());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_any_fault_it_does_not() {
    let none = Faults::default;
    let faults = [
        Faults { errors: 100, ..none() },
        Faults { lost_replies: 100, ..none() },
        Faults { lost_writes: 100, ..none() },
        Faults { torn_writes: 100, ..none() },
        Faults { swapped_replies: 100, ..none() },
    ];
    for faults in faults {
        let clock = ManualClock::new();
        let adapter = FaultyAdapter::new(MemoryAdapter::new().with_clock(clock.clock()), faults.clone(), 7);
        let failures = failures(&Subject::new("faulty", adapter).with_clock(&clock)).await;
        assert!(failures.len() > 5, "{faults:?}: {failures:?}");
    }
}

#[test]
fn of_one_seed_the_same_goes_wrong() {
    assert_eq!(answers(1), answers(1));
    assert_ne!(answers(1), answers(2));
}

/// What a row of puts and gets is answered.
fn answers(seed: u64) -> Vec<Option<Option<Fetched>>> {
    let faults = Faults { errors: 100, lost_replies: 100, lost_writes: 100, torn_writes: 100, ..Faults::default() };
    let adapter = FaultyAdapter::new(MemoryAdapter::new(), Faults { swapped_replies: 100, ..faults }, seed);
    let named = |number: u8| {
        let key = StoreKey::new("shop", format!("key:{}", number % 8));
        let entry = Entry { record: vec![number; 200], timeout: Timeout::NEVER, grace: Timeout::ZERO };
        (key, entry)
    };
    let answers = (0..100).map(|number| {
        block_on(async {
            let (key, entry) = named(number);
            adapter.put(&key, &entry, Condition::Always).await.ok();
            adapter.get(&key).await.ok()
        })
    });
    answers.collect()
}
