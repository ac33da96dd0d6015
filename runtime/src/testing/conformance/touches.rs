//! What `touch` moves, and what it leaves as it is.

use super::checks;
use super::expect::{Outcome, Why, expect, is_record, same};
use super::store::Store;
use crate::adapter::{Entry, Left, Living, StoreKey};
use crate::timeout::Timeout;

checks! {
    Ordinary:
        touch_moves_the_deadline_and_hands_the_value_out
        touch_never_makes_an_entry
        touch_sees_no_dead_entry
        touch_keeps_every_byte;
    Waits:
        touch_revives_an_expired_entry
        touch_shortens_too
        touch_moves_the_grace_along;
}

/// Touches what must be there, and checks what is handed out.
async fn touch(store: &Store, key: &StoreKey, entry: &Entry, timeout: Timeout, grace: Timeout) -> Outcome {
    let touched = store.touch(key, timeout, grace).await?;
    let fetched = touched.ok_or_else(|| Why::new("touch finds nothing"))?;
    expect(is_record(&fetched, &entry.record), "touch hands out another record")?;
    let left = fetched.left;
    expect(store.is_left_of(left, timeout), format_args!("touch to {timeout:?} says that {left:?} is left"))?;
    let moved = Entry { timeout, ..entry.clone() };
    store.has(key, &moved, "after the touch").await
}

async fn touch_moves_the_deadline_and_hands_the_value_out(store: Store) -> Outcome {
    let key = store.key("key");
    let entry = store.entry("tea");
    store.put(&key, &entry).await?;
    for timeout in [Timeout::from_secs(3000), Timeout::from_secs(30), Timeout::NEVER, Timeout::from_secs(300)] {
        touch(&store, &key, &entry, timeout, Timeout::from_secs(60)).await?;
        touch(&store, &key, &entry, timeout, Timeout::ZERO).await?;
    }
    expect(store.exists(&key).await?, "after all that it is not live")
}

async fn touch_never_makes_an_entry(store: Store) -> Outcome {
    let key = store.key("key");
    same(store.touch(&key, Timeout::NEVER, Timeout::ZERO).await?, None, "touch of what is absent")?;
    store.put(&key, &store.entry("tea")).await?;
    store.remove(std::slice::from_ref(&key)).await?;
    same(store.touch(&key, Timeout::NEVER, Timeout::ZERO).await?, None, "touch of what is removed")?;
    store.permit(&key).await?;
    same(store.touch(&key, Timeout::NEVER, Timeout::ZERO).await?, None, "touch of what is being computed")?;
    store.has_nothing(&key, "after the touches").await
}

async fn touch_sees_no_dead_entry(store: Store) -> Outcome {
    let key = store.key("key");
    let entry = store.entry("dead");
    store.put(&key, &entry).await?;
    let later = store.knowing(Living { namespace: store.living.namespace ^ 1, ..store.living });
    same(later.touch(&key, Timeout::NEVER, Timeout::ZERO).await?, None, "touch of a dead entry")?;
    let left = store.get(&key).await?.map(|fetched| fetched.left);
    expect(left != Some(Left::Never), "the deadline of a dead entry has been moved")
}

async fn touch_keeps_every_byte(store: Store) -> Outcome {
    let key = store.key("key");
    let bytes: Vec<u8> = (0..10_000_usize).map(|at| (at * at / 7) as u8).collect();
    let entry = store.entry(bytes);
    store.put(&key, &entry).await?;
    touch(&store, &key, &entry, Timeout::from_secs(60), Timeout::from_secs(5)).await?;
    touch(&store, &key, &entry, Timeout::NEVER, Timeout::NEVER).await
}

async fn touch_revives_an_expired_entry(store: Store) -> Outcome {
    let keys: [_; 2] = store.keys();
    let entry = store.entry_for("old", store.unit(), Timeout::from_secs(60));
    for key in &keys {
        store.put(key, &entry).await?;
    }
    store.pass(1).await;
    store.has_expired(&keys[0], &entry, "in its grace").await?;
    touch(&store, &keys[0], &entry, Timeout::from_secs(300), Timeout::ZERO).await?;
    touch(&store, &keys[1], &entry, Timeout::NEVER, Timeout::ZERO).await?;
    expect(store.exists(&keys[0]).await?, "revived, and exists does not see it")?;
    store.pass(2).await;
    store.has(&keys[0], &Entry { timeout: Timeout::from_secs(300), ..entry.clone() }, "later").await
}

async fn touch_shortens_too(store: Store) -> Outcome {
    let keys: [_; 2] = store.keys();
    let entries =
        [Timeout::NEVER, Timeout::from_secs(300)].map(|timeout| store.entry_for("tea", timeout, Timeout::ZERO));
    for (key, entry) in keys.iter().zip(&entries) {
        store.put(key, entry).await?;
        touch(&store, key, entry, store.unit(), Timeout::ZERO).await?;
    }
    store.pass(1).await;
    for key in &keys {
        store.has_nothing(key, "past the deadline that touch set").await?;
    }
    Ok(())
}

async fn touch_moves_the_grace_along(store: Store) -> Outcome {
    let [longer, shorter, none] = store.keys();
    let entry = store.entry_for("tea", store.unit(), store.unit());
    for key in [&longer, &shorter, &none] {
        store.put(key, &entry).await?;
    }
    touch(&store, &longer, &entry, store.units(2), Timeout::from_secs(60)).await?;
    touch(&store, &shorter, &entry, store.units(2), store.units(2)).await?;
    touch(&store, &none, &entry, store.units(2), Timeout::ZERO).await?;
    store.pass(2).await;
    store.has_expired(&longer, &entry, "past its timeout, in the grace that touch gave").await?;
    store.has_expired(&shorter, &entry, "past its timeout, in a short grace").await?;
    store.has_nothing(&none, "past its timeout, with no grace").await?;
    store.pass(2).await;
    store.has_expired(&longer, &entry, "long in its grace").await?;
    store.has_nothing(&shorter, "past its grace").await
}
