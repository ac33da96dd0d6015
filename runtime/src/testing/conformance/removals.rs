//! What `remove` takes away, and what it says of it.

use super::checks;
use super::expect::{Outcome, expect, same};
use super::store::Store;
use crate::adapter::layout;
use crate::timeout::Timeout;

checks! {
    Ordinary:
        remove_says_for_each_key_in_order_whether_it_was_live
        a_key_that_is_named_twice_counts_once
        a_damaged_record_can_be_removed
        of_twenty_that_remove_one_key_one_does;
    Waits:
        an_expired_entry_is_removed_and_was_not_live;
}

async fn remove_says_for_each_key_in_order_whether_it_was_live(store: Store) -> Outcome {
    let keys: [_; 5] = store.keys();
    for at in [0, 2, 3] {
        store.put(&keys[at], &store.entry("tea")).await?;
    }
    let asked = [3, 0, 1].map(|at| keys[at].clone());
    same(store.remove(&asked).await?, vec![true, true, false], "live, live, absent")?;
    for key in &asked {
        store.has_nothing(key, "a removed key").await?;
    }
    store.has(&keys[2], &store.entry("tea"), "a key that was not named").await?;
    same(store.remove(&asked).await?, vec![false; 3], "a second time")
}

async fn a_key_that_is_named_twice_counts_once(store: Store) -> Outcome {
    let [key, other] = store.keys();
    store.put(&key, &store.entry("tea")).await?;
    let asked = [key.clone(), other, key.clone(), key];
    let n_live = store.remove(&asked).await?.into_iter().filter(|was_live| *was_live).count();
    same(n_live, 1, "live ones of one that was named three times")
}

async fn a_damaged_record_can_be_removed(store: Store) -> Outcome {
    let key = store.key("key");
    let whole = store.entry("a payload that will not be whole");
    for length in [layout::GRACE.end, layout::PAYLOAD - 1, layout::PAYLOAD, layout::PAYLOAD + 3] {
        let mut damaged = whole.clone();
        damaged.record.truncate(length);
        damaged.record[layout::GRACE.end..].fill(0xEE);
        store.put(&key, &damaged).await?;
        store.has(&key, &damaged, "a damaged record").await?;
        expect(store.exists(&key).await?, format_args!("exists does not see a live record cut to {length} bytes"))?;
        same(store.remove(std::slice::from_ref(&key)).await?, vec![true], format_args!("one cut to {length} bytes"))?;
        store.has_nothing(&key, "after the remove").await?;
    }
    Ok(())
}

async fn of_twenty_that_remove_one_key_one_does(store: Store) -> Outcome {
    let key = store.key("key");
    store.put(&key, &store.entry("tea")).await?;
    let removes = (0..20).map(|_| {
        let remove = store.remove(std::slice::from_ref(&key));
        async move { Ok(remove.await?) }
    });
    let answers = store.face.all(removes.collect::<Vec<_>>()).await?;
    same(answers.concat().into_iter().filter(|was_live| *was_live).count(), 1, "removes that met it live")
}

async fn an_expired_entry_is_removed_and_was_not_live(store: Store) -> Outcome {
    let key = store.key("key");
    let entry = store.entry_for("old", store.unit(), Timeout::from_secs(60));
    store.put(&key, &entry).await?;
    store.pass(1).await;
    store.has_expired(&key, &entry, "in its grace").await?;
    same(store.remove(std::slice::from_ref(&key)).await?, vec![false], "remove of an expired entry")?;
    store.has_nothing(&key, "after the remove").await
}
