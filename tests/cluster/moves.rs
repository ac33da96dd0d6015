//! Slots that go from one node to another, and nodes that take over from others.

use std::time::{Duration, Instant};

use larder::adapter::{CacheAdapter, Claim, Condition, EpochName, Living, Release, StoreKey, layout};
use larder::{ErrorKind, RedisCluster};
use larder_servers::or_skip;

use crate::support::{LIVING, Store, entry, exists, keys, remove, slot_of};

#[tokio::test(flavor = "multi_thread")]
async fn slots_that_have_moved_are_found() {
    let Some(store) = Store::start(2, 0) else { return };
    let (fleet, keys) = (&store.fleet, keys(100));
    let entries: Vec<_> = keys.iter().map(|key| (key.clone(), entry(key.as_str()))).collect();
    fleet.put_many(&entries).await.unwrap();
    let names: Vec<_> = (0..16).map(|shard| EpochName::namespace(shard, "shop")).collect();
    let epochs = fleet.epochs(&names).await.unwrap();
    for key in &keys {
        let slot = store.slot(key);
        store.servers.move_slots(slot..slot + 1, 1).unwrap();
    }
    // One by one, many, and those that change something: each meets slots that it believes elsewhere.
    for key in &keys[..20] {
        assert_eq!(store.live(key).await.as_deref(), Some(key.as_str()));
    }
    let found = fleet.get_many(&keys).await.unwrap();
    let payload = |record: &[u8]| record[layout::PAYLOAD..].to_vec();
    for (found, (key, entry)) in found.iter().zip(&entries) {
        let found = found.as_ref().map(|found| payload(&found.record));
        assert_eq!(found, Some(payload(&entry.record)), "{key}");
    }
    assert_eq!(remove(fleet, &keys).await, vec![true; keys.len()]);
    assert_eq!(fleet.epochs(&names).await.unwrap(), epochs);
}

/// Between the first and the last step of moving a slot, which an operator may leave as it is.
#[tokio::test(flavor = "multi_thread")]
async fn while_a_slot_is_on_its_way_reads_are_right_and_clears_are_clears() {
    let Some(store) = Store::start(2, 0) else { return };
    let (fleet, key) = (&store.fleet, &keys(1)[0]);
    let slot = store.slot(key);
    let from = store.servers.master_of(slot).unwrap();
    let to = 1 - from;
    let id = |at| store.servers.ask(at, &["CLUSTER", "MYID"]).unwrap().remove(0);
    let before = fleet.permit(key, Claim::Shared, &LIVING, &[]).await.unwrap().token.unwrap();
    let slot = slot.to_string();
    store.servers.ask(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]).unwrap();
    store.servers.ask(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)]).unwrap();

    // The permit is here, and the entry nowhere: neither node does what needs both.
    assert_eq!(fleet.get(key).await.unwrap(), None);
    assert!(fleet.put(key, &entry("1"), Condition::IfPermit(&before)).await.is_err());
    assert_eq!(remove(fleet, std::slice::from_ref(key)).await, [false]);

    // The slot arrives.
    for at in [to, from] {
        store.servers.ask(at, &["CLUSTER", "SETSLOT", &slot, "NODE", &id(to)]).unwrap();
    }
    assert!(!fleet.put(key, &entry("1"), Condition::IfPermit(&before)).await.unwrap(), "its permit was cleared");
    fleet.put(key, &entry("2"), Condition::Always).await.unwrap();
    assert_eq!(store.live(key).await.as_deref(), Some("2"));
}

/// Who shares a permit is noted under a key of its own, which is nowhere when its slot begins to go.
#[tokio::test(flavor = "multi_thread")]
async fn while_a_slot_is_on_its_way_a_permit_is_shared_and_voided() {
    let Some(store) = Store::start(2, 0) else { return };
    let (fleet, key) = (&store.fleet, &keys(1)[0]);
    let slot = store.slot(key);
    let from = store.servers.master_of(slot).unwrap();
    let id = |at| store.servers.ask(at, &["CLUSTER", "MYID"]).unwrap().remove(0);
    let later = Living { namespace: LIVING.namespace ^ 1, ..LIVING };
    let take = async || fleet.permit(key, Claim::Shared, &later, &[]).await.unwrap().token.unwrap();
    fleet.put(key, &entry("0"), Condition::Always).await.unwrap();
    let first = take().await;
    let slot = slot.to_string();
    store.servers.ask(1 - from, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]).unwrap();
    store.servers.ask(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(1 - from)]).unwrap();

    let second = take().await;
    assert_eq!(first, second);
    assert!(fleet.put(key, &entry("1"), Condition::Always).await.unwrap());
    for token in [first, second] {
        assert!(!fleet.put(key, &entry("late"), Condition::IfPermit(&token)).await.unwrap_or(false));
        assert!(!fleet.release(key, &token, Release::Remove).await.unwrap_or(false));
    }
    assert_eq!(store.live(key).await.as_deref(), Some("1"));
}

/// There a clear takes two steps, maybe on two nodes.
#[tokio::test(flavor = "multi_thread")]
async fn while_a_slot_is_on_its_way_replicas_confirm_that_permits_are_void() {
    let Some(mut servers) = or_skip(larder_servers::RedisCluster::start(2, 1)) else { return };
    let cluster = RedisCluster::builder().url(servers.url()).wait_replicas(1).build().unwrap();
    let (fleet, key) = (cluster.fleet(|part| part), &keys(1)[0]);
    let slot = slot_of(&servers, key);
    let from = servers.master_of(slot).unwrap();
    let to = 1 - from;
    let id = |at| servers.ask(at, &["CLUSTER", "MYID"]).unwrap().remove(0);
    fleet.permit(key, Claim::Shared, &LIVING, &[]).await.unwrap().token.unwrap();
    let slot = slot.to_string();
    servers.ask(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]).unwrap();
    servers.ask(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)]).unwrap();
    // Of the node where the permit is.
    servers.freeze(2 + from).unwrap();
    let cleared = fleet.remove(std::slice::from_ref(key)).await;
    assert_eq!(cleared.unwrap_err().kind(), ErrorKind::NotReplicated);
    servers.thaw(2 + from).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_moved_ahead_of_its_slot_is_asked_for_there() {
    let Some(store) = Store::start(2, 0) else { return };
    let (fleet, key) = (&store.fleet, &keys(1)[0]);
    let slot = store.slot(key);
    let from = store.servers.master_of(slot).unwrap();
    let to = 1 - from;
    fleet.put(key, &entry("1"), Condition::Always).await.unwrap();
    let id = |at| store.servers.ask(at, &["CLUSTER", "MYID"]).unwrap().remove(0);
    let (slot, port) = (slot.to_string(), store.servers.node(to).port().to_string());
    store.servers.ask(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]).unwrap();
    store.servers.ask(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)]).unwrap();
    store.servers.ask(from, &["MIGRATE", "127.0.0.1", &port, key.as_str(), "0", "5000"]).unwrap();
    // Who has forgotten its scripts is told them again, and asked again.
    store.servers.ask(to, &["SCRIPT", "FLUSH"]).unwrap();
    assert_eq!(store.live(key).await.as_deref(), Some("1"));
    assert!(exists(fleet, key).await);
    let touched = fleet.touch(key, larder::Timeout::from_secs(60), larder::Timeout::ZERO, &LIVING).await.unwrap();
    assert!(touched.is_some());
    assert_eq!(remove(fleet, std::slice::from_ref(key)).await, [true]);
    assert_eq!(fleet.get(key).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_dies_takes_its_part_and_gives_it_back_when_a_replica_takes_over() {
    let Some(mut store) = Store::start_nervous() else { return };
    let keys = keys(200);
    for key in &keys {
        store.fleet.put(key, &entry(key.as_str()), Condition::Always).await.unwrap();
    }
    // What a master has acknowledged is its replica's a moment later.
    for at in 0..3 {
        store.servers.ask(at, &["WAIT", "1", "5000"]).unwrap();
    }
    let slot = store.slot(&keys[0]);
    let dead = store.servers.master_of(slot).unwrap();
    let owners: Vec<_> = keys.iter().map(|key| store.servers.master_of(store.slot(key)).unwrap()).collect();
    store.servers.kill(dead);
    let start = Instant::now();
    let others = keys.iter().zip(&owners).filter(|(_, owner)| **owner != dead);
    for (key, _) in others {
        assert_eq!(store.live(key).await.as_deref(), Some(key.as_str()));
    }
    while store.fleet.get_many(&keys).await.unwrap().contains(&None) {
        assert!(start.elapsed() < Duration::from_secs(30), "it is never found");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    store.fleet.connect().await.unwrap();
    assert_eq!(remove(&store.fleet, &keys).await, vec![true; keys.len()]);
}

/// A part of the keys whose breaker opens is closed and connected anew, again and again while one of its masters is down.
#[tokio::test(flavor = "multi_thread")]
async fn who_closes_a_part_leaves_the_others_their_connections() {
    // Three masters share 16 shards, and two of those lie across two masters: the sixth and the eleventh.
    let Some(servers) = or_skip(larder_servers::RedisCluster::start(3, 0)) else { return };
    let cluster = RedisCluster::open(servers.url()).unwrap();
    let mut parts = Vec::new();
    let fleet = cluster.fleet(|part| {
        parts.push(part.clone());
        part
    });
    fleet.connect().await.unwrap();
    let by_master = |at| keys(100).into_iter().find(|key| servers.master_of(slot_of(&servers, key)).unwrap() == at);
    let keys = [0, 1, 2].map(|at| by_master(at).unwrap());
    let before = connections(&cluster, &keys).await;
    parts[5].close().await.unwrap();
    assert_eq!(connections(&cluster, &keys).await, before);
    fleet.close().await.unwrap();
    let after = connections(&cluster, &keys).await;
    assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{before:?} {after:?}");
}

/// The numbers that nodes give to the connections by which `keys` are reached.
async fn connections(cluster: &RedisCluster, keys: &[StoreKey]) -> Vec<u64> {
    let mut ids = Vec::new();
    for key in keys {
        let mut client = cluster.client(key.as_str()).await.unwrap();
        ids.push(redis::cmd("CLIENT").arg("ID").query_async(&mut client).await.unwrap());
    }
    ids
}

/// Between the first and the last step of moving the slot in which a shard has its epochs.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_epochs_of_a_shard_are_on_their_way_its_entries_are_found() {
    let Some(store) = Store::start(2, 0) else { return };
    let fleet = &store.fleet;
    let names = [EpochName::namespace(0, "shop"), EpochName::template(0, "shop", 7), EpochName::template(0, "shop", 8)];
    let before = fleet.epochs(&names[..2]).await.unwrap();
    // Where all keys of the first shard have them.
    let slot = store.servers.ask(0, &["CLUSTER", "KEYSLOT", "{10}"]).unwrap().remove(0);
    let id = |at| store.servers.ask(at, &["CLUSTER", "MYID"]).unwrap().remove(0);
    store.servers.ask(1, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(0)]).unwrap();
    store.servers.ask(0, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(1)]).unwrap();
    let first = store.servers.ask(0, &["CLUSTER", "GETKEYSINSLOT", &slot, "1"]).unwrap().remove(0);
    let port = store.servers.node(1).port().to_string();
    store.servers.ask(0, &["MIGRATE", "127.0.0.1", &port, &first, "0", "5000"]).unwrap();

    // One is there, one is still here, and one is yet to be made.
    let epochs = fleet.epochs(&names).await.unwrap();
    assert_eq!(epochs[..2], before);
    let key = keys(100).into_iter().find(|key| fleet.shard(key) == 0).unwrap();
    let permitted = fleet.permit(&key, Claim::Shared, &LIVING, &names).await.unwrap();
    assert!(permitted.token.is_some());
    assert_eq!(permitted.epochs, epochs);
    let renewed = fleet.renew(&names[0]).await.unwrap();
    assert_eq!(fleet.epochs(&names).await.unwrap(), [renewed, epochs[1], epochs[2]]);
}

/// A node that was taken out of its cluster, or has lost what it knew, and is the one that the program was told of.
#[tokio::test(flavor = "multi_thread")]
async fn who_knows_of_no_slots_is_not_believed_while_the_others_are_away() {
    let Some(mut servers) = or_skip(larder_servers::RedisCluster::start(3, 0)) else { return };
    let url = format!("redis+cluster://127.0.0.1:{}", servers.node(2).port());
    let fleet = RedisCluster::open(url).unwrap().fleet(|part| part);
    let key = keys(100).into_iter().find(|key| servers.master_of(slot_of(&servers, key)).unwrap() == 0).unwrap();
    fleet.put(&key, &entry("1"), Condition::Always).await.unwrap();
    servers.ask(2, &["FLUSHALL"]).unwrap();
    servers.ask(2, &["CLUSTER", "RESET"]).unwrap();
    for at in [0, 1] {
        servers.freeze(at).unwrap();
    }
    assert!(fleet.connect().await.is_err());
    for at in [0, 1] {
        servers.thaw(at).unwrap();
    }
    let start = Instant::now();
    while !matches!(fleet.get(&key).await, Ok(Some(_))) {
        assert!(start.elapsed() < Duration::from_secs(30), "the others are never found again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The known masters hang, and replicas that have taken over are asked meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn where_all_masters_are_silent_others_say_who_has_taken_over() {
    let Some(mut store) = Store::start(3, 1) else { return };
    let keys = keys(30);
    for key in &keys {
        store.fleet.put(key, &entry("1"), Condition::Always).await.unwrap();
    }
    store.servers.wait_until_whole().unwrap();
    // Nodes tell of a replica once they have heard that it has something, which takes them a second or two; then it is known.
    for _ in 0..25 {
        store.fleet.connect().await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for master in 0..3 {
        store.servers.freeze(master).unwrap();
    }
    for replica in 3..6 {
        store.servers.ask(replica, &["CLUSTER", "FAILOVER", "TAKEOVER"]).unwrap();
    }
    for (master, slot) in [0, 8_000, 16_383].into_iter().enumerate() {
        store.servers.wait_for_another(master, slot).unwrap();
    }
    let start = Instant::now();
    while store.fleet.connect().await.is_err() {}
    let found = start.elapsed();
    println!("three masters frozen: who has taken over is found after {found:?}");
    assert!(std::env::var("LARDER_SCALE").as_deref() != Ok("full") || found < Duration::from_secs(1), "{found:?}");
    for key in &keys {
        assert!(store.fleet.get(key).await.unwrap().is_some());
    }
    for master in 0..3 {
        store.servers.thaw(master).unwrap();
    }
}
