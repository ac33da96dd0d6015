//! What is stored, found, and removed.

use larder::ErrorKind;
use larder::adapter::{CacheAdapter, Claim, Condition, EpochName, Fetched};

use crate::support::{LIVING, cleared, entry, exists, got, key, permit, put, record, remove, server};

#[tokio::test]
async fn what_is_put_is_got_and_what_is_removed_is_gone() {
    let Some((_server, cache)) = server() else { return };
    let keys = [key("a"), key("b"), key("c"), key("a")];
    assert_eq!(cache.get(&keys[0]).await.unwrap(), None);
    cache.put_many(&[(keys[0].clone(), entry("1")), (keys[1].clone(), cleared("2"))]).await.unwrap();
    let found = cache.get_many(&keys).await.unwrap();
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false, true]);
    assert_eq!(found[0].as_ref().unwrap().record, entry("1").record);
    assert!(exists(&cache, &keys[0]).await);
    assert!(!exists(&cache, &keys[1]).await);
    // Named twice, live once; and what was cleared is removed, but was not live.
    assert_eq!(remove(&cache, &keys).await, [true, false, false, false]);
    assert_eq!(cache.get_many(&keys).await.unwrap(), [const { None::<Fetched> }; 4]);
    assert!(cache.get_many(&[]).await.unwrap().is_empty());
    assert!(remove(&cache, &[]).await.is_empty());
    cache.put_many(&[]).await.unwrap();
}

#[tokio::test]
async fn add_stores_where_no_live_entry_stands() {
    let Some((_server, cache)) = server() else { return };
    let add = async |key| cache.put(key, &entry("new"), Condition::IfAbsent(&LIVING)).await.unwrap();
    let key = key("a");
    assert!(add(&key).await);
    assert!(!add(&key).await);
    put(&cache, &key, &cleared("old")).await;
    assert!(add(&key).await);
    remove(&cache, std::slice::from_ref(&key)).await;
    permit(&cache, &key, Claim::Shared).await;
    assert!(add(&key).await);
    assert_eq!(got(&cache, &key).await.as_deref(), Some("new"));
}

#[tokio::test]
async fn the_largest_entry_fits_and_a_larger_one_is_refused_before_it_is_sent() {
    let Some((server, cache)) = server() else { return };
    let largest = cache.capability().largest_entry;
    let long = key(&"k".repeat(1000));
    let mut entry = entry("");
    entry.record = record(LIVING.namespace, &vec![b'x'; largest - record(0, b"").len()]);
    put(&cache, &long, &entry).await;
    assert_eq!(cache.get(&long).await.unwrap().unwrap().record, entry.record);
    entry.record.push(b'x');
    let refused = cache.put(&long, &entry, Condition::Always).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
    assert_eq!(got(&cache, &long).await.unwrap().len(), largest - record(0, b"").len());
    // A server that takes less than it was said to: the connection goes on.
    let url = server.url();
    let cache = larder::MemcachedCache::builder().url(&url).unwrap().largest_entry(2 << 20).build().unwrap();
    entry.record.resize(1 << 20, b'x');
    let refused = cache.put(&long, &entry, Condition::Always).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
    assert_eq!(got(&cache, &key("a")).await, None);
}

#[tokio::test]
async fn many_large_values_at_once_arrive_whole() {
    let Some((_server, cache)) = server() else { return };
    let tasks = (0_u8..16).map(|number| {
        let cache = cache.clone();
        tokio::spawn(async move {
            let (key, mut entry) = (key(&number.to_string()), entry(""));
            entry.record = record(LIVING.namespace, &vec![number; 900_000]);
            put(&cache, &key, &entry).await;
            cache.get(&key).await.unwrap().is_none_or(|fetched| fetched.record == entry.record)
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert!(task.await.unwrap());
    }
}

#[tokio::test]
async fn epochs_are_made_once_and_renewed() {
    let Some((_server, cache)) = server() else { return };
    let names = [EpochName::namespace(0, "shop"), EpochName::template(0, "shop", 9)];
    let epochs = cache.epochs(&names).await.unwrap();
    assert!(epochs[0] != epochs[1] && !epochs.contains(&0));
    assert_eq!(cache.epochs(&names).await.unwrap(), epochs);
    let renewed = cache.renew(&names[0]).await.unwrap();
    assert_ne!(renewed, epochs[0]);
    let permitted = cache.permit(&key("a"), Claim::Shared, &LIVING, &names).await.unwrap();
    assert_eq!(permitted.epochs, [renewed, epochs[1]]);
    assert!(cache.epochs(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_epoch_under_the_name_of_one_makes_way() {
    let Some((_server, cache)) = server() else { return };
    let name = EpochName::namespace(0, "shop");
    for foreign in ["", "rubbish", "0000000000000000"] {
        let stored = cache.client().store(&format!("ms {}", name.as_str()), foreign.as_bytes()).await.unwrap();
        assert_eq!(stored.line(), "HD");
        let epochs = cache.epochs(std::slice::from_ref(&name)).await.unwrap();
        assert_ne!(epochs, [0], "{foreign}");
        assert_eq!(cache.epochs(std::slice::from_ref(&name)).await.unwrap(), epochs, "{foreign}");
    }
}

#[tokio::test]
async fn flush_removes_everything_and_what_comes_after_it_stays() {
    let Some((_server, cache)) = server() else { return };
    for round in 0..20 {
        put(&cache, &key("a"), &entry("old")).await;
        cache.flush().await.unwrap();
        assert_eq!(got(&cache, &key("a")).await, None, "round {round}");
        put(&cache, &key("a"), &entry("new")).await;
        assert_eq!(got(&cache, &key("a")).await.as_deref(), Some("new"), "round {round}");
    }
}

#[tokio::test]
async fn neither_the_cache_nor_an_entry_shows_values() {
    let Some((_server, cache)) = server() else { return };
    put(&cache, &key("a"), &entry("hush")).await;
    let fetched = cache.get(&key("a")).await.unwrap();
    assert!(!format!("{cache:?} {fetched:?}").contains("hush"));
}
