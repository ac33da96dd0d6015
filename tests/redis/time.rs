//! Deadlines, which are the server's.

use std::time::Duration;

use larder::Timeout;
use larder::adapter::{CacheAdapter, Claim, Condition, Left};

use crate::support::{LIVING, Store, entry, exists, key, live, ms, timed};

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_live_then_expired_then_gone() {
    let Some(Store { cache, server: _server }) = Store::start() else { return };
    let key = key("a");
    cache.put(&key, &timed("1", ms(60_000), ms(0)), Condition::Always).await.unwrap();
    let Left::For(left) = cache.get(&key).await.unwrap().unwrap().left else { panic!("it is live") };
    assert!(left <= Duration::from_secs(60), "{left:?}");
    cache.put(&key, &timed("1", ms(1), ms(60_000)), Condition::Always).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(cache.get(&key).await.unwrap().unwrap().left, Left::Expired);
    assert_eq!(cache.get_many(std::slice::from_ref(&key)).await.unwrap()[0].as_ref().unwrap().left, Left::Expired);
    assert!(!exists(&cache, &key).await);
    let permitted = cache.permit(&key, Claim::Shared, &LIVING, &[]).await.unwrap();
    assert!(permitted.token.is_some());
    assert_eq!(permitted.found.unwrap().left, Left::Expired);
    cache.put(&key, &timed("1", ms(1), ms(1)), Condition::Always).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(cache.get(&key).await.unwrap(), None);
    assert_eq!(cache.touch(&key, ms(1000), ms(0), &LIVING).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn touching_revives_shortens_and_makes_eternal() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("a"));
    let stored = timed("1", ms(1), ms(60_000));
    cache.put(&key, &stored, Condition::Always).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(live(cache, &key).await, None);

    let revived = cache.touch(&key, ms(5_000), ms(1_000), &LIVING).await.unwrap().unwrap();
    assert_eq!(revived.left, Left::For(Duration::from_secs(5)));
    assert_eq!(revived.record[16..], stored.record[16..], "the record, its head aside");
    assert_eq!(live(cache, &key).await.as_deref(), Some("1"));
    let kept: i64 = store.raw(&["PTTL", "shop:a"]).await;
    assert!((5_900..=6_000).contains(&kept), "{kept}");

    let eternal = cache.touch(&key, Timeout::NEVER, Timeout::NEVER, &LIVING).await.unwrap().unwrap();
    assert_eq!(eternal.left, Left::Never);
    assert_eq!(store.raw::<i64>(&["PTTL", "shop:a"]).await, -1);
    assert_eq!(cache.get(&key).await.unwrap().unwrap().left, Left::Never);

    cache.touch(&key, ms(1), ms(1), &LIVING).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(cache.get(&key).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn absurd_timeouts_are_never() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("a"));
    for timeout in [u64::MAX, u64::MAX - 1, i64::MAX as u64, 1 << 53, 1 << 48] {
        cache.put(&key, &timed("1", ms(timeout), ms(0)), Condition::Always).await.unwrap();
        assert_eq!(cache.get(&key).await.unwrap().unwrap().left, Left::Never, "{timeout}");
        assert_eq!(store.raw::<i64>(&["PTTL", "shop:a"]).await, -1);
        cache.touch(&key, ms(timeout), ms(timeout), &LIVING).await.unwrap();
        assert_eq!(cache.get(&key).await.unwrap().unwrap().left, Left::Never, "{timeout}");
    }
    let years = (1 << 48) - 1;
    cache.put(&key, &timed("1", ms(years), Timeout::NEVER), Condition::Always).await.unwrap();
    let Left::For(left) = cache.get(&key).await.unwrap().unwrap().left else { panic!("it has a deadline") };
    assert!(u64::try_from(left.as_millis()).unwrap().abs_diff(years) < 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_knows_the_servers_clock_within_milliseconds() {
    let Some(Store { cache, server: _server }) = Store::start() else { return };
    let key = key("a");
    cache.put(&key, &entry("1"), Condition::Always).await.unwrap();
    for _ in 0..20 {
        let touched = tokio::time::Instant::now();
        cache.touch(&key, ms(60_000), ms(0), &LIVING).await.unwrap();
        let Left::For(left) = cache.get(&key).await.unwrap().unwrap().left else { panic!("it is live") };
        assert!(left <= Duration::from_secs(60), "never more than there is: {left:?}");
        // What has passed, and the trip by which the clock was learned.
        let missing = Duration::from_secs(60) - left;
        assert!(missing <= touched.elapsed() + Duration::from_millis(20), "{missing:?}");
    }
}
