//! `increment`: atomic, exact, on integers whoever has set them.

use std::time::Duration;

use larder::{Cache, Codec, ErrorKind, Remaining, Timeout};

use crate::shop::{everywhere, in_turn};

#[test]
fn an_absent_counter_begins_with_the_step() {
    everywhere(|shop| {
        let hand = &shop.hand;
        assert_eq!(hand.increment("up", 5).unwrap(), 5);
        assert_eq!(hand.timeout_of("up").unwrap(), Some(Remaining::Never));
        assert_eq!(hand.increment("down", -3).unwrap(), -3);
        assert_eq!(hand.increment("still", 0).unwrap(), 0);
        assert_eq!(hand.get::<i64>("still").unwrap(), Some(0), "it is there");
        assert_eq!(hand.increment_for("timed", 1, 60).unwrap(), 1);
        assert!(
            matches!(hand.timeout_of("timed").unwrap(), Some(Remaining::For(left)) if left <= Duration::from_secs(61))
        );
    });
}

#[test]
fn a_counter_goes_below_zero_and_back() {
    everywhere(|shop| {
        let mut count = 0;
        for step in [1, -1, -1, -100, 1_000_000_000_000, i64::MIN / 2, 7, 0] {
            count += step;
            assert_eq!(shop.hand.increment("key", step).unwrap(), count, "after {step}");
            assert_eq!(shop.hand.get::<i64>("key").unwrap(), Some(count), "after {step}");
        }
    });
}

#[test]
fn what_was_set_is_counted_and_read_as_any_integer() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.set("small", 250_u8, 60).unwrap();
        assert_eq!(hand.increment("small", 10).unwrap(), 260);
        assert_eq!(hand.get::<u16>("small").unwrap(), Some(260));
        assert_eq!(hand.get::<u8>("small").unwrap(), None, "it has no room any more");
        assert_eq!(hand.increment("small", -10).unwrap(), 250);
        assert_eq!(hand.get::<u8>("small").unwrap(), Some(250));
        hand.set("usize", 1_usize, 60).unwrap();
        assert_eq!(hand.increment("usize", -2).unwrap(), -1);
        assert_eq!(hand.get::<usize>("usize").unwrap(), None);
        assert_eq!(hand.fetch::<i32>("usize").unwrap(), -1);
        hand.increment("counter", 3).unwrap();
        assert_eq!(hand.multi_get::<u8>(["counter", "small"]).unwrap(), [Some(3), Some(250)]);
        assert_eq!(hand.update_timeout::<u64>("counter", 60).unwrap(), 3);
        assert_eq!(hand.get_or_set("counter", 60, || 0_u16).unwrap(), 3);
    });
}

#[test]
fn a_counter_keeps_its_timeout() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.set("timed", 1, 100).unwrap();
        hand.increment_for("timed", 1, Timeout::NEVER).unwrap();
        assert!(
            matches!(hand.timeout_of("timed").unwrap(), Some(Remaining::For(left)) if left <= Duration::from_secs(101))
        );
        hand.set("forever", 1, Timeout::NEVER).unwrap();
        hand.increment_for("forever", 1, 60).unwrap();
        assert_eq!(hand.timeout_of("forever").unwrap(), Some(Remaining::Never));
        hand.set("short", 41, shop.soon()).unwrap();
        shop.until_absent("short", shop.soon());
        assert_eq!(hand.increment("short", 1).unwrap(), 1, "what has expired is not counted on");
    });
}

#[test]
fn a_sum_that_does_not_fit_changes_nothing() {
    everywhere(|shop| {
        let hand = &shop.hand;
        for (start, step) in [(i64::MAX, 1), (i64::MIN, -1), (i64::MAX - 1, i64::MAX), (-2, i64::MIN)] {
            hand.set("key", start, 60).unwrap();
            let error = hand.increment("key", step).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutOfRange, "{start} and {step}: {error}");
            assert_eq!(hand.get::<i64>("key").unwrap(), Some(start));
        }
        // What is past an `i64` before it is counted is no counter.
        hand.set("key", u64::MAX, 60).unwrap();
        assert_eq!(hand.increment("key", -1).unwrap_err().kind(), ErrorKind::WrongType);
        assert_eq!(hand.get::<u64>("key").unwrap(), Some(u64::MAX));
    });
}

#[test]
fn what_is_no_integer_is_not_counted() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.set("text", "seven".to_owned(), 60).unwrap();
        hand.set("digits", "7".to_owned(), 60).unwrap();
        hand.set("float", 7.0, 60).unwrap();
        hand.set("flag", true, 60).unwrap();
        hand.set("list", vec![7], 60).unwrap();
        hand.set("empty", String::new(), 60).unwrap();
        hand.set("none", None::<i64>, 60).unwrap();
        for key in ["text", "digits", "float", "flag", "list", "empty", "none"] {
            let refused = hand.increment(key, 1);
            assert_eq!(refused.as_ref().map_err(larder::Error::kind), Err(ErrorKind::WrongType), "{key}");
        }
        assert_eq!(hand.get::<String>("text").unwrap().as_deref(), Some("seven"));
        assert_eq!(hand.get::<String>("digits").unwrap().as_deref(), Some("7"));
        assert_eq!(hand.get::<f64>("float").unwrap(), Some(7.0));
    });
}

#[test]
fn what_a_codec_happens_to_write_as_digits_is_not_counted() {
    let by = |codec| {
        let store = larder::SqliteCache::memory();
        Cache::builder(store).codec(Codec::named(codec).unwrap()).build().unwrap().blocking()
    };
    let raw = by("raw");
    raw.set("digits", "7".to_owned(), 60).unwrap();
    assert_eq!(raw.increment("digits", 1).unwrap_err().kind(), ErrorKind::WrongType);
    assert_eq!(raw.get::<String>("digits").unwrap().as_deref(), Some("7"));
    for codec in ["postcard", "bincode"] {
        let cache = by(codec);
        cache.set("digits", (b'7',), 60).unwrap();
        assert_eq!(cache.increment("digits", 1).unwrap_err().kind(), ErrorKind::WrongType, "{codec}");
        assert_eq!(cache.get::<(u8,)>("digits").unwrap(), Some((b'7',)), "{codec}");
        cache.set("seven", 7_u8, 60).unwrap();
        assert_eq!(cache.increment("seven", 1).unwrap(), 8, "{codec}");
        // What has expired or was cleared is in nobody's way.
        cache.clear().unwrap();
        assert_eq!(cache.increment("digits", 1).unwrap(), 1, "{codec}");
    }
}

#[test]
fn threads_that_count_lose_nothing() {
    in_turn(|shop| {
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| (0..25).for_each(|_| assert!(shop.hand.increment("key", 2).unwrap() > 0)));
            }
        });
        assert_eq!(shop.hand.get::<i64>("key").unwrap(), Some(1_000));
    });
}
