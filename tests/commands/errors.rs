//! What each command says when it fails; and that it says nothing that is secret.

use std::error::Error as _;
use std::time::{Duration, Instant};

use larder::{Cache, ErrorKind, IntoCache, Result};
use larder_servers::{Memcached, Redis, or_skip};

use crate::hand::{FACES, Hand};
use crate::shop::{Kind, everywhere};

/// In keys and values.
const SECRET: &str = "hunter2";

/// The outcome is this error, and shows no secret.
#[track_caller]
fn says<T>(outcome: Result<T>, kind: ErrorKind, text: &str) {
    let Err(error) = outcome else { panic!("no error: {text}") };
    assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
    let mut shown = format!("{error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        shown += &format!("{error} {error:?}");
        cause = error.source();
    }
    assert!(!shown.contains(SECRET), "{shown}");
}

#[test]
fn what_is_not_there_is_not_found() {
    everywhere(|shop| {
        let (hand, key) = (&shop.hand, format!("session:{SECRET}"));
        let text = "nothing lives under the key";
        says(hand.fetch::<String>(&key), ErrorKind::NotFound, text);
        let text = "nothing stands under the key, live or in its grace";
        says(hand.update_timeout::<String>(&key, 60), ErrorKind::NotFound, text);
        says(hand.update_timeout::<String>(&key, 0), ErrorKind::NotFound, text);
    });
}

#[test]
fn what_is_of_another_type_is_of_the_wrong_type() {
    everywhere(|shop| {
        let (hand, key) = (&shop.hand, format!("session:{SECRET}"));
        hand.set(&key, SECRET.to_owned(), 60).unwrap();
        let text = "cannot increment: what stands under the key is no integer";
        says(hand.increment(&key, 1), ErrorKind::WrongType, text);
        says(hand.update_timeout::<u64>(&key, 60), ErrorKind::WrongType, "what stands under the key is no `u64`");
        says(hand.update_timeout::<u64>(&key, 0), ErrorKind::WrongType, "what stands under the key is no `u64`");
    });
}

#[test]
fn a_sum_past_64_bits_is_out_of_range() {
    everywhere(|shop| {
        let (hand, key) = (&shop.hand, format!("session:{SECRET}"));
        hand.set(&key, i64::MAX, 60).unwrap();
        says(hand.increment(&key, 1), ErrorKind::OutOfRange, "cannot increment: the sum does not fit 64 bits");
    });
}

#[test]
fn what_does_not_fit_is_too_large() {
    everywhere(|shop| {
        if shop.kind == Kind::Memory {
            return;
        }
        let (hand, key, value) = (&shop.hand, format!("session:{SECRET}"), SECRET.repeat(200_000));
        let text = "cannot encode `alloc::string::String` as msgpack: it is longer than 1 MiB, or than the store takes";
        says(hand.set(&key, value.clone(), 60), ErrorKind::TooLarge, text);
        says(hand.add(&key, value.clone(), 60), ErrorKind::TooLarge, text);
        says(hand.multi_set([(&key, value.clone())], 60), ErrorKind::TooLarge, text);
        assert_eq!(hand.get_or_set(&key, 60, || value.clone()).unwrap(), value, "it is computed, and not stored");
        assert!(!hand.exists(&key).unwrap());
    });
}

#[test]
fn what_would_come_back_as_something_else_is_unstorable() {
    everywhere(|shop| {
        if shop.kind == Kind::Memory {
            return;
        }
        let (hand, key) = (&shop.hand, format!("session:{SECRET}"));
        let text = "cannot encode `u128` as msgpack: it holds a `u128` past `i128::MAX`, which would be read back as a \
                    negative number";
        says(hand.set(&key, u128::MAX, 60), ErrorKind::Unstorable, text);
        says(hand.add(&key, u128::MAX, 60), ErrorKind::Unstorable, text);
        let many = hand.multi_set([("first", 1), (&key, u128::MAX)], 60);
        says(many, ErrorKind::Unstorable, text);
        assert!(!hand.exists("first").unwrap(), "nothing of it is stored");
        assert_eq!(hand.get_or_set(&key, 60, || u128::MAX).unwrap(), u128::MAX, "it is computed, and not stored");
    });
}

/// Every command, and whether it fails.
fn commands(hand: &Hand) -> Vec<(&'static str, Result<()>)> {
    let key = format!("session:{SECRET}");
    vec![
        ("get", hand.get::<String>(&key).map(drop)),
        ("get_or", hand.get_or(&key, 1).map(drop)),
        ("fetch", hand.fetch::<String>(&key).map(drop)),
        ("set", hand.set(&key, SECRET.to_owned(), 60)),
        ("add", hand.add(&key, SECRET.to_owned(), 60).map(drop)),
        ("multi_get", hand.multi_get::<String>([&key]).map(drop)),
        ("multi_set", hand.multi_set([(&key, SECRET.to_owned())], 60)),
        ("exists", hand.exists(&key).map(drop)),
        ("increment", hand.increment(&key, 1).map(drop)),
        ("remove", hand.remove([&key]).map(drop)),
        ("delete", hand.delete(&key).map(drop)),
        ("update_timeout", hand.update_timeout::<String>(&key, 60).map(drop)),
        ("timeout_of", hand.timeout_of(&key).map(drop)),
        ("clear", hand.clear()),
        ("flush_store", hand.flush_store()),
        ("connect", hand.connect()),
    ]
}

fn while_down(cache: &Cache) {
    for face in FACES {
        let hand = Hand::of(cache, face);
        let start = Instant::now();
        let outcomes = commands(&hand);
        for (command, outcome) in outcomes {
            let Err(error) = outcome else { panic!("{command} of {cache:?} reports no failure") };
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{command}: {error}");
            let text = error.to_string();
            says(Err::<(), _>(error), ErrorKind::Unavailable, &text);
            assert!(text.contains(cache.adapter()), "{command} does not say which store: {text}");
        }
        for number in 0..20 {
            assert_eq!(hand.get_or_set(format!("key {number}"), 60, || number).unwrap(), number, "it computes");
        }
        let tried = hand.try_get_or_set("tried", 60, || Err::<u8, _>("its own")).unwrap();
        assert_eq!(tried, Err("its own"));
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }
}

#[test]
fn while_a_store_is_down_commands_say_so_and_fills_compute() {
    let password = [("requirepass", SECRET)];
    let (redis, memcached) = (or_skip(Redis::with(&password)), or_skip(Memcached::start()));
    let (Some(mut redis), Some(mut memcached)) = (redis, memcached) else { return };
    let url = format!("redis://:{SECRET}@127.0.0.1:{}", redis.port());
    let caches = [url.into_cache().unwrap(), memcached.url().into_cache().unwrap()];
    for cache in &caches {
        cache.blocking().set("key", 7, 60).unwrap();
    }
    redis.kill();
    memcached.kill();
    caches.iter().for_each(while_down);
    redis.restart().unwrap();
    memcached.restart().unwrap();
    for cache in &caches {
        let start = Instant::now();
        while let Err(error) = cache.blocking().set("key", 8, 60) {
            assert!(start.elapsed() < Duration::from_secs(10), "{error}");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(cache.blocking().get("key").unwrap(), Some(8));
    }
}

/// Of several servers, one that is down takes its own keys with it.
#[test]
fn of_several_servers_those_that_are_up_answer() {
    let servers: Option<Vec<_>> = (0..3).map(|_| or_skip(Memcached::start())).collect();
    let Some(mut servers) = servers else { return };
    let addresses: Vec<_> = servers.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect();
    let cache = format!("memcache://{}", addresses.join(",")).into_cache().unwrap();
    for face in FACES {
        let hand = Hand::of(&cache, face);
        let keys: Vec<_> = (0..100).map(|number| format!("key {number}")).collect();
        hand.multi_set(keys.iter().map(|key| (key, 7)), 60).unwrap();
        servers[1].kill();
        let read = hand.multi_get::<i32>(&keys).unwrap();
        let n_there = read.iter().flatten().count();
        assert!((30..100).contains(&n_there), "{n_there} of 100");
        for (key, read) in keys.iter().zip(&read) {
            assert_eq!(hand.get::<i32>(key).ok().flatten(), *read, "{key}");
        }
        assert_eq!(hand.remove(&keys).unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(hand.clear().unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(hand.multi_get::<i32>(&keys).unwrap().iter().flatten().count(), 0, "those that are up have cleared");
        let set = hand.multi_set(keys.iter().map(|key| (key, 8)), 60);
        assert_eq!(set.unwrap_err().kind(), ErrorKind::Unavailable);
        let n_there = hand.multi_get::<i32>(&keys).unwrap().iter().flatten().count();
        assert!((30..100).contains(&n_there), "those that are up have stored: {n_there} of 100");
        servers[1].restart().unwrap();
        let start = Instant::now();
        while hand.multi_set(keys.iter().map(|key| (key, 7)), 60).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// An empty key is a key, and no other's: what larder does not do is guess that it was meant otherwise.
#[test]
fn an_empty_key_is_a_key() {
    everywhere(|shop| {
        shop.hand.set("", 7, 60).unwrap();
        assert_eq!((shop.hand.get("").unwrap(), shop.hand.get::<i32>(" ").unwrap()), (Some(7), None));
        assert!(!shop.hand.exists("%e").unwrap(), "nor what it is written as");
    });
}
