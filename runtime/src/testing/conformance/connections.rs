//! Connecting and closing: both as often as one likes, and neither ever needed.

use super::checks;
use super::expect::{Outcome, expect, same};
use super::store::Store;

checks! {
    Ordinary:
        connect_and_close_are_idempotent
        every_verb_works_after_a_close
        a_close_amid_calls_gives_no_wrong_answer
        what_it_is_does_not_change;
}

async fn connect_and_close_are_idempotent(store: Store) -> Outcome {
    for _ in 0..2 {
        store.connect().await?;
        store.connect().await?;
        store.close().await?;
        store.close().await?;
    }
    store.connect().await?;
    let (key, entry) = (store.key("key"), store.entry("tea"));
    store.put(&key, &entry).await?;
    store.has(&key, &entry, "after all that").await
}

async fn every_verb_works_after_a_close(store: Store) -> Outcome {
    let [key, other, counter] = store.keys();
    let entry = store.entry("tea");
    store.close().await?;
    store.put(&key, &entry).await?;
    store.close().await?;
    store.has(&key, &entry, "get after a close").await?;
    store.close().await?;
    store.put_many(vec![(other.clone(), entry.clone())]).await?;
    store.close().await?;
    same(store.get_many(std::slice::from_ref(&other)).await?.iter().flatten().count(), 1, "get_many after a close")?;
    store.close().await?;
    expect(store.exists(&key).await?, "exists after a close")?;
    store.close().await?;
    expect(store.touch(&key, entry.timeout, entry.grace).await?.is_some(), "touch after a close")?;
    store.close().await?;
    same(store.increment(&counter, 2).await?, 2, "increment after a close")?;
    store.close().await?;
    same(store.remove(&[key.clone(), other]).await?, vec![true, true], "remove after a close")?;
    store.close().await?;
    let token = store.permit(&key).await?;
    expect(store.fill(&key, &entry, token).await?, "permit after a close, and its fill")?;
    store.close().await?;
    store.sweep(&[1]).await?;
    store.has(&key, &entry, "in the end").await
}

/// A call that is under way when its connection is closed may fail. It may not be answered by another's answer.
async fn a_close_amid_calls_gives_no_wrong_answer(store: Store) -> Outcome {
    let keys: [_; 8] = store.keys();
    for key in &keys {
        store.put(key, &store.entry(key.as_str())).await?;
    }
    let works = (0..16).map(|number| {
        let (store, key) = (store.clone(), keys[number % keys.len()].clone());
        async move {
            for _ in 0..50 {
                if number == 0 {
                    store.close().await?;
                } else if let Ok(fetched) = store.get(&key).await {
                    let is_right = fetched.is_some_and(|fetched| fetched.record.ends_with(key.as_str().as_bytes()));
                    expect(is_right, "another key's answer, or none")?;
                }
            }
            Ok(())
        }
    });
    store.face.all(works).await?;
    store.has(&keys[0], &store.entry(keys[0].as_str()), "after the closes").await
}

async fn what_it_is_does_not_change(store: Store) -> Outcome {
    let capability = store.capability();
    expect(capability.shards >= 1, "a store of no shards")?;
    expect(!capability.timeout_step.is_zero(), "timeouts in steps of 0")?;
    for number in 0..100 {
        let key = store.key(&number.to_string());
        let shard = store.shard(&key);
        expect(shard < capability.shards, format_args!("{key:?} lies on shard {shard} of {}", capability.shards))?;
        same(store.shard(&key), shard, "its shard, a second time")?;
        same(store.elsewhere().shard(&key), shard, "its shard, elsewhere")?;
    }
    store.close().await?;
    same(store.capability(), capability, "after a close")
}
