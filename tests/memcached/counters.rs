//! Counting.

use larder::ErrorKind;
use larder::adapter::{CacheAdapter, Counted, Entry, Left};

use crate::support::{LIVING, cleared, entry, got, key, permit, put, server, with};
use crate::ticking::ticking;

#[tokio::test]
async fn counts_down_below_zero_and_over_whatever_is_dead() {
    let Some((_server, cache)) = server() else { return };
    let add = async |key, delta: i64| {
        let Counted::Sum(sum) = cache.increment(key, delta, &entry(&delta.to_string()), &LIVING).await.unwrap() else {
            panic!("it belongs to no template");
        };
        sum
    };
    let counter = key("a");
    assert_eq!(add(&counter, -3).await, -3);
    assert_eq!(add(&counter, 10).await, 7);
    assert_eq!(add(&counter, i64::MIN + 10).await, i64::MIN + 17);
    assert_eq!(got(&cache, &counter).await.unwrap(), (i64::MIN + 17).to_string());
    put(&cache, &counter, &cleared("5")).await;
    assert_eq!(add(&counter, 1).await, 1);
    permit(&cache, &key("stub"), larder::adapter::Claim::Shared).await;
    assert_eq!(add(&key("stub"), 1).await, 1);
}

#[tokio::test]
async fn refuses_what_is_no_number_or_does_not_fit_and_changes_nothing() {
    let Some((_server, cache)) = server() else { return };
    let cases = [("text", 1, ErrorKind::WrongType), ("", 1, ErrorKind::WrongType)];
    let limits = [(i64::MAX, 1, ErrorKind::OutOfRange), (i64::MIN, -1, ErrorKind::OutOfRange)];
    let limits = limits.map(|(count, delta, kind)| (count.to_string(), delta, kind));
    for (text, delta, kind) in cases.map(|(text, delta, kind)| (text.into(), delta, kind)).into_iter().chain(limits) {
        put(&cache, &key("a"), &entry(&text)).await;
        let refused = cache.increment(&key("a"), delta, &entry("1"), &LIVING).await.unwrap_err();
        assert_eq!(refused.kind(), kind, "{text}");
        assert_eq!(got(&cache, &key("a")).await, Some(text));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_increment_is_lost_among_many() {
    let Some((_server, cache)) = server() else { return };
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    cache.increment(&key("a"), 1, &entry("1"), &LIVING).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(got(&cache, &key("a")).await.as_deref(), Some("1280"));
}

/// The server's clock ticks between each reading and the store that follows it; each tick would be a second more.
#[tokio::test]
async fn a_counter_that_is_counted_all_the_time_keeps_its_deadline() {
    // At its end the first is gone, and the second in its grace.
    for (grace, counts) in [(0, &[1, 2, 3, 1][..]), (60, &[1, 2, 3, 4, 1])] {
        let cache = ticking();
        put(&cache, &key("a"), &Entry { record: entry("0").record, ..with(4, grace) }).await;
        for count in counts {
            let counted = cache.increment(&key("a"), 1, &entry("1"), &LIVING).await.unwrap();
            assert_eq!(counted, Counted::Sum(*count), "grace {grace}");
        }
    }
}

#[tokio::test]
async fn a_counter_without_a_deadline_stays_so() {
    let Some((_server, cache)) = server() else { return };
    put(&cache, &key("a"), &Entry { record: entry("5").record, ..with(None::<u64>, 60) }).await;
    assert_eq!(cache.increment(&key("a"), 1, &entry("1"), &LIVING).await.unwrap(), Counted::Sum(6));
    assert_eq!(cache.get(&key("a")).await.unwrap().unwrap().left, Left::Never);
}
