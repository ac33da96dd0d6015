//! What every adapter must do.

use larder::RedisCluster;
use larder::testing::conformance::{Subject, run, run_blocking};
use larder_servers::or_skip;

/// Three masters, each with a replica.
#[test]
fn it_keeps_the_contract_in_tasks_and_on_threads() {
    let Some(cluster) = or_skip(larder_servers::RedisCluster::start(3, 1)) else { return };
    let open = || RedisCluster::open(cluster.url()).unwrap().fleet(|part| part);
    let subject = Subject::new("redis cluster", open()).with_peer(open()).with_flush();
    tokio::runtime::Runtime::new().unwrap().block_on(run(&subject));
    run_blocking(&subject);
}
