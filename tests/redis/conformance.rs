//! What every adapter must do.

use larder::RedisCache;
use larder::testing::conformance::{Subject, run, run_blocking};

use crate::support::Store;

fn subject(store: &Store) -> Subject {
    let peer = RedisCache::open(store.server.url()).unwrap();
    Subject::new("redis", store.cache.clone()).with_peer(peer).with_flush()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_the_contract_in_tasks() {
    let Some(store) = Store::start() else { return };
    run(&subject(&store)).await;
}

#[test]
fn it_keeps_the_contract_on_threads() {
    let Some(store) = Store::start() else { return };
    run_blocking(&subject(&store));
}
