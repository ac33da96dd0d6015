//! What `increment` adds to, and what it refuses.

use super::checks;
use super::expect::{Outcome, Why, expect, payload, same};
use super::store::Store;
use crate::adapter::layout::{CODEC, COUNTED, FLAGS, HEAD, INTEGER, PAYLOAD};
use crate::adapter::{Left, Living, StoreKey};
use crate::error::ErrorKind;
use crate::timeout::Timeout;

checks! {
    Ordinary:
        an_absent_counter_is_made_with_its_timeout
        a_counter_takes_any_step
        a_counter_is_exact_to_the_last_digit
        a_counter_keeps_its_timeout_and_the_rest_of_its_record
        a_counter_says_that_it_was_counted
        what_is_no_integer_is_refused_and_left
        what_only_looks_like_an_integer_is_refused_and_left
        what_overflows_is_refused_and_left
        a_dead_counter_starts_anew
        fifty_who_count_lose_nothing;
    Waits:
        a_counter_dies_at_its_own_deadline
        an_expired_counter_starts_anew;
}

/// What stands there now.
async fn stands_at(store: &Store, key: &StoreKey, count: i64, when: &str) -> Outcome {
    let fetched = store.get(key).await?.ok_or_else(|| Why::new(format_args!("{when}: nothing is there")))?;
    same(payload(&fetched.record), count.to_string(), when)
}

async fn an_absent_counter_is_made_with_its_timeout(store: Store) -> Outcome {
    let [forever, timed, below] = store.keys();
    let fresh = store.entry_for("5", Timeout::NEVER, Timeout::ZERO);
    same(store.increment_or(&forever, 5, &fresh).await?, 5, "made with 5")?;
    store.has(&forever, &fresh, "made without a timeout").await?;
    same(store.increment(&timed, 7).await?, 7, "made with 7")?;
    store.has(&timed, &store.entry("7"), "made with a timeout").await?;
    same(store.increment(&below, -3).await?, -3, "made with -3")?;
    stands_at(&store, &below, -3, "made with -3").await
}

async fn a_counter_takes_any_step(store: Store) -> Outcome {
    let key = store.key("key");
    store.put(&key, &store.entry("10")).await?;
    let mut count = 10;
    for step in [1, -1, 90, -200, 0, 99_999, -99_899, 1_000_000_000_000, i64::MIN / 2] {
        count += step;
        same(store.increment(&key, step).await?, count, format_args!("after a step of {step}"))?;
        stands_at(&store, &key, count, &format!("after a step of {step}")).await?;
    }
    Ok(())
}

async fn a_counter_is_exact_to_the_last_digit(store: Store) -> Outcome {
    let key = store.key("key");
    let cases = [
        (9_007_199_254_740_992, 1),
        (-9_007_199_254_740_993, -2),
        (4_611_686_018_427_387_905, 4_611_686_018_427_387_902),
        (i64::MAX, -1),
        (i64::MIN, 1),
        (i64::MAX - 1, 1),
        (i64::MIN + 1, -1),
        (i64::MIN, i64::MAX),
        (0, i64::MIN),
    ];
    for (start, step) in cases {
        store.put(&key, &store.entry(start.to_string())).await?;
        same(store.increment(&key, step).await?, start + step, format_args!("{start} and {step}"))?;
        stands_at(&store, &key, start + step, "what is stored then").await?;
    }
    Ok(())
}

async fn a_counter_keeps_its_timeout_and_the_rest_of_its_record(store: Store) -> Outcome {
    for timeout in [Timeout::from_secs(1000), Timeout::NEVER] {
        let key = store.key("key");
        let entry = store.entry_for("41", timeout, Timeout::ZERO);
        store.put(&key, &entry).await?;
        let other = store.entry_for("1", Timeout::from_secs(10), Timeout::from_secs(10));
        same(store.increment_or(&key, 1, &other).await?, 42, "41 and 1")?;
        let fetched = store.get(&key).await?.ok_or_else(|| Why::new("nothing is there"))?;
        expect(store.is_left_of(fetched.left, timeout), format_args!("{:?} is left of {timeout:?}", fetched.left))?;
        let head = HEAD.end..PAYLOAD;
        expect(
            fetched.record.get(head.clone()) == entry.record.get(head),
            "the record has changed before its payload",
        )?;
    }
    Ok(())
}

async fn a_counter_says_that_it_was_counted(store: Store) -> Outcome {
    let key = store.key("key");
    store.put(&key, &store.entry("9")).await?;
    store.increment(&key, 1).await?;
    let fetched = store.get(&key).await?.ok_or_else(|| Why::new("nothing is there"))?;
    same(fetched.record.get(FLAGS), Some(&COUNTED), "the flags of a counter that was incremented")
}

async fn what_is_no_integer_is_refused_and_left(store: Store) -> Outcome {
    let key = store.key("key");
    for payload in [&b"tea"[..], b"", b"1.5", b" 7", b"7 ", b"7x", b"1e3", b"0x10", b"-", b"\xFF\xFE", b"1\r\n", b"7\0"]
    {
        let entry = store.entry(payload);
        store.put(&key, &entry).await?;
        let kind = store.increment(&key, 1).await.map_err(|error| error.kind());
        same(kind, Err(ErrorKind::WrongType), format_args!("increment of {:?}", payload.escape_ascii().to_string()))?;
        store.has(&key, &entry, "after it was refused").await?;
    }
    Ok(())
}

/// With some codecs other values are written in digits, too.
async fn what_only_looks_like_an_integer_is_refused_and_left(store: Store) -> Outcome {
    let key = store.key("key");
    for codec in [INTEGER - 1, INTEGER + 1, b'7', u8::MAX] {
        let mut entry = store.entry("7");
        entry.record[CODEC] = codec;
        store.put(&key, &entry).await?;
        let kind = store.increment(&key, 1).await.map_err(|error| error.kind());
        same(kind, Err(ErrorKind::WrongType), format_args!("increment of what codec {codec} wrote"))?;
        store.has(&key, &entry, "after it was refused").await?;
    }
    Ok(())
}

async fn what_overflows_is_refused_and_left(store: Store) -> Outcome {
    let key = store.key("key");
    let cases = [(i64::MAX, 1), (i64::MAX - 5, 6), (i64::MIN, -1), (-2, i64::MIN), (2, i64::MAX), (i64::MIN, i64::MIN)];
    for (start, step) in cases {
        let entry = store.entry(start.to_string());
        store.put(&key, &entry).await?;
        let kind = store.increment(&key, step).await.map_err(|error| error.kind());
        same(kind, Err(ErrorKind::OutOfRange), format_args!("{start} and {step}"))?;
        store.has(&key, &entry, "after it was refused").await?;
    }
    Ok(())
}

async fn a_dead_counter_starts_anew(store: Store) -> Outcome {
    let key = store.key("key");
    store.put(&key, &store.entry("100")).await?;
    let later = store.knowing(Living { namespace: store.living.namespace ^ 1, ..store.living });
    same(later.increment(&key, 3).await?, 3, "over a counter of another epoch")?;
    later.has(&key, &later.entry("3"), "after that").await?;
    same(later.increment(&key, 3).await?, 6, "a second time")
}

async fn fifty_who_count_lose_nothing(store: Store) -> Outcome {
    const N: usize = 50;
    let key = store.key("key");
    let counting = (0..N).map(|_| {
        let (store, key) = (store.clone(), key.clone());
        async move {
            let mut seen = Vec::new();
            for _ in 0..20 {
                seen.push(store.increment(&key, 1).await?);
            }
            Ok(seen)
        }
    });
    let mut seen = store.face.all(counting).await?.concat();
    seen.sort_unstable();
    let expected: Vec<_> = (1..=20 * N as i64).collect();
    expect(seen == expected, "not every increment has answered a number of its own")?;
    stands_at(&store, &key, 20 * N as i64, "in the end").await
}

async fn a_counter_dies_at_its_own_deadline(store: Store) -> Outcome {
    let [key, other] = store.keys();
    store.put(&key, &store.entry_for("1", store.unit(), Timeout::ZERO)).await?;
    store.put(&other, &store.entry_for("1", Timeout::NEVER, Timeout::ZERO)).await?;
    same(store.increment(&key, 1).await?, 2, "1 and 1")?;
    same(store.increment_or(&other, 1, &store.entry_for("1", store.unit(), Timeout::ZERO)).await?, 2, "1 and 1")?;
    store.pass(1).await;
    store.has_nothing(&key, "past the deadline that it had").await?;
    let left = store.get(&other).await?.map(|fetched| fetched.left);
    same(left, Some(Left::Never), "what is left of one that never expires")
}

async fn an_expired_counter_starts_anew(store: Store) -> Outcome {
    let key = store.key("key");
    store.put(&key, &store.entry_for("100", store.unit(), Timeout::from_secs(60))).await?;
    store.pass(1).await;
    same(store.increment(&key, 3).await?, 3, "over an expired counter")?;
    store.has(&key, &store.entry("3"), "after that").await
}
