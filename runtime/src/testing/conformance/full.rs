//! What a store says that is full for everything: that what was to be stored is too large for it, and that what was to be removed
//! was not, so that it is removed later.

use super::checks;
use super::expect::{Outcome, Why, expect, same};
use super::store::Store;
use crate::adapter::{Claim, EpochName, Living, Release};
use crate::error::{ErrorKind, Result};

checks! {
    Fills:
        what_a_full_store_cannot_keep_is_too_large
        what_a_full_store_cannot_remove_is_unavailable_or_gone
        an_epoch_that_a_full_store_cannot_renew_is_unavailable_or_another;
}

/// It may be kept after all, where something was evicted for it; then it is there.
async fn what_a_full_store_cannot_keep_is_too_large(store: Store) -> Outcome {
    let [key, other] = store.keys();
    let (old, new) = (store.entry("1"), store.entry("2"));
    store.put(&other, &old).await?;
    let token = store.permit(&key).await?;
    let unseen = EpochName::namespace(store.shard(&key), &store.namespace);
    store.fill_up(true);
    let filled = store.fill(&key, &new, token).await;
    let claimed = store.claim(&key, Claim::Fresh, &[]).await;
    let put = store.put(&other, &new).await;
    let put_many = store.put_many(vec![(key.clone(), new.clone())]).await;
    let counted = store.increment(&key, 1).await;
    let made = store.epochs(std::slice::from_ref(&unseen)).await;
    let found = store.get(&other).await;
    store.fill_up(false);
    too_large(&filled, "a fill")?;
    too_large(&claimed, "a claim")?;
    too_large(&put, "a put")?;
    too_large(&put_many, "a put_many")?;
    too_large(&counted, "an increment")?;
    too_large(&made, "an epoch that was not there")?;
    expect(found.is_ok(), "what stands in a full store cannot be read")?;
    if put.is_err() {
        return store.has(&other, &old, "after a put that a full store has refused").await;
    }
    store.has(&other, &new, "after a put that a full store has acknowledged").await
}

async fn what_a_full_store_cannot_remove_is_unavailable_or_gone(store: Store) -> Outcome {
    for verb in ["remove", "release", "sweep"] {
        let key = store.key(verb);
        let entry = store.entry("1");
        store.put(&key, &entry).await?;
        let later = store.knowing(Living { namespace: store.living.namespace ^ 1, ..store.living });
        let permit = later.permit(&key).await?;
        let dead = [store.living.namespace];
        store.fill_up(true);
        let removed = match verb {
            "remove" => store.remove(std::slice::from_ref(&key)).await.map(drop),
            "release" => store.release(&key, permit, Release::Remove).await.map(drop),
            _ => store.sweep(&dead).await.map(drop),
        };
        store.fill_up(false);
        unavailable(&removed, verb)?;
        match removed {
            Err(_) => store.has(&key, &entry, "after a removal that has failed").await?,
            Ok(()) if verb != "sweep" || store.capability().walks => {
                store.has_nothing(&key, "after a removal that was acknowledged").await?;
            }
            Ok(()) => {}
        }
        // There is room again.
        store.remove(std::slice::from_ref(&key)).await?;
        store.has_nothing(&key, "after a removal with room").await?;
    }
    Ok(())
}

async fn an_epoch_that_a_full_store_cannot_renew_is_unavailable_or_another(store: Store) -> Outcome {
    let shard = store.capability().shards - 1;
    let names = [EpochName::namespace(shard, &store.namespace), EpochName::template(shard, &store.namespace, 7)];
    let before = store.epochs(&names).await?;
    store.fill_up(true);
    let read = store.epochs(&names).await;
    let renewed = store.renew(&names[1]).await;
    store.fill_up(false);
    expect(read.is_ok_and(|read| read == before), "the epochs of a full store cannot be read")?;
    unavailable(&renewed, "a renewal")?;
    let after = store.epochs(&names).await?;
    same(after[0], before[0], "an epoch that was not renewed")?;
    let is_same = after[1] == before[1];
    same(is_same, renewed.is_err(), format_args!("after {renewed:?}, is the epoch the same"))
}

fn too_large<T>(answer: &Result<T>, what: &str) -> Outcome {
    says(answer, ErrorKind::TooLarge, what)
}

fn unavailable<T>(answer: &Result<T>, what: &str) -> Outcome {
    says(answer, ErrorKind::Unavailable, what)
}

/// It is done, or the error is of this kind.
fn says<T>(answer: &Result<T>, kind: ErrorKind, what: &str) -> Outcome {
    match answer {
        Err(error) if error.kind() != kind => {
            Err(Why::new(format_args!("{what} that has no room is {:?}, not {kind:?}", error.kind())))
        }
        _ => Ok(()),
    }
}
