//! Several servers as one.

use larder::adapter::{AnyAdapter, CacheAdapter, EpochName, Fleet, StoreKey};
use larder::{ErrorKind, MemcachedCache};
use larder_servers::{Memcached, or_skip};

use crate::support::{entry, got, key, put, remove};

pub(crate) fn servers(n_servers: usize) -> Option<(Vec<Memcached>, Fleet)> {
    let servers: Option<Vec<_>> = (0..n_servers).map(|_| or_skip(Memcached::start())).collect();
    let servers = servers?;
    let mut builder = MemcachedCache::builder();
    for server in &servers {
        builder = builder.url(&server.url()).unwrap();
    }
    let fleet = builder.build_fleet(|server| server).unwrap();
    Some((servers, fleet))
}

fn keys(n_keys: usize) -> Vec<StoreKey> {
    (0..n_keys).map(|number| key(&number.to_string())).collect()
}

/// A fleet of stores that are not there.
fn named(names: &[&str]) -> larder::Result<Fleet> {
    let member = |name: &&str| {
        let store = MemcachedCache::builder().server("127.0.0.1").build().unwrap();
        (name.to_string(), AnyAdapter::new(store))
    };
    Fleet::new(names.iter().map(member))
}

#[test]
fn the_shards_of_keys_never_change() {
    let fleet = named(&["10.0.0.1:11211", "10.0.0.2:11211", "10.0.0.3:11211"]).unwrap();
    let shards: String = keys(40).iter().map(|key| fleet.shard(key).to_string()).collect();
    assert_eq!(shards, "1201221111110002111212221122120212220011");
}

#[test]
fn each_store_gets_its_share_and_a_new_one_takes_only_its_own() {
    let names = ["a", "b", "c", "d"];
    let (three, four) = (named(&names[..3]).unwrap(), named(&names).unwrap());
    let reversed = named(&["d", "c", "b", "a"]).unwrap();
    let mut n_keys = [0; 4];
    for key in keys(40_000) {
        let shard = four.shard(&key);
        n_keys[usize::from(shard)] += 1;
        assert!(shard == 3 || shard == three.shard(&key));
        assert_eq!(reversed.shard(&key), 3 - shard);
    }
    assert!(n_keys.iter().all(|n_keys| (9_500..10_500).contains(n_keys)), "{n_keys:?}");
}

#[test]
fn a_fleet_that_makes_no_sense_is_refused() {
    assert_eq!(named(&[]).unwrap_err().kind(), ErrorKind::Config);
    assert!(named(&["a", "b", "a"]).unwrap_err().to_string().contains("`a`"));
    let two = AnyAdapter::new(named(&["a", "b"]).unwrap());
    assert!(Fleet::new([("c".to_owned(), two)]).unwrap_err().to_string().contains("`c`"));
}

#[tokio::test]
async fn many_keys_are_answered_in_their_order() {
    let Some((_servers, fleet)) = servers(3) else { return };
    let keys = keys(100);
    let entries: Vec<_> = keys.iter().map(|key| (key.clone(), entry(key.as_str()))).collect();
    fleet.put_many(&entries[..90]).await.unwrap();
    let found = fleet.get_many(&keys).await.unwrap();
    for (at, found) in found.iter().enumerate() {
        assert_eq!(found.as_ref().map(|found| &found.record), entries[..90].get(at).map(|(_, entry)| &entry.record));
    }
    let removed = remove(&fleet, &keys).await;
    assert_eq!(removed, [vec![true; 90], vec![false; 10]].concat());
    assert_eq!(fleet.capability().shards, 3);
    fleet.flush().await.unwrap();
}

#[tokio::test]
async fn each_store_has_epochs_of_its_own() {
    let Some((_servers, fleet)) = servers(3) else { return };
    let names = [2, 0, 1, 2].map(|shard| EpochName::namespace(shard, "shop"));
    let epochs = fleet.epochs(&names).await.unwrap();
    assert!(epochs[0] == epochs[3] && epochs[0] != epochs[1] && epochs[1] != epochs[2]);
    let renewed = fleet.renew(&names[1]).await.unwrap();
    assert_eq!(fleet.epochs(&names).await.unwrap(), [epochs[0], renewed, epochs[2], epochs[0]]);
    assert!(fleet.renew(&EpochName::namespace(3, "shop")).await.is_err());
}

#[tokio::test]
async fn a_store_that_dies_takes_its_own_keys_and_no_others() {
    let Some((mut servers, fleet)) = servers(3) else { return };
    let keys = keys(300);
    for key in &keys {
        put(&fleet, key, &entry(key.as_str())).await;
    }
    servers[1].kill();
    let found = fleet.get_many(&keys).await.unwrap();
    for (key, found) in keys.iter().zip(found) {
        let is_lost = fleet.shard(key) == 1;
        assert_eq!(found.is_none(), is_lost);
        assert_eq!(fleet.get(key).await.is_err(), is_lost);
    }
    assert!(fleet.remove(&keys).await.is_err());
    assert!(fleet.connect().await.is_err());
    servers[1].restart().unwrap();
    // It was nowhere else meanwhile, and it is empty.
    for key in &keys {
        assert_eq!(got(&fleet, key).await, None);
    }
    for server in &mut servers {
        server.kill();
    }
    assert!(fleet.get_many(&keys).await.is_err());
}
