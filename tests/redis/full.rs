//! A server that has no room left and evicts nothing: clears clear, and functions go on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use larder::adapter::{CacheAdapter, Claim, Condition, EpochName, Living, Release};
use larder::{Cache, ErrorKind, cached};

use crate::support::{LIVING, Store, entry, key, live, ms};

static SOURCE: AtomicU64 = AtomicU64::new(1);

#[cached(key = "full:{id}", timeout = 600)]
fn value(id: u64) -> u64 {
    id * 1_000 + SOURCE.load(Ordering::SeqCst)
}

#[cached(key = "full_other:{id}", timeout = 600)]
fn other(id: u64) -> u64 {
    id
}

async fn room(store: &Store, n_bytes: &str) {
    store.raw::<()>(&["CONFIG", "SET", "maxmemory", n_bytes]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_is_cleared_and_used_again_once_there_is_room() {
    let Some(store) = Store::start() else { return };
    let [here, elsewhere] = [(); 2].map(|()| Cache::far(larder::RedisCache::open(store.server.url()).unwrap()));
    let call = |cache: &Cache, id| larder::scoped(cache, || value(id));
    let mut source = 1;
    larder::scoped(&here, || (0..20).for_each(|id| _ = other(id)));
    for clear in [|| value::clear_all().unwrap(), here_clear] {
        assert!(
            (0..20).all(|id| call(&here, id) == id * 1_000 + source && call(&elsewhere, id) == id * 1_000 + source)
        );
        room(&store, "1").await;
        source += 1;
        SOURCE.store(source, Ordering::SeqCst);
        let before = value::stats();
        larder::scoped(&here, clear);
        let cleared = Instant::now();
        assert!((0..20).all(|id| call(&here, id) == id * 1_000 + source), "who clears sees it at once");
        // Others know within a second; a function computes as long as nothing can be stored.
        while (0..20).any(|id| call(&elsewhere, id) != id * 1_000 + source) {
            assert!(cleared.elapsed() < Duration::from_secs(5), "elsewhere it is served still");
        }
        let full = value::stats();
        assert!(full.computed > before.computed && full.store_failures == before.store_failures, "{full:?}");
        room(&store, "0").await;
        // Each process learns of the new epoch with the first that it meets.
        assert!(
            (0..20).all(|id| call(&here, id) == id * 1_000 + source && call(&elsewhere, id) == id * 1_000 + source)
        );
        let again = value::stats();
        assert!(
            (0..20).all(|id| call(&here, id) == id * 1_000 + source && call(&elsewhere, id) == id * 1_000 + source)
        );
        assert_eq!(value::stats().computed, again.computed, "it is stored again");
    }
}

fn here_clear() {
    larder::adapter_get().clear().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_full_server_cannot_replace_is_removed_and_made_anew() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("a"));
    let names = [EpochName::namespace(0, "shop"), EpochName::template(0, "shop", 7)];
    let before = cache.epochs(&names).await.unwrap();
    cache.put(&key, &entry("1"), Condition::Always).await.unwrap();
    room(&store, "1").await;
    let renewed = cache.renew(&names[1]).await.unwrap();
    assert_ne!(renewed, before[1]);
    let after = cache.epochs(&names).await.unwrap();
    assert!(after[0] == before[0] && after[1] != before[1] && after[1] != 0, "{before:?} {after:?}");
    assert_eq!(after, cache.epochs(&names).await.unwrap());
    // One that was evicted, or never there.
    store.raw::<()>(&["DEL", names[0].as_str()]).await;
    let evicted = cache.epochs(&names).await.unwrap();
    assert!(evicted[0] != before[0] && evicted[0] != 0 && evicted[1] == after[1]);
    assert!(cache.touch(&key, ms(5_000), ms(0), &LIVING).await.unwrap().is_some(), "what needs no room is done");
    assert_eq!(live(cache, &key).await.as_deref(), Some("1"));
}

/// All that stands on the server, but for how long it stays.
async fn all(store: &Store) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut all = std::collections::BTreeMap::new();
    for key in store.raw::<Vec<String>>(&["KEYS", "*"]).await {
        let value = store.raw::<Vec<u8>>(&["GET", &key]).await;
        all.insert(key, value);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_full_server_refuses_is_not_half_done() {
    let Some(store) = Store::start() else { return };
    let cache = &store.cache;
    let names = [EpochName::namespace(0, "shop"), EpochName::template(0, "shop", 7)];
    let epochs = cache.epochs(&names).await.unwrap();
    let living = Living { namespace: epochs[0], template: Some(epochs[1]) };
    let [free, held, counted] = ["free", "held", "counted"].map(key);
    let first = cache.permit(&held, Claim::Shared, &living, &names).await.unwrap().token.unwrap();
    cache.put(&counted, &entry("1"), Condition::Always).await.unwrap();
    room(&store, "1").await;
    let before = all(&store).await;

    let refused = |kind: larder::Result<()>| assert_eq!(kind.unwrap_err().kind(), ErrorKind::TooLarge);
    for claim in [Claim::Shared, Claim::Fresh] {
        refused(cache.permit(&free, claim, &living, &names).await.map(drop));
        refused(cache.permit(&free, claim, &living, &[]).await.map(drop));
    }
    for condition in [Condition::Always, Condition::IfAbsent(&living)] {
        refused(cache.put(&free, &entry("2"), condition).await.map(drop));
    }
    refused(cache.put(&held, &entry("2"), Condition::IfPermit(&first)).await.map(drop));
    refused(cache.put(&counted, &entry("2"), Condition::Always).await.map(drop));
    refused(cache.increment(&counted, 1, &entry("2"), &LIVING).await.map(drop));
    refused(cache.increment(&free, 1, &entry("2"), &LIVING).await.map(drop));
    assert_eq!(all(&store).await, before);

    // It shares, but there is no room to note that: who releases first takes the permit along, and none is filled.
    let second = cache.permit(&held, Claim::Shared, &living, &names).await.unwrap().token.unwrap();
    assert!(cache.release(&held, &first, Release::Keep).await.unwrap());
    assert!(!cache.release(&held, &second, Release::Keep).await.unwrap());
    let mut left = before.clone();
    left.retain(|key, _| !key.ends_with("!p"));
    assert_eq!(all(&store).await, left);

    // Epochs that are gone are made, and one permit with them: those who come after find these and no room.
    store.raw::<()>(&["DEL", names[0].as_str()]).await;
    let permitted = cache.permit(&held, Claim::Shared, &living, &names).await.unwrap();
    assert!(permitted.epochs[0] != epochs[0] && permitted.epochs[1] == epochs[1]);
    for number in 0..50 {
        let key = key(&format!("other:{number}"));
        refused(cache.permit(&key, Claim::Shared, &living, &names).await.map(drop));
    }
    assert_eq!(all(&store).await.len(), left.len() + 1);
}
