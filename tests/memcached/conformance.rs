//! What every adapter must do: one server, and a fleet of three.

use larder::adapter::{AnyAdapter, Fleet};
use larder::testing::conformance::{Subject, run, run_blocking};

use crate::fleet::servers;
use crate::support::{cache, server};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_keeps_the_contract_in_tasks() {
    let Some((server, memcached)) = server() else { return };
    run(&Subject::new("memcached", memcached).with_peer(cache(&server)).with_flush()).await;
}

#[test]
fn a_server_keeps_the_contract_on_threads() {
    let Some((server, memcached)) = server() else { return };
    run_blocking(&Subject::new("memcached", memcached).with_peer(cache(&server)).with_flush());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_keeps_the_contract() {
    let Some((servers, fleet)) = servers(3) else { return };
    let names: Vec<_> = fleet.members().map(String::from).collect();
    let members = servers.iter().zip(names).map(|(server, name)| (name, AnyAdapter::new(cache(server))));
    let peer = Fleet::new(members).unwrap();
    run(&Subject::new("fleet", fleet).with_peer(peer).with_flush()).await;
}
