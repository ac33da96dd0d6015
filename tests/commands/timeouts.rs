//! One matrix of timeouts for every store, `update_timeout` and `timeout_of`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use larder::{CacheDefault, ErrorKind, Expiry, Remaining, Timeout};

use crate::shop::{Options, Shop, everywhere, everywhere_with};

/// What has just been given `timeout` has that left, less what a check takes.
#[track_caller]
fn has_left(shop: &Shop, key: &str, timeout: Duration) {
    let Some(Remaining::For(left)) = shop.hand.timeout_of(key).unwrap() else { panic!("{key} does not expire") };
    // Stores that count in whole seconds round up.
    let most = if shop.is_memcached() { timeout + Duration::from_secs(2) } else { timeout };
    assert!(left <= most && left + Duration::from_secs(10) > timeout, "{key}: {left:?} of {timeout:?} are left");
}

/// The same timeout through each command that takes one.
fn each_way(shop: &Shop, timeout: Expiry, check: impl Fn(&str)) {
    let hand = &shop.hand;
    let value = || "value".to_owned();
    hand.set("set", value(), timeout).unwrap();
    hand.add("add", value(), timeout).unwrap();
    hand.multi_set([("many", value())], timeout).unwrap();
    hand.get_or_set("fill", timeout, value).unwrap();
    let tried: Result<_, ()> = hand.try_get_or_set("tried", timeout, || Ok(value())).unwrap();
    assert_eq!(tried, Ok(value()));
    let mut keys = vec!["set", "add", "many", "fill", "tried"];
    if let Expiry::After(timeout) = timeout {
        hand.increment_for("count", 1, timeout).unwrap();
        hand.set("moved", value(), 1_000).unwrap();
        assert_eq!(hand.update_timeout::<String>("moved", timeout).unwrap(), value());
        keys.extend(["count", "moved"]);
    }
    keys.into_iter().for_each(check);
}

#[test]
fn nothing_said_is_what_the_cache_says() {
    everywhere(|shop| {
        each_way(shop, CacheDefault.into(), |key| has_left(shop, key, Duration::from_secs(300)));
    });
    everywhere_with(Options { timeout: 40, ..Options::default() }, |shop| {
        each_way(shop, CacheDefault.into(), |key| has_left(shop, key, Duration::from_secs(40)));
    });
}

#[test]
fn seconds_are_seconds() {
    everywhere(|shop| each_way(shop, 60.into(), |key| has_left(shop, key, Duration::from_secs(60))));
}

#[test]
fn never_is_never() {
    everywhere(|shop| {
        for never in [Expiry::from(Timeout::NEVER), None::<u64>.into(), u64::MAX.into(), Duration::MAX.into()] {
            each_way(shop, never, |key| {
                assert_eq!(shop.hand.timeout_of(key).unwrap(), Some(Remaining::Never), "{key}");
            });
            shop.hand.clear().unwrap();
        }
    });
}

#[test]
fn what_hardly_ends_is_there() {
    everywhere(|shop| {
        for timeout in [u64::MAX / 1_000 - 1, u64::MAX / 2, i64::MAX as u64, u64::from(u32::MAX), 1 << 40] {
            each_way(shop, timeout.into(), |key| assert!(shop.hand.exists(key).unwrap(), "{key} for {timeout} s"));
            shop.hand.clear().unwrap();
        }
    });
}

#[test]
fn thirty_days_and_more_are_days() {
    everywhere(|shop| {
        for days in [29, 30, 31, 365, 3_650] {
            let timeout = Duration::from_secs(days * 86_400);
            each_way(shop, timeout.into(), |key| has_left(shop, key, timeout));
            shop.hand.clear().unwrap();
        }
    });
}

#[test]
fn zero_keeps_nothing() {
    everywhere(|shop| {
        let hand = &shop.hand;
        for zero in [Expiry::from(0), Duration::ZERO.into(), (-1).into()] {
            hand.multi_set(["set", "many", "moved"].map(|key| (key, "value".to_owned())), 60).unwrap();
            hand.set("set", "other".to_owned(), zero).unwrap();
            hand.multi_set([("many", "other".to_owned())], zero).unwrap();
            assert_eq!(hand.get_or_set("fill", zero, || 7).unwrap(), 7);
            assert!(!hand.add("add", 7, zero).unwrap());
            assert_eq!(hand.update_timeout::<String>("moved", 0).unwrap(), "value");
            for key in ["set", "many", "moved", "fill", "add"] {
                assert!(!hand.exists(key).unwrap(), "{key}");
                assert_eq!(hand.update_timeout::<String>(key, 60).unwrap_err().kind(), ErrorKind::NotFound, "{key}");
            }
        }
    });
}

/// A counter for no time is told, and stays no longer than the store's smallest step.
#[test]
fn a_counter_for_no_time_is_gone() {
    everywhere(|shop| {
        assert_eq!(shop.hand.increment_for("key", 7, 0).unwrap(), 7);
        shop.until_absent("key", shop.soon());
        assert_eq!(shop.hand.increment_for("key", 7, 0).unwrap(), 7);
    });
}

#[test]
fn less_than_a_step_is_a_step() {
    everywhere(|shop| {
        for timeout in [Duration::from_nanos(1), Duration::from_millis(1), Duration::from_millis(300)] {
            each_way(shop, timeout.into(), |key| shop.until_absent(key, timeout.max(shop.soon())));
            shop.hand.clear().unwrap();
        }
        if shop.is_memcached() {
            // The first second ends with the server's next tick, which may come at once: each way is seen to work some time.
            let (seen, start) = (RefCell::new(BTreeSet::new()), Instant::now());
            let mut n_ways = usize::MAX;
            while seen.borrow().len() < n_ways {
                let asked = Cell::new(0);
                each_way(shop, Duration::from_millis(900).into(), |key| {
                    asked.set(asked.get() + 1);
                    if shop.hand.timeout_of(key).unwrap().is_some() {
                        seen.borrow_mut().insert(key.to_owned());
                    }
                });
                n_ways = asked.get();
                assert!(start.elapsed() < Duration::from_secs(30), "others than {seen:?} are rounded down");
            }
        }
    });
}

#[test]
fn an_entry_lives_to_the_end_of_its_timeout() {
    everywhere(|shop| {
        let Some(clock) = &shop.clock else { return };
        each_way(shop, 60.into(), |_| {});
        clock.advance(Duration::from_millis(59_999));
        each_way(shop, 60.into(), |key| assert!(shop.hand.exists(key).unwrap(), "{key}"));
    });
}

#[test]
fn a_timeout_is_counted_from_when_it_is_moved() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.set("key", "value".to_owned(), 1_000).unwrap();
        shop.wait(Duration::from_millis(20));
        assert_eq!(hand.update_timeout::<String>("key", 60).unwrap(), "value");
        has_left(shop, "key", Duration::from_secs(60));
        assert_eq!(hand.update_timeout::<String>("key", Timeout::NEVER).unwrap(), "value");
        assert_eq!(hand.timeout_of("key").unwrap(), Some(Remaining::Never));
        assert_eq!(hand.update_timeout::<String>("key", 90).unwrap(), "value");
        has_left(shop, "key", Duration::from_secs(90));
        assert_eq!(hand.get::<String>("key").unwrap().as_deref(), Some("value"));
    });
}

#[test]
fn what_has_expired_can_be_revived_in_its_grace() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.set("key", "value".to_owned(), 60).unwrap();
        hand.set("gone", "value".to_owned(), 60).unwrap();
        for key in ["key", "gone"] {
            shop.expire(key);
            assert_eq!((hand.get::<String>(key).unwrap(), hand.timeout_of(key).unwrap()), (None, None), "{key}");
        }
        assert_eq!(hand.update_timeout::<String>("key", 60).unwrap(), "value");
        assert_eq!(hand.get::<String>("key").unwrap().as_deref(), Some("value"));
        has_left(shop, "key", Duration::from_secs(60));
        assert_eq!(hand.update_timeout::<String>("gone", 0).unwrap(), "value", "0 removes what is in its grace too");
        assert_eq!(hand.update_timeout::<String>("gone", 60).unwrap_err().kind(), ErrorKind::NotFound);
    });
}

#[test]
fn past_its_grace_it_is_gone() {
    for grace in [0, 1] {
        everywhere_with(Options { grace, ..Options::default() }, |shop| {
            let hand = &shop.hand;
            for key in ["key", "removed"] {
                hand.set(key, "value".to_owned(), 60).unwrap();
                hand.update_timeout::<String>(key, shop.soon()).unwrap();
            }
            let step = if shop.is_memcached() { 1_100 } else { 100 };
            shop.wait(shop.soon() + Duration::from_secs(grace) + Duration::from_millis(step));
            assert_eq!(hand.update_timeout::<String>("key", 60).unwrap_err().kind(), ErrorKind::NotFound);
            assert_eq!(hand.update_timeout::<String>("removed", 0).unwrap_err().kind(), ErrorKind::NotFound);
            assert_eq!(hand.get::<String>("key").unwrap(), None);
        });
    }
}

#[test]
fn what_was_removed_or_never_there_cannot_be_moved() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.multi_set([("deleted", 1), ("cleared", 1)], 60).unwrap();
        hand.delete("deleted").unwrap();
        hand.clear().unwrap();
        for key in ["deleted", "cleared", "absent"] {
            let refused = [hand.update_timeout::<i32>(key, 60), hand.update_timeout::<i32>(key, 0)];
            assert!(refused.iter().all(|refused| refused.as_ref().unwrap_err().kind() == ErrorKind::NotFound), "{key}");
            assert_eq!(hand.timeout_of(key).unwrap(), None, "{key}");
        }
    });
}

#[test]
fn a_timeout_moved_as_another_type_says_so() {
    everywhere(|shop| {
        shop.hand.set("key", "value".to_owned(), 60).unwrap();
        assert_eq!(shop.hand.update_timeout::<u64>("key", 90).unwrap_err().kind(), ErrorKind::WrongType);
        assert_eq!(shop.hand.get::<String>("key").unwrap().as_deref(), Some("value"));
    });
}
