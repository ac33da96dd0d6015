//! A store that somebody plugs in: the example's, which is written from the documentation of the contract alone. Its own
//! test checks it on threads.

#[path = "../../examples/custom_adapter.rs"]
#[allow(dead_code, reason = "its `main` is the example's")]
mod custom_adapter;

use custom_adapter::Pantry;
use larder::testing::conformance::{Subject, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_conforms_in_tasks() {
    run(&Subject::new("pantry", Pantry::default()).with_flush()).await;
}
