//! `set`, `add` and `multi_set`.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use larder::{CacheDefault, Remaining, Timeout};
use tokio::sync::Barrier;

use crate::hand::{Face, Hand};
use crate::shop::{Options, Shop, everywhere, everywhere_with, in_turn};

#[test]
fn set_replaces_value_and_timeout_together() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.set("key", "old".to_owned(), Timeout::NEVER).unwrap();
        hand.set("key", "new".to_owned(), 60).unwrap();
        assert_eq!(hand.get::<String>("key").unwrap().as_deref(), Some("new"));
        assert!(matches!(hand.timeout_of("key").unwrap(), Some(Remaining::For(_))));
        hand.set("key", 7, Timeout::NEVER).unwrap();
        assert_eq!((hand.get("key").unwrap(), hand.timeout_of("key").unwrap()), (Some(7), Some(Remaining::Never)));
    });
}

#[test]
fn an_old_deadline_does_not_hit_a_new_value() {
    everywhere_with(Options { grace: 1, ..Options::default() }, |shop| {
        let hand = &shop.hand;
        for key in ["set", "many"] {
            hand.set(key, "old".to_owned(), shop.soon()).unwrap();
        }
        hand.set("set", "new".to_owned(), 60).unwrap();
        hand.multi_set([("many", "new".to_owned())], 60).unwrap();
        // Past the old deadline and its grace, on servers that count in whole seconds too.
        shop.wait(Duration::from_millis(if shop.is_memcached() { 3_200 } else { 1_200 }));
        for key in ["set", "many"] {
            assert_eq!(hand.get::<String>(key).unwrap().as_deref(), Some("new"), "{key}");
        }
    });
}

#[test]
fn add_stores_where_nothing_lives() {
    everywhere(|shop| {
        let hand = &shop.hand;
        assert!(hand.add("key", "first".to_owned(), 60).unwrap());
        assert!(!hand.add("key", "second".to_owned(), Timeout::NEVER).unwrap());
        assert_eq!(hand.get::<String>("key").unwrap().as_deref(), Some("first"));
        assert!(matches!(hand.timeout_of("key").unwrap(), Some(Remaining::For(_))), "its timeout is its own");
        shop.expire("key");
        assert!(hand.add("key", "third".to_owned(), Timeout::NEVER).unwrap());
        assert_eq!(hand.get::<String>("key").unwrap().as_deref(), Some("third"));
        assert_eq!(hand.timeout_of("key").unwrap(), Some(Remaining::Never));
        assert!(hand.delete("key").unwrap() && hand.add("key", 4, CacheDefault).unwrap());
        assert!(!hand.add("key", 5, 0).unwrap() && !hand.add("absent", 5, 0).unwrap(), "a timeout of 0 stores nothing");
        assert_eq!((hand.get("key").unwrap(), hand.get::<i32>("absent").unwrap()), (Some(4), None));
    });
}

#[test]
fn of_a_thousand_who_add_one_does() {
    in_turn(|shop| {
        let added = crowd(shop, 1_000, |hand, number| hand.add("key", number, 60).unwrap());
        let winners: Vec<usize> = (0..added.len()).filter(|&number| added[number]).collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert_eq!(shop.hand.get::<usize>("key").unwrap(), Some(winners[0]));
    });
}

/// Lets so many call at once, each on a thread of its own, and collects what they have.
fn crowd<T: Send + 'static>(shop: &Shop, n: usize, call: fn(Hand, usize) -> T) -> Vec<T> {
    let barrier = Arc::new(std::sync::Barrier::new(n));
    let callers: Vec<_> = (0..n)
        .map(|number| {
            let (hand, barrier) = (shop.hand.clone(), Arc::clone(&barrier));
            let builder = thread::Builder::new().stack_size(512 << 10);
            let call = move || {
                barrier.wait();
                call(hand, number)
            };
            builder.spawn(call).unwrap()
        })
        .collect();
    callers.into_iter().map(|caller| caller.join().unwrap()).collect()
}

#[test]
fn of_a_thousand_tasks_that_add_one_does() {
    in_turn(|shop| {
        if shop.face == Face::Blocking {
            return;
        }
        let cache = shop.cache.asynchronous();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let winners = runtime.block_on(async {
            let barrier = Arc::new(Barrier::new(1_000));
            let add = |number: usize| {
                let (cache, barrier) = (cache.clone(), Arc::clone(&barrier));
                tokio::spawn(async move {
                    barrier.wait().await;
                    cache.add("key", number, 60).await.unwrap()
                })
            };
            let tasks: Vec<_> = (0..1_000).map(add).collect();
            let mut n_winners = 0;
            for task in tasks {
                n_winners += usize::from(task.await.unwrap());
            }
            n_winners
        });
        assert_eq!(winners, 1);
    });
}

#[test]
fn ten_thousand_pairs_are_read_back_whole() {
    in_turn(|shop| {
        let hand = &shop.hand;
        hand.multi_set([] as [(&str, u8); 0], 60).unwrap();
        let key = |number: usize| format!("pair:{number}");
        let value = |number: usize| format!("value {number} {}", "v".repeat(number % 300));
        hand.multi_set((0..10_000).map(|number| (key(number), value(number))), 60).unwrap();
        let read = hand.multi_get::<String>((0..10_000).map(key)).unwrap();
        assert_eq!(read.len(), 10_000);
        let wrong = (0..10_000).find(|&number| read[number].as_ref() != Some(&value(number)));
        assert_eq!(wrong, None, "the first that is wrong");
        let removed = hand.remove((0..10_001).map(key)).unwrap();
        assert_eq!((removed.asked, removed.removed), (10_001, 10_000));
        assert!(hand.multi_get::<String>((0..10_000).map(key)).unwrap().iter().all(Option::is_none));
    });
}

#[test]
fn of_pairs_with_one_key_the_last_stays() {
    everywhere(|shop| {
        shop.hand.multi_set([("key", 1), ("other", 2), ("key", 3)], 60).unwrap();
        assert_eq!(shop.hand.multi_get::<i32>(["key", "other"]).unwrap(), [Some(3), Some(2)]);
    });
}
