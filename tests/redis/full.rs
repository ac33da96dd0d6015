//! A server that has no room left and evicts nothing: clears clear, and functions go on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use larder::adapter::{CacheAdapter, Condition, EpochName};
use larder::{Cache, cached};

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
