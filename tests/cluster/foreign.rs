//! Nodes that leave a cluster for another one, and clusters that are made anew: whom a client follows.

use std::time::{Duration, Instant};

use larder::adapter::{CacheAdapter, Condition, Fleet, StoreKey};
use larder::{ErrorKind, RedisCluster};
use larder_servers::{RedisCluster as Servers, or_skip};

use crate::support::{Store, entry, keys, remove, slot_of};

/// Asks until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what} never comes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn info(servers: &Servers, at: usize) -> String {
    servers.ask(at, &["CLUSTER", "INFO"]).unwrap().concat()
}

fn id(servers: &Servers, at: usize) -> String {
    servers.ask(at, &["CLUSTER", "MYID"]).unwrap().remove(0)
}

fn open(servers: &Servers, at: usize) -> Fleet {
    RedisCluster::builder().node(format!("127.0.0.1:{}", servers.node(at).port())).build().unwrap().fleet(|part| part)
}

/// The third master leaves for another cluster, of a later epoch, where it becomes a replica, or gets a slot.
fn desert(ours: &Servers, other: &Servers, reset: &str, is_master: bool) {
    let deserter = id(ours, 2);
    for at in 0..2 {
        ours.ask(at, &["CLUSTER", "FORGET", &deserter]).unwrap();
    }
    ours.ask(2, &["FLUSHALL"]).unwrap();
    ours.ask(2, &["CLUSTER", "RESET", reset]).unwrap();
    for _ in 0..20 {
        other.ask(0, &["CLUSTER", "BUMPEPOCH"]).unwrap();
    }
    // The bus is where the node says, and not where it is by default.
    let bus = ours.ask(2, &["CONFIG", "GET", "cluster-port"]).unwrap().remove(1);
    let port = ours.node(2).port().to_string();
    other.ask(0, &["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).unwrap();
    until("the other cluster", || info(ours, 2).contains("cluster_slots_assigned:16384"));
    let (first, own) = (id(other, 0), id(ours, 2));
    if is_master {
        for (servers, at) in [(ours, 2), (other, 0), (other, 1)] {
            until("a slot", || servers.ask(at, &["CLUSTER", "SETSLOT", "0", "NODE", &own]).is_ok());
        }
    } else {
        until("a master", || ours.ask(2, &["CLUSTER", "REPLICATE", &first]).is_ok());
    }
    until("the other cluster's epoch", || {
        let epoch =
            |text: String| text.lines().find(|line| line.starts_with("cluster_current_epoch")).map(str::to_owned);
        epoch(info(ours, 2)) == epoch(info(other, 0)) && info(ours, 2).contains("cluster_state:ok")
    });
}

/// Of the keys those that the first two masters have.
fn of_the_faithful(servers: &Servers, keys: &[StoreKey]) -> Vec<StoreKey> {
    keys.iter().filter(|key| slot_of(servers, key) < 10_922).cloned().collect()
}

async fn n_lost(fleet: &Fleet, keys: &[StoreKey]) -> usize {
    let mut n_lost = 0;
    for key in keys {
        n_lost += usize::from(!matches!(fleet.get(key).await, Ok(Some(_))));
    }
    n_lost
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_leaves_for_another_cluster_takes_no_client_along() {
    for (reset, is_master) in [("HARD", false), ("HARD", true), ("SOFT", true)] {
        let Some(Store { servers: ours, fleet }) = Store::start(3, 0) else { return };
        let Some(other) = or_skip(Servers::start(2, 0)) else { return };
        let keys = keys(60);
        // One is told of the deserter alone.
        let by_deserter = open(&ours, 2);
        for key in &keys {
            fleet.put(key, &entry("1"), Condition::Always).await.unwrap();
            by_deserter.get(key).await.unwrap();
        }
        desert(&ours, &other, reset, is_master);
        let case = format!("{reset}, {is_master}");
        let kept = of_the_faithful(&ours, &keys);
        let away: Vec<_> = keys.iter().filter(|key| !kept.contains(key)).cloned().collect();
        for fleet in [&fleet, &by_deserter] {
            // What is sent to the deserter, by who has not heard, does not arrive in the other cluster.
            for key in &away[..3] {
                let stored = fleet.put(key, &entry("1"), Condition::Always).await;
                assert!(stored.is_err(), "{case}");
            }
            for round in 0..5 {
                let _ = fleet.connect().await;
                assert_eq!(n_lost(fleet, &kept).await, 0, "{case}, after {round} looks");
                assert!(fleet.remove(&away[..1]).await.is_err(), "{case}");
            }
        }
        let n_strays = |at| other.ask(at, &["DBSIZE"]).unwrap().concat();
        assert!(n_strays(0) == "0" && n_strays(1) == "0", "{case}: {} and {} entries", n_strays(0), n_strays(1));
        // One who comes now, and is told of all, goes with most.
        let late = RedisCluster::open(ours.url()).unwrap().fleet(|part| part);
        assert_eq!(n_lost(&late, &kept).await, 0, "{case}");
        assert!(remove(&fleet, &kept[..1]).await[0]);
    }
}

/// With all of its nodes, where it was, as when a program brings a cluster up that keeps nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_made_anew_is_followed() {
    let Some(Store { mut servers, fleet }) = Store::start(2, 0) else { return };
    let keys = keys(20);
    for key in &keys {
        fleet.put(key, &entry("1"), Condition::Always).await.unwrap();
    }
    for at in 0..2 {
        servers.ask(at, &["FLUSHALL"]).unwrap();
        servers.ask(at, &["CLUSTER", "RESET", "HARD"]).unwrap();
    }
    // Nobody is in a cluster now.
    assert!(fleet.connect().await.is_err());
    let middle = ["0", "8191", "8192", "16383"];
    for (at, slots) in middle.chunks(2).enumerate() {
        servers.ask(at, &["CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1]]).unwrap();
    }
    let bus = servers.ask(1, &["CONFIG", "GET", "cluster-port"]).unwrap().remove(1);
    servers.ask(0, &["CLUSTER", "MEET", "127.0.0.1", &servers.node(1).port().to_string(), &bus]).unwrap();
    servers.wait_until_whole().unwrap();
    fleet.connect().await.unwrap();
    for key in &keys {
        assert_eq!(fleet.get(key).await.unwrap(), None);
        fleet.put(key, &entry("2"), Condition::Always).await.unwrap();
    }
    servers.kill(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_announce_what_cannot_be_reached_are_found_by_a_map() {
    let Some(servers) = or_skip(Servers::start(2, 0)) else { return };
    for at in 0..2 {
        servers.ask(at, &["CONFIG", "SET", "cluster-announce-hostname", &format!("node{at}.invalid")]).unwrap();
        servers.ask(at, &["CONFIG", "SET", "cluster-preferred-endpoint-type", "hostname"]).unwrap();
    }
    until("the names", || {
        (0..2).all(|at| {
            let nodes = servers.ask(at, &["CLUSTER", "NODES"]).unwrap().concat();
            nodes.contains("node0.invalid") && nodes.contains("node1.invalid")
        })
    });
    let port = |at: usize| servers.node(at).port();
    let seed = format!("redis+cluster://127.0.0.1:{}", port(1));
    let lost = RedisCluster::open(seed.as_str()).unwrap().fleet(|part| part);
    assert!(lost.connect().await.is_err());
    let by_server =
        format!("{seed}?address_map=node0.invalid:{0}=127.0.0.1:{0},node1.invalid:{1}=127.0.0.1", port(0), port(1));
    let by_server = RedisCluster::open(by_server).unwrap();
    let by_host =
        RedisCluster::builder().url(seed).address_map([("NODE0.invalid", "localhost"), ("node1.invalid", "127.0.0.1")]);
    for cluster in [by_server, by_host.build().unwrap()] {
        let fleet = cluster.fleet(|part| part);
        fleet.connect().await.unwrap();
        let keys = keys(40);
        for key in &keys {
            fleet.put(key, &entry("1"), Condition::Always).await.unwrap();
        }
        // Nodes that are named by a redirection.
        let slot = slot_of(&servers, &keys[0]);
        let to = 1 - servers.master_of(slot).unwrap();
        servers.move_slots(slot..slot + 1, to).unwrap();
        assert!(remove(&fleet, &keys).await.iter().all(|was_live| *was_live));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_name_that_is_not_set_is_told() {
    let Some(servers) = or_skip(Servers::start(2, 0)) else { return };
    for at in 0..2 {
        servers.ask(at, &["CONFIG", "SET", "cluster-preferred-endpoint-type", "hostname"]).unwrap();
    }
    let fleet = RedisCluster::open(servers.url()).unwrap().fleet(|part| part);
    let error = fleet.get(&keys(1)[0]).await.unwrap_err();
    let told = format!("{error:?}");
    assert!(error.kind() == ErrorKind::Unavailable && told.contains("cluster-announce-hostname"), "{told}");
    // What needs no name works.
    for at in 0..2 {
        servers.ask(at, &["CONFIG", "SET", "cluster-preferred-endpoint-type", "unknown-endpoint"]).unwrap();
    }
    assert_eq!(fleet.get_many(&keys(40)).await.unwrap(), vec![None; 40]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_missing_is_named() {
    let Some(servers) = or_skip(Servers::start(2, 0)) else { return };
    let rights = "ACL SETUSER app on >s3cret resetchannels -@all resetkeys ~* +get +mget +getrange +evalsha +script|load \
                  +time +set +setrange +strlen +incrby +unlink +pexpire +persist +scan";
    for (further, missing) in [
        ("+info", "+cluster|slots"),
        ("+cluster|slots", "+cluster|info"),
        ("+cluster|slots +cluster|info -get", "+get"),
    ] {
        for at in 0..2 {
            servers.ask(at, &rights.split(' ').chain(further.split(' ')).collect::<Vec<_>>()).unwrap();
        }
        let fleet = RedisCluster::open(servers.url().replace("//", "//app:s3cret@")).unwrap().fleet(|part| part);
        let told = format!("{:?}", fleet.get(&keys(1)[0]).await.unwrap_err());
        assert!(told.contains(missing) && !told.contains("app") && !told.contains("s3cret"), "{missing}: {told}");
    }
}
