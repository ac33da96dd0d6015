//! Housekeeping over a whole namespace, and emptying a database.

use larder::RedisCache;
use larder::adapter::{CacheAdapter, Condition, Entry, StoreKey};

use crate::support::{Store, entry, exists, live, record_of};

#[tokio::test(flavor = "multi_thread")]
async fn sweeping_removes_the_dead_of_a_namespace_and_nothing_else() {
    let Some(store) = Store::start() else { return };
    let cache = &store.cache;
    let of = |namespace, template| Entry { record: record_of(namespace, template, ""), ..entry("") };
    let many = |namespace: &str, what: &str, entry: Entry| -> Vec<_> {
        (0..1000).map(|n| (StoreKey::new(namespace, format!("{what}:{n}")), entry.clone())).collect()
    };
    let groups = [
        ("foo", "dead namespace", of(91, 22), 0),
        ("foo", "dead template", of(11, 92), 0),
        ("foo", "alive", of(11, 22), 1000),
        ("foo", "by hand", of(11, 0), 1000),
        ("foobar", "of another namespace", of(91, 22), 1000),
        ("f*", "of another still", of(91, 22), 1000),
    ];
    for (namespace, what, entry, _) in &groups {
        cache.put_many(&many(namespace, what, entry.clone())).await.unwrap();
    }
    store.raw::<()>(&["RPUSH", "foo:list", "x"]).await;
    store.raw::<()>(&["SET", "foo:short", "x"]).await;

    assert_eq!(cache.sweep("foo", &[]).await.unwrap(), 0);
    assert_eq!(cache.sweep("foo", &[91, 92, 93]).await.unwrap(), 2000);
    for (namespace, what, entry, n_left) in groups {
        let keys: Vec<_> = many(namespace, what, entry).into_iter().map(|(key, _)| key).collect();
        assert_eq!(cache.get_many(&keys).await.unwrap().iter().flatten().count(), n_left, "{namespace} {what}");
    }
    assert_eq!(store.raw::<u64>(&["EXISTS", "foo:list", "foo:short"]).await, 2);
    assert_eq!(cache.sweep("f*", &[91]).await.unwrap(), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn namespaces_too_long_to_be_kept_apart_by_a_prefix_are_by_their_epochs() {
    let Some(Store { cache, server: _server }) = Store::start() else { return };
    let (one, two) = (format!("{}1", "n".repeat(300)), format!("{}2", "n".repeat(300)));
    let put = async |namespace: &str, epoch| {
        let entry = Entry { record: record_of(epoch, 0, "x"), ..entry("") };
        cache.put(&StoreKey::new(namespace, "a"), &entry, Condition::Always).await.unwrap();
    };
    put(&one, 91).await;
    put(&two, 95).await;
    assert_eq!(cache.sweep(&one, &[91]).await.unwrap(), 1);
    assert!(live(&cache, &StoreKey::new(&two, "a")).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn flushing_empties_the_selected_database_alone() {
    let Some(store) = Store::start() else { return };
    let second = RedisCache::builder().url(store.server.url()).database(2).build().unwrap();
    let key = StoreKey::new("shop", "a");
    for cache in [&store.cache, &second] {
        assert_eq!(live(cache, &key).await, None, "databases are apart");
        cache.put(&key, &entry("1"), Condition::Always).await.unwrap();
    }
    second.flush().await.unwrap();
    assert!(!exists(&second, &key).await);
    assert!(exists(&store.cache, &key).await);
}
