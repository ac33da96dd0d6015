//! The matrix of timeouts: what is the same on every store, whatever its own can say.

use std::time::Duration;

use super::checks;
use super::expect::{Outcome, Why, expect, same};
use super::store::Store;
use crate::adapter::{Left, StoreKey};
use crate::timeout::Timeout;

checks! {
    Ordinary:
        long_timeouts_are_kept
        a_timeout_near_overflow_never_expires
        never_never_expires;
    Waits:
        the_shortest_timeouts_are_rounded_up_and_over_soon
        an_entry_lives_as_long_as_it_was_told
        a_month_passes_as_a_second_does;
}

const DAY: u64 = 24 * 60 * 60;

async fn left(store: &Store, key: &StoreKey) -> Outcome<Left> {
    let fetched = store.get(key).await?;
    Ok(fetched.ok_or_else(|| Why::new("nothing is there"))?.left)
}

async fn long_timeouts_are_kept(store: Store) -> Outcome {
    let key = store.key("key");
    // Around what memcached takes for a date, and what 32 bits hold of seconds and of milliseconds.
    let secs = [1, 60, 30 * DAY - 1, 30 * DAY, 30 * DAY + 1, 31 * DAY, 49 * DAY, 50 * DAY, 365 * DAY, 3650 * DAY];
    for secs in secs.into_iter().filter(|&secs| secs > 1) {
        let timeout = Timeout::from_secs(secs);
        for grace in [Timeout::ZERO, Timeout::from_secs(60), timeout] {
            let entry = store.entry_for("tea", timeout, grace);
            store.put(&key, &entry).await?;
            store.has(&key, &entry, "after a put").await?;
        }
        store.put(&key, &store.entry("tea")).await?;
        store.touch(&key, timeout, Timeout::from_secs(60)).await?;
        let left = left(&store, &key).await?;
        expect(store.is_left_of(left, timeout), format_args!("{left:?} is left after a touch to {timeout:?}"))?;
    }
    Ok(())
}

async fn a_timeout_near_overflow_never_expires(store: Store) -> Outcome {
    let key = store.key("key");
    let is_ages = |left| match left {
        Left::Never => true,
        Left::For(left) => left > Duration::from_secs(100 * 365 * DAY),
        Left::Expired => false,
    };
    let millis =
        [u64::MAX - 1, u64::MAX - 60_000, u64::MAX / 2 + 1, u64::MAX / 2, i64::MAX as u64 - 1, u64::MAX / 1000];
    for timeout in millis.map(Timeout::from_millis) {
        for grace in [Timeout::ZERO, Timeout::from_secs(60), timeout, Timeout::NEVER] {
            store.put(&key, &store.entry_for("tea", timeout, grace)).await?;
            let put = left(&store, &key).await?;
            expect(is_ages(put), format_args!("{put:?} is left after a put for {timeout:?} and {grace:?}"))?;
            store.put(&key, &store.entry("tea")).await?;
            store.touch(&key, timeout, grace).await?;
            let touched = left(&store, &key).await?;
            expect(is_ages(touched), format_args!("{touched:?} is left after a touch to {timeout:?} and {grace:?}"))?;
        }
    }
    Ok(())
}

async fn never_never_expires(store: Store) -> Outcome {
    let key = store.key("key");
    for grace in [Timeout::ZERO, Timeout::from_secs(60), Timeout::NEVER] {
        let entry = store.entry_for("tea", Timeout::NEVER, grace);
        store.put(&key, &entry).await?;
        same(left(&store, &key).await?, Left::Never, "left after a put")?;
        store.touch(&key, Timeout::NEVER, grace).await?;
        same(left(&store, &key).await?, Left::Never, "left after a touch")?;
        store.remove(std::slice::from_ref(&key)).await?;
        expect(store.put_if_absent(&key, &entry).await?, "nothing is there")?;
        same(left(&store, &key).await?, Left::Never, "left after a put if absent")?;
    }
    Ok(())
}

async fn the_shortest_timeouts_are_rounded_up_and_over_soon(store: Store) -> Outcome {
    let [put, touched] = store.keys();
    let step = store.capability().timeout_step;
    let millis = [1, 2, 999, 1001].map(Timeout::from_millis);
    for timeout in millis.into_iter().filter(|timeout| store.is_quick() || timeout.as_millis() < 10) {
        store.put(&put, &store.entry_for("tea", timeout, Timeout::ZERO)).await?;
        let seen = store.get(&put).await?;
        // A slow store may be past it already; a clock that is moved by hand cannot be.
        expect(seen.is_some() || !store.is_quick(), format_args!("put for {timeout:?}: gone at once"))?;
        let rounded = timeout.as_millis().next_multiple_of(step.as_millis().max(1) as u64);
        if let Some(Left::For(left)) = seen.map(|fetched| fetched.left) {
            expect(left <= Duration::from_millis(rounded), format_args!("{left:?} is left of {timeout:?}"))?;
        }
        store.put(&touched, &store.entry("tea")).await?;
        store.touch(&touched, timeout, Timeout::ZERO).await?;
        let late = if store.is_quick() { Duration::ZERO } else { Duration::from_millis(100) + step };
        store.pass_for(Duration::from_millis(rounded) + late).await;
        store.has_nothing(&put, "put for a moment, and that is over").await?;
        store.has_nothing(&touched, "touched to a moment, and that is over").await?;
    }
    Ok(())
}

async fn an_entry_lives_as_long_as_it_was_told(store: Store) -> Outcome {
    let key = store.key("key");
    let timeout = store.units(4);
    store.put(&key, &store.entry_for("tea", timeout, Timeout::ZERO)).await?;
    let whole = left(&store, &key).await?;
    store.pass(2).await;
    let half = left(&store, &key).await?;
    let (Left::For(whole), Left::For(half)) = (whole, half) else {
        return Err(Why::new(format_args!("of {timeout:?}, {whole:?} is left, and later {half:?}")));
    };
    let passed = store.units(2).as_duration().unwrap_or_default();
    let step = store.capability().timeout_step;
    expect(half + passed <= whole + step, format_args!("of {whole:?}, {half:?} is left after {passed:?}"))?;
    store.pass(2).await;
    store.has_nothing(&key, "past its timeout").await
}

async fn a_month_passes_as_a_second_does(store: Store) -> Outcome {
    if !store.is_quick() {
        return Ok(());
    }
    let [key, never] = store.keys();
    store.put(&key, &store.entry_for("tea", Timeout::from_secs(40 * DAY), Timeout::from_secs(DAY))).await?;
    store.put(&never, &store.entry_for("tea", Timeout::NEVER, Timeout::ZERO)).await?;
    store.pass_for(Duration::from_secs(39 * DAY)).await;
    let day = Left::For(Duration::from_secs(DAY));
    same(left(&store, &key).await?, day, "left of 40 days after 39")?;
    store.pass_for(Duration::from_secs(DAY)).await;
    same(left(&store, &key).await?, Left::Expired, "left of 40 days after 40")?;
    store.pass_for(Duration::from_secs(DAY)).await;
    store.has_nothing(&key, "after 41 days").await?;
    same(left(&store, &never).await?, Left::Never, "left of never after 41 days")
}
