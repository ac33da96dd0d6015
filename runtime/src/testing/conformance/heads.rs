//! What `head` and `remove` tell of an entry, and that `increment` tells the same where it must not count.

use super::checks;
use super::expect::{Outcome, Why, expect, same};
use super::store::Store;
use crate::adapter::{Claim, Counted, Entry, Head, Left, Living, StoreKey, layout};
use crate::timeout::Timeout;

checks! {
    Ordinary:
        a_head_says_how_long_an_entry_lives_and_whose_it_is
        a_head_is_told_whatever_epochs_live
        a_head_follows_what_is_stored
        what_is_removed_leaves_its_head
        what_is_too_short_for_a_head_has_none_and_is_removed
        what_is_open_is_not_counted_and_left;
    Waits:
        what_has_expired_has_a_head_that_says_so;
}

/// Is it the head of `entry`, with its whole timeout before it?
fn is_of(store: &Store, head: Option<Head>, entry: &Entry, what: &str) -> Outcome {
    let head = head.ok_or_else(|| Why::new(format_args!("{what}: there is no head")))?;
    same(Some(head), Head::of(&entry.record, head.left), what)?;
    expect(store.is_left_of(head.left, entry.timeout), format_args!("{what}: {:?} is left", head.left))
}

/// Entries of a template, of none, and of one that never expires.
fn entries(store: &Store) -> [Entry; 3] {
    let of_none = store.knowing(Living { template: None, ..store.living });
    [store.entry("tea"), of_none.entry("tea"), store.entry_for("tea", Timeout::NEVER, Timeout::ZERO)]
}

async fn a_head_says_how_long_an_entry_lives_and_whose_it_is(store: Store) -> Outcome {
    for (number, entry) in entries(&store).iter().enumerate() {
        let key = store.key(&format!("key:{number}"));
        store.put(&key, entry).await?;
        is_of(&store, store.head(&key).await?, entry, "after the put")?;
        is_of(&store, store.elsewhere().head(&key).await?, entry, "elsewhere")?;
        store.has(&key, entry, "after all that").await?;
    }
    same(store.head(&store.key("absent")).await?, None, "the head of what is absent")
}

async fn a_head_is_told_whatever_epochs_live(store: Store) -> Outcome {
    let [one, other] = store.keys();
    let dead = store.knowing(Living { namespace: store.living.namespace ^ 1, template: Some(1) }).entry("dead");
    for key in [&one, &other] {
        store.put(key, &dead).await?;
    }
    is_of(&store, store.head(&one).await?, &dead, "of a dead entry")?;
    let removed = store.take(&[one.clone(), other]).await?;
    same(removed.len(), 2, "as many answers as keys")?;
    for head in removed {
        is_of(&store, head, &dead, "of a dead entry that was removed")?;
    }
    store.has_nothing(&one, "after a dead entry was removed").await
}

async fn a_head_follows_what_is_stored(store: Store) -> Outcome {
    let key = store.key("key");
    for entry in entries(&store) {
        store.put(&key, &entry).await?;
        is_of(&store, store.head(&key).await?, &entry, "after another put")?;
    }
    let timeout = Timeout::from_secs(1000);
    let touched = store.entry_for("tea", timeout, Timeout::ZERO);
    store.touch(&key, timeout, Timeout::ZERO).await?;
    is_of(&store, store.head(&key).await?, &touched, "after a touch")?;
    let counter = store.entry("41");
    store.put(&key, &counter).await?;
    store.increment(&key, 1).await?;
    is_of(&store, store.head(&key).await?, &counter, "after an increment")
}

async fn what_is_removed_leaves_its_head(store: Store) -> Outcome {
    let keys: [StoreKey; 5] = store.keys();
    let entries = entries(&store);
    for (key, entry) in keys.iter().zip(&entries) {
        store.put(key, entry).await?;
    }
    let asked = [2, 3, 0, 1, 2].map(|at| keys[at].clone());
    let heads = store.take(&asked).await?;
    same(heads.len(), asked.len(), "as many answers as keys")?;
    for (answer, entry) in [(0, 2), (2, 0), (3, 1)] {
        is_of(&store, heads[answer], &entries[entry], "of what was removed")?;
    }
    same([heads[1], heads[4]], [None; 2], "of what is absent, and of what was removed just before")?;
    same(store.take(&asked).await?, vec![None; 5], "a second time")
}

async fn what_is_too_short_for_a_head_has_none_and_is_removed(store: Store) -> Outcome {
    let key = store.key("key");
    let whole = store.entry("tea");
    for length in [layout::HEAD.end, layout::TEMPLATE_EPOCH.end, layout::TEMPLATE.end - 1] {
        let mut short = whole.clone();
        short.record.truncate(length);
        store.put(&key, &short).await?;
        same(store.head(&key).await?, None, format_args!("the head of {length} bytes"))?;
        expect(store.put_if_absent(&key, &whole).await?, format_args!("{length} bytes are in the way"))?;
        store.put(&key, &short).await?;
        same(store.take(std::slice::from_ref(&key)).await?, vec![None], format_args!("removed, of {length} bytes"))?;
        store.has_nothing(&key, "after the remove").await?;
    }
    Ok(())
}

/// Who asks knows no template, and the entry is of one.
async fn what_is_open_is_not_counted_and_left(store: Store) -> Outcome {
    let by_hand = store.knowing(Living { template: None, ..store.living });
    for payload in ["41", "tea", "9223372036854775807"] {
        let key = store.key(payload);
        let entry = store.entry(payload);
        store.put(&key, &entry).await?;
        let token = store.claim(&key, Claim::Fresh, &[]).await?.token;
        let token = token.ok_or_else(|| Why::new("no permit for a fresh claim"))?;
        let Counted::Open(head) = by_hand.count(&key, 1).await? else {
            return Err(Why::new(format_args!("{payload:?} was counted for who knows no template")));
        };
        is_of(&store, Some(head), &entry, "of what was not counted")?;
        store.has(&key, &entry, "after it was not counted").await?;
        expect(store.fill(&key, &entry, token).await?, "a permit is void after nothing was counted")?;
        let later = store.knowing(Living { template: Some(7), ..store.living });
        same(later.increment(&key, 5).await?, 5, "by another epoch of its template")?;
    }
    let key = store.key("own");
    same([by_hand.increment(&key, 5).await?, by_hand.increment(&key, 5).await?], [5, 10], "of no template")
}

async fn what_has_expired_has_a_head_that_says_so(store: Store) -> Outcome {
    let [key, other] = store.keys();
    let entry = store.entry_for("41", store.unit(), store.units(3));
    for key in [&key, &other] {
        store.put(key, &entry).await?;
    }
    store.pass(1).await;
    let expired = Head::of(&entry.record, Left::Expired);
    same(store.head(&key).await?, expired, "in its grace")?;
    same(store.take(std::slice::from_ref(&other)).await?, vec![expired], "removed in its grace")?;
    store.pass(3).await;
    same(store.head(&key).await?, None, "past its grace")?;
    same(store.take(std::slice::from_ref(&key)).await?, vec![None], "removed past its grace")
}
