//! What other programs have put under our keys, and keys and values of odd shapes.

use larder::adapter::{CacheAdapter, Claim, Condition, Counted, Entry, EpochName, StoreKey, layout};
use larder::{ErrorKind, RedisCache, Timeout};

use crate::support::{LIVING, Store, entry, exists, key, live, ms, record, remove};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_entry_is_absent_and_makes_way() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("a"));
    let values: [&[&str]; 5] = [
        &["RPUSH", "shop:a", "x"],
        &["HSET", "shop:a", "x", "y"],
        &["SET", "shop:a", ""],
        &["SET", "shop:a", "a string of another program, longer than any head, of quite other bytes than ours are"],
        &["SET", "shop:a", "7"],
    ];
    for value in values {
        let put = async || {
            store.raw::<()>(&["DEL", "shop:a"]).await;
            store.raw::<redis::Value>(value).await;
        };
        put().await;
        if value[0] != "SET" || value[2].len() < 16 {
            assert_eq!(cache.get(&key).await.unwrap(), None, "get {value:?}");
            assert_eq!(cache.get_many(std::slice::from_ref(&key)).await.unwrap(), [None], "get_many {value:?}");
        }
        assert!(!exists(cache, &key).await, "exists {value:?}");
        assert_eq!(cache.touch(&key, ms(1000), ms(0), &LIVING).await.unwrap(), None, "touch {value:?}");
        assert!(cache.permit(&key, Claim::Shared, &LIVING, &[]).await.unwrap().token.is_some(), "permit {value:?}");
        assert_eq!(
            cache.increment(&key, 3, &entry("3"), &LIVING).await.unwrap(),
            Counted::Sum(3),
            "increment {value:?}"
        );
        put().await;
        assert_eq!(remove(cache, std::slice::from_ref(&key)).await, [false], "remove {value:?}");
        put().await;
        assert!(cache.put(&key, &entry("1"), Condition::IfAbsent(&LIVING)).await.unwrap(), "add {value:?}");
        assert_eq!(live(cache, &key).await.as_deref(), Some("1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_permit_and_no_epoch_makes_way_too() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("a"));
    store.raw::<()>(&["RPUSH", "{shop:a}!p", "x"]).await;
    let name = EpochName::namespace(0, "shop");
    store.raw::<()>(&["RPUSH", name.as_str(), "x"]).await;
    let permitted = cache.permit(&key, Claim::Shared, &LIVING, std::slice::from_ref(&name)).await.unwrap();
    assert_eq!(permitted.epochs, cache.epochs(&[name]).await.unwrap());
    assert!(cache.put(&key, &entry("1"), Condition::IfPermit(&permitted.token.unwrap())).await.unwrap());
    store.raw::<()>(&["SET", "{shop:b}!p", "short"]).await;
    assert!(cache.permit(&StoreKey::new("shop", "b"), Claim::Shared, &LIVING, &[]).await.unwrap().token.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_keys_are_kept_apart() {
    let Some(Store { cache, server: _server }) = Store::start() else { return };
    let texts = [
        "",
        " ",
        "\r\nFLUSHALL\r\n",
        "\0",
        "🦀",
        "*",
        "a*",
        "{a}",
        "a",
        "'\"`$(x)",
        &"x".repeat(300),
        &"y".repeat(100_000),
    ];
    let keys = texts.map(|text| StoreKey::new("shop", text));
    for (place, key) in keys.iter().enumerate() {
        cache.put(key, &entry(&place.to_string()), Condition::Always).await.unwrap();
    }
    for (place, key) in keys.iter().enumerate() {
        assert_eq!(live(&cache, key).await, Some(place.to_string()), "{key}");
    }
    assert_eq!(cache.get_many(&keys).await.unwrap().iter().flatten().count(), keys.len());
    assert_eq!(remove(&cache, &keys).await, [true; 12]);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_every_size_and_byte_come_back() {
    let Some(Store { cache, server: _server }) = Store::start() else { return };
    let key = key("a");
    for size in [0, 1, 255, 65_536, 1 << 20, 7 << 20] {
        let mut stored = Entry { record: record(""), timeout: Timeout::NEVER, grace: Timeout::ZERO };
        stored.record.extend((0..size).map(|place| (place * 7 + place / 256) as u8));
        assert!(cache.put(&key, &stored, Condition::Always).await.unwrap());
        let found = cache.get(&key).await.unwrap().unwrap();
        assert!(found.record[16..] == stored.record[16..] && found.record[..8] == stored.record[..8], "{size}");
        let touched = cache.touch(&key, ms(60_000), ms(0), &LIVING).await.unwrap().unwrap();
        assert!(touched.record[16..] == stored.record[16..], "{size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_not_sent() {
    let Some(store) = Store::start() else { return };
    let cache = RedisCache::builder().url(store.server.url()).largest_entry(layout::PAYLOAD + 4).build().unwrap();
    assert_eq!(cache.capability().largest_entry, layout::PAYLOAD + 4);
    assert!(cache.put(&key("a"), &entry("1234"), Condition::Always).await.unwrap());
    let error = cache.put(&key("a"), &entry("12345"), Condition::Always).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let error = cache.put_many(&[(key("b"), entry("1")), (key("a"), entry("12345"))]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(live(&cache, &key("a")).await.as_deref(), Some("1234"));
    assert_eq!(live(&cache, &key("b")).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_refuses_and_still_answers() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("a"));
    cache.put(&key, &entry("1"), Condition::Always).await.unwrap();
    store.raw::<()>(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let error = cache.put(&key, &entry("2"), Condition::Always).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "it is full, and not down");
    assert_eq!(live(cache, &key).await.as_deref(), Some("1"));
    assert_eq!(remove(cache, &[key]).await, [true], "what frees memory still works");
}

/// It is another program's, as large as no entry is; who asks for it in the program's own words gets it whole.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_larger_than_may_be_stored_is_not_read() {
    const N_BYTES: usize = 64 << 20;
    let Some(store) = Store::start() else { return };
    let (cache, keys) = (&store.cache, [key("a"), key("b"), key("c")]);
    let connection = store.raw::<u64>(&["CLIENT", "ID"]).await;
    let largest = || Entry { record: vec![0x5a; 8 << 20], timeout: Timeout::NEVER, grace: Timeout::ZERO };
    cache.put(&keys[0], &largest(), Condition::Always).await.unwrap();
    cache.put(&keys[2], &entry("3"), Condition::Always).await.unwrap();
    store.raw::<u64>(&["SETRANGE", "shop:b", &(N_BYTES - 1).to_string(), "x"]).await;
    for _ in 0..2 {
        assert_eq!(cache.get(&keys[1]).await.unwrap(), None);
        let found = cache.get_many(&keys).await.unwrap();
        assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(found[0].as_ref().unwrap().record.len(), 8 << 20, "the largest there may be");
        // What comes behind it is not lost with it.
        let (large, small) = tokio::join!(cache.get(&keys[1]), cache.get(&keys[2]));
        assert!(large.unwrap().is_none() && small.unwrap().is_some());
    }
    assert_eq!(store.raw::<Vec<u8>>(&["GET", "shop:b"]).await.len(), N_BYTES);
    let permitted = cache.permit(&keys[1], Claim::Shared, &LIVING, &[]).await.unwrap();
    assert!(cache.put(&keys[1], &entry("2"), Condition::IfPermit(&permitted.token.unwrap())).await.unwrap());
    assert_eq!(live(cache, &keys[1]).await.as_deref(), Some("2"), "it makes way");
    assert_eq!(store.raw::<u64>(&["CLIENT", "ID"]).await, connection, "the connection is as well as before");
}
