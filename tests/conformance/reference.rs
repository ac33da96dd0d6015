//! The reference adapter keeps to what it is the reference for: on both clocks, erased, and in several shards.

use larder::adapter::AnyAdapter;
use larder::testing::conformance::{Subject, run, run_blocking};
use larder::testing::{ManualClock, MemoryAdapter};

fn subjects() -> [Subject; 4] {
    let clock = ManualClock::new();
    let adapter = || MemoryAdapter::new().with_clock(clock.clock());
    let (peers, full) = (adapter(), adapter());
    let whole = Subject::new("memory", full.clone()).with_clock(&clock).with_flush();
    [
        whole.with_full(move |is_full| full.set_full(is_full)),
        Subject::new("erased memory", AnyAdapter::new(adapter())).with_clock(&clock).with_flush(),
        Subject::new("memory in 3 shards", adapter().with_shards(3)).with_clock(&clock).with_flush(),
        Subject::new("memory of two", peers.clone()).with_peer(peers).with_clock(&clock).with_flush(),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_conforms_in_tasks() {
    for subject in subjects() {
        run(&subject).await;
    }
}

#[tokio::test]
async fn it_conforms_in_tasks_of_one_thread() {
    for subject in subjects() {
        run(&subject).await;
    }
}

#[test]
fn it_conforms_on_threads() {
    for subject in subjects() {
        run_blocking(&subject);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_conforms_in_tasks_while_real_time_passes() {
    run(&Subject::new("memory", MemoryAdapter::new()).with_flush()).await;
}

#[test]
fn it_conforms_on_threads_while_real_time_passes() {
    run_blocking(&Subject::new("memory", MemoryAdapter::new()).with_flush());
}
