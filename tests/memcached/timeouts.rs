//! Timeouts in whole seconds, and what a server does with large ones.

use std::time::Duration;

use larder::Timeout;
use larder::adapter::{CacheAdapter, Left, StoreKey};

use crate::support::{LIVING, cleared, entry, exists, got, key, permit, put, server, until, with};

const MONTH: u64 = 30 * 24 * 60 * 60;

#[tokio::test]
async fn every_timeout_means_the_same_as_elsewhere() {
    let Some((_server, cache)) = server() else { return };
    let minute = Timeout::from(60);
    let cases = [
        (Timeout::from(1000), Some(1000)),
        (Timeout::from_millis(999_001), Some(1000)),
        (Timeout::from(MONTH), Some(MONTH)),
        (Timeout::from(MONTH + 1), Some(MONTH + 1)),
        (Timeout::from(10 * MONTH), Some(10 * MONTH)),
        (Timeout::from(u64::MAX / 1000 - 1), None),
        (Timeout::from_millis(u64::MAX - 1), None),
        (Timeout::NEVER, None),
    ];
    for (timeout, expected) in cases {
        for grace in [Timeout::ZERO, minute, Timeout::NEVER] {
            put(&cache, &key("a"), &with(timeout, grace)).await;
            let left = cache.get(&key("a")).await.unwrap().unwrap().left;
            let touched = cache.touch(&key("a"), timeout, grace, &LIVING).await.unwrap().unwrap().left;
            for left in [left, touched] {
                match (left, expected) {
                    (Left::Never, None) => {}
                    // The server's clock may tick in between, and past a month it is set against ours.
                    (Left::For(left), Some(seconds)) => {
                        assert!(left.as_secs().abs_diff(seconds) <= 3, "{left:?} of {timeout:?}");
                    }
                    _ => panic!("{left:?} of {timeout:?} and {grace:?}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn what_has_expired_can_be_revived_until_its_grace_is_over() {
    let Some((_server, cache)) = server() else { return };
    let (revived, gone) = (key("revived"), key("gone"));
    put(&cache, &revived, &with(Duration::from_millis(1), 60)).await;
    put(&cache, &gone, &with(Duration::from_millis(1), 0)).await;
    let left = async |key| cache.get(key).await.unwrap().map(|fetched| fetched.left);
    until(async || left(&revived).await == Some(Left::Expired)).await;
    assert!(!exists(&cache, &revived).await);
    until(async || left(&gone).await.is_none()).await;
    assert_eq!(cache.touch(&gone, 60.into(), 0.into(), &LIVING).await.unwrap(), None);
    let touched = cache.touch(&revived, 60.into(), 60.into(), &LIVING).await.unwrap().unwrap();
    assert_eq!(touched.record, entry("value").record);
    assert!(left(&revived).await.unwrap().is_live());
}

#[tokio::test]
async fn a_touch_brings_its_own_grace() {
    let Some((_server, cache)) = server() else { return };
    put(&cache, &key("a"), &with(60, 0)).await;
    let Left::For(left) = cache.touch(&key("a"), 100.into(), 50.into(), &LIVING).await.unwrap().unwrap().left else {
        panic!("it expires");
    };
    assert!((98..=100).contains(&left.as_secs()), "{left:?}");
    cache.touch(&key("a"), Timeout::from_millis(1), 50.into(), &LIVING).await.unwrap().unwrap();
    let left = async || cache.get(&key("a")).await.unwrap().unwrap().left;
    until(async || left().await == Left::Expired).await;
}

#[tokio::test]
async fn a_touch_leaves_the_dead_dead() {
    let Some((_server, cache)) = server() else { return };
    let touch = async |key: StoreKey| cache.touch(&key, 60.into(), 60.into(), &LIVING).await.unwrap();
    assert_eq!(touch(key("absent")).await, None);
    permit(&cache, &key("stub"), larder::adapter::Claim::Shared).await;
    assert_eq!(touch(key("stub")).await, None);
    assert_eq!(got(&cache, &key("stub")).await, None);
    put(&cache, &key("cleared"), &cleared("old")).await;
    assert_eq!(touch(key("cleared")).await, None);
}
