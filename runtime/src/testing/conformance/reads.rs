//! What `get` and `get_many` hand out, and when it is over.

use super::checks;
use super::expect::{Outcome, expect, is_record, same};
use super::store::Store;
use crate::adapter::Living;
use crate::timeout::Timeout;

checks! {
    Ordinary:
        what_is_absent_is_nothing_to_every_verb
        what_is_put_is_got
        an_entry_of_other_epochs_is_handed_out
        many_are_got_in_their_order
        many_of_none_is_none
        fifteen_hundred_are_put_and_got_at_once
        what_is_put_is_seen_elsewhere;
    Waits:
        an_expired_entry_is_handed_out_as_expired_until_its_grace_is_over
        an_entry_without_grace_is_gone_when_it_expires;
}

async fn what_is_absent_is_nothing_to_every_verb(store: Store) -> Outcome {
    let key = store.key("absent");
    store.has_nothing(&key, "get").await?;
    same(store.get_many(std::slice::from_ref(&key)).await?.len(), 1, "answers of get_many for one key")?;
    same(store.head(&key).await?, None, "the head of what is absent")?;
    same(store.touch(&key, store.unit(), Timeout::ZERO).await?, None, "touch of what is absent")?;
    same(store.take(std::slice::from_ref(&key)).await?, vec![None], "remove of what is absent")?;
    store.has_nothing(&key, "after all that").await
}

async fn what_is_put_is_got(store: Store) -> Outcome {
    let [key, other] = store.keys();
    let entry = store.entry("tea");
    expect(store.put(&key, &entry).await?, "put always stores, and says that it did not")?;
    store.has(&key, &entry, "after the put").await?;
    store.has(&key, &entry, "a second time").await?;
    expect(store.exists(&key).await?, "exists does not see a live entry")?;
    store.has_nothing(&other, "another key").await
}

async fn an_entry_of_other_epochs_is_handed_out(store: Store) -> Outcome {
    let key = store.key("key");
    let entry = store.entry("tea");
    store.put(&key, &entry).await?;
    let later = store.knowing(Living { namespace: store.living.namespace ^ 1, template: None });
    later.has(&key, &entry, "to a caller who knows another epoch").await
}

async fn many_are_got_in_their_order(store: Store) -> Outcome {
    let keys: [_; 5] = store.keys();
    let entries = keys.clone().map(|key| store.entry(key.as_str()));
    let stored = [0, 1, 3].map(|at| (keys[at].clone(), entries[at].clone()));
    store.put_many(stored.to_vec()).await?;
    let asked = [3, 4, 0, 2, 1, 3];
    let fetched = store.get_many(&asked.map(|at| keys[at].clone())).await?;
    same(fetched.len(), asked.len(), "as many answers as questions")?;
    for (at, fetched) in asked.into_iter().zip(fetched) {
        let is_there = fetched.as_ref().is_some_and(|fetched| is_record(fetched, &entries[at].record));
        same(is_there, at != 2 && at != 4, format_args!("is key {at} of {asked:?} answered by its record"))?;
    }
    Ok(())
}

async fn many_of_none_is_none(store: Store) -> Outcome {
    same(store.get_many(&[]).await?.len(), 0, "get_many of []")?;
    same(store.put_many(vec![]).await?, (), "put_many of []")?;
    same(store.remove(&[]).await?, vec![], "remove of []")?;
    same(store.epochs(&[]).await?, vec![], "epochs of []")
}

async fn fifteen_hundred_are_put_and_got_at_once(store: Store) -> Outcome {
    const N: usize = 1_500;
    let keys: Vec<_> = (0..N).map(|number| store.key(&format!("key:{number}"))).collect();
    let entries: Vec<_> = keys.iter().map(|key| store.entry(key.as_str().repeat(4))).collect();
    store.put_many(keys.iter().cloned().zip(entries.iter().cloned()).collect()).await?;
    let fetched = store.get_many(&keys).await?;
    let n_right = fetched.iter().zip(&entries).filter(|(fetched, entry)| {
        fetched.as_ref().is_some_and(|fetched| is_record(fetched, &entry.record) && fetched.left.is_live())
    });
    same(n_right.count(), N, "right answers")?;
    let removed = store.remove(&keys).await?;
    same(removed, vec![true; N], "all were live")?;
    same(store.get_many(&keys).await?, vec![None; N], "after the remove")
}

async fn what_is_put_is_seen_elsewhere(store: Store) -> Outcome {
    let key = store.key("key");
    let (entry, later) = (store.entry("tea"), store.entry("coffee"));
    let elsewhere = store.elsewhere();
    store.put(&key, &entry).await?;
    elsewhere.has(&key, &entry, "elsewhere").await?;
    elsewhere.put(&key, &later).await?;
    store.has(&key, &later, "back here").await?;
    same(elsewhere.remove(std::slice::from_ref(&key)).await?, vec![true], "remove elsewhere")?;
    store.has_nothing(&key, "after the remove elsewhere").await
}

async fn an_expired_entry_is_handed_out_as_expired_until_its_grace_is_over(store: Store) -> Outcome {
    let key = store.key("key");
    let entry = store.entry_for("tea", store.unit(), store.units(3));
    store.put(&key, &entry).await?;
    store.has(&key, &entry, "before its timeout").await?;
    store.pass(1).await;
    store.has_expired(&key, &entry, "past its timeout").await?;
    expect(!store.exists(&key).await?, "exists sees what has expired")?;
    store.pass(3).await;
    store.has_nothing(&key, "past its grace").await?;
    same(store.touch(&key, store.unit(), Timeout::ZERO).await?, None, "touch past the grace")
}

async fn an_entry_without_grace_is_gone_when_it_expires(store: Store) -> Outcome {
    let key = store.key("key");
    let entry = store.entry_for("tea", store.unit(), Timeout::ZERO);
    store.put(&key, &entry).await?;
    store.has(&key, &entry, "before its timeout").await?;
    store.pass(1).await;
    store.has_nothing(&key, "past its timeout").await
}
