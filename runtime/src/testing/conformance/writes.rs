//! What `put` and `put_many` replace, and what they leave.

use super::checks;
use super::expect::{Outcome, expect, same};
use super::store::Store;
use crate::adapter::Living;
use crate::timeout::Timeout;

checks! {
    Ordinary:
        a_put_replaces_the_whole_record
        if_absent_stores_only_where_nothing_is_live
        if_absent_sees_no_dead_entry
        of_a_hundred_that_store_if_absent_one_does
        many_that_are_put_replace_what_there_is;
    Waits:
        the_old_deadline_never_hits_the_new_value
        a_shorter_deadline_takes_the_place_of_never
        if_absent_sees_no_expired_entry;
}

async fn a_put_replaces_the_whole_record(store: Store) -> Outcome {
    let key = store.key("key");
    for payload in ["long as the first one is", "short", "", "longer again than all of those were"] {
        let entry = store.entry(payload);
        store.put(&key, &entry).await?;
        store.has(&key, &entry, "after a put over another").await?;
    }
    Ok(())
}

async fn if_absent_stores_only_where_nothing_is_live(store: Store) -> Outcome {
    let key = store.key("key");
    let (first, second) = (store.entry("first"), store.entry_for("second", Timeout::NEVER, Timeout::ZERO));
    expect(store.put_if_absent(&key, &first).await?, "it is not stored where nothing is")?;
    expect(!store.put_if_absent(&key, &second).await?, "it is stored over a live entry")?;
    store.has(&key, &first, "after the second").await?;
    store.remove(std::slice::from_ref(&key)).await?;
    expect(store.put_if_absent(&key, &second).await?, "it is not stored after a remove")?;
    store.has(&key, &second, "after the remove").await
}

async fn if_absent_sees_no_dead_entry(store: Store) -> Outcome {
    let key = store.key("key");
    store.put(&key, &store.entry("dead")).await?;
    let later = store.knowing(Living { namespace: store.living.namespace ^ 1, ..store.living });
    let entry = later.entry("new");
    expect(later.put_if_absent(&key, &entry).await?, "it is not stored over an entry of another epoch")?;
    later.has(&key, &entry, "after it was stored").await
}

async fn of_a_hundred_that_store_if_absent_one_does(store: Store) -> Outcome {
    for round in 0..5 {
        let key = store.key(&format!("key:{round}"));
        let entries: Vec<_> = (0..100).map(|number| store.entry(format!("entry {number}"))).collect();
        let puts = entries.iter().map(|entry| {
            let (put, seen) = (store.put_if_absent(&key, entry), store.exists(&key));
            async move { Ok((put.await?, seen.await?)) }
        });
        let answers = store.face.all(puts.collect::<Vec<_>>()).await?;
        expect(answers.iter().all(|(_, seen)| *seen), "one has been answered, and nothing is there")?;
        let winners: Vec<_> = (0..100).filter(|&number| answers[number].0).collect();
        same(winners.len(), 1, "winners of 100")?;
        store.has(&key, &entries[winners[0]], "the winner's").await?;
    }
    Ok(())
}

async fn many_that_are_put_replace_what_there_is(store: Store) -> Outcome {
    let keys: [_; 3] = store.keys();
    let old = store.entry_for("old", Timeout::NEVER, Timeout::ZERO);
    store.put(&keys[1], &old).await?;
    let entries = keys.clone().map(|key| (key.clone(), store.entry(key.as_str())));
    store.put_many(entries.to_vec()).await?;
    for (key, entry) in &entries {
        store.has(key, entry, "after put_many").await?;
    }
    Ok(())
}

async fn the_old_deadline_never_hits_the_new_value(store: Store) -> Outcome {
    let keys: [_; 3] = store.keys();
    let short = store.entry_for("old", store.unit(), Timeout::ZERO);
    for key in &keys {
        store.put(key, &short).await?;
    }
    let entries = [Timeout::from_secs(600), Timeout::NEVER, Timeout::from_secs(60)]
        .map(|timeout| store.entry_for("new", timeout, Timeout::ZERO));
    store.put(&keys[0], &entries[0]).await?;
    store.put(&keys[1], &entries[1]).await?;
    store.put_many(vec![(keys[2].clone(), entries[2].clone())]).await?;
    store.pass(2).await;
    for (key, entry) in keys.iter().zip(&entries) {
        store.has(key, entry, "past the old deadline").await?;
    }
    Ok(())
}

async fn a_shorter_deadline_takes_the_place_of_never(store: Store) -> Outcome {
    let key = store.key("key");
    store.put(&key, &store.entry_for("old", Timeout::NEVER, Timeout::ZERO)).await?;
    store.put(&key, &store.entry_for("new", store.unit(), Timeout::ZERO)).await?;
    store.pass(1).await;
    store.has_nothing(&key, "past the new deadline").await
}

async fn if_absent_sees_no_expired_entry(store: Store) -> Outcome {
    let key = store.key("key");
    store.put(&key, &store.entry_for("old", store.unit(), Timeout::from_secs(60))).await?;
    store.pass(1).await;
    let entry = store.entry("new");
    expect(store.put_if_absent(&key, &entry).await?, "it is not stored over an expired entry")?;
    store.has(&key, &entry, "after it was stored").await
}
