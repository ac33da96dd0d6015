//! How epochs are made and replaced, and that every verb asks them.

use std::collections::HashSet;

use super::checks;
use super::expect::{Outcome, expect, same};
use super::store::Store;
use crate::adapter::{Claim, Counted, EpochName, Living};
use crate::timeout::Timeout;

checks! {
    Ordinary:
        an_epoch_is_made_once_and_is_one_for_all
        of_fifty_first_readers_all_read_one_epoch
        epochs_of_different_names_differ
        renew_replaces_one_epoch_and_no_other
        every_verb_asks_the_epochs;
}

fn names(store: &Store, shard: u16) -> Vec<EpochName> {
    let templates = (0..3).map(|template| EpochName::template(shard, &store.namespace, template));
    std::iter::once(EpochName::namespace(shard, &store.namespace)).chain(templates).collect()
}

async fn an_epoch_is_made_once_and_is_one_for_all(store: Store) -> Outcome {
    for shard in 0..store.capability().shards {
        let names = names(&store, shard);
        let made = store.epochs(&names).await?;
        same(made.len(), names.len(), "as many answers as names")?;
        expect(!made.contains(&0), "an epoch is 0")?;
        same(&store.epochs(&names).await?, &made, "a second time")?;
        same(&store.elsewhere().epochs(&names).await?, &made, "elsewhere")?;
        let asked: Vec<_> = names.iter().rev().chain(&names).cloned().collect();
        let expected: Vec<_> = made.iter().rev().chain(&made).copied().collect();
        same(store.epochs(&asked).await?, expected, "in the order of the names")?;
    }
    Ok(())
}

async fn of_fifty_first_readers_all_read_one_epoch(store: Store) -> Outcome {
    for round in 0..5 {
        let names = names(&store.beside(format!("{}-{round}", store.namespace)), 0);
        let readers = (0..50).map(|number| {
            let store = if number % 2 == 0 { store.clone() } else { store.elsewhere() };
            let read = store.epochs(&names);
            async move { Ok(read.await?) }
        });
        let read: HashSet<_> = store.face.all(readers.collect::<Vec<_>>()).await?.into_iter().collect();
        same(read.len(), 1, "different answers to first readers")?;
    }
    Ok(())
}

async fn epochs_of_different_names_differ(store: Store) -> Outcome {
    let n_shards = store.capability().shards;
    let mut names: Vec<_> = (0..n_shards).flat_map(|shard| names(&store, shard)).collect();
    names.extend((0..n_shards).flat_map(|shard| self::names(&store.beside(format!("{}x", store.namespace)), shard)));
    let mut epochs = HashSet::new();
    // On each shard for itself, as a caller asks.
    for name in &names {
        epochs.extend(store.epochs(std::slice::from_ref(name)).await?);
    }
    same(epochs.len(), names.len(), "epochs of names that differ")
}

async fn renew_replaces_one_epoch_and_no_other(store: Store) -> Outcome {
    for shard in 0..store.capability().shards {
        let names = names(&store, shard);
        let mut epochs = store.epochs(&names).await?;
        for at in 0..names.len() {
            let renewed = store.renew(&names[at]).await?;
            expect(renewed != 0, "a renewed epoch is 0")?;
            expect(renewed != epochs[at], "a renewed epoch is the old one")?;
            epochs[at] = renewed;
            same(&store.epochs(&names).await?, &epochs, "after a renewal")?;
            same(&store.elsewhere().epochs(&names).await?, &epochs, "elsewhere, after a renewal")?;
        }
        let unseen = EpochName::template(shard, &store.namespace, 99);
        let renewed = store.renew(&unseen).await?;
        same(store.epochs(&[unseen]).await?, vec![renewed], "one that was renewed before it was read")?;
    }
    Ok(())
}

async fn every_verb_asks_the_epochs(store: Store) -> Outcome {
    let (namespace, template) = (store.living.namespace, store.living.template.unwrap_or_default());
    // What a record carries, what the caller knows, whether the one is alive to the other.
    let cases = [
        ((namespace, template), (namespace, Some(template)), true),
        ((namespace, template), (namespace, None), true),
        ((namespace, 0), (namespace, Some(template)), true),
        ((namespace, 0), (namespace, None), true),
        ((namespace, template), (namespace, Some(template ^ 1)), false),
        ((namespace, template), (namespace ^ (1 << 63), Some(template)), false),
        ((namespace, template), (namespace ^ 1, None), false),
        ((namespace, 0), (namespace ^ 1, Some(template)), false),
        ((namespace, template), (template, Some(namespace)), false),
    ];
    for (number, ((namespace, template), known, is_alive)) in cases.into_iter().enumerate() {
        let of = store.knowing(Living { namespace, template: (template != 0).then_some(template) });
        let store = store.knowing(Living { namespace: known.0, template: known.1 });
        let entry = of.entry("1");
        for verb in ["exists", "remove", "touch", "increment", "put if absent", "permit"] {
            let key = store.key(&format!("{number}:{verb}"));
            store.put(&key, &entry).await?;
            let seen = match verb {
                "exists" => store.exists(&key).await?,
                "remove" => store.remove(&[key]).await? == [true],
                "touch" => store.touch(&key, Timeout::from_secs(60), Timeout::ZERO).await?.is_some(),
                "increment" => match store.count(&key, 1).await? {
                    Counted::Sum(sum) => sum == 2,
                    Counted::Open(_) => known.1.is_none() && template != 0,
                },
                "put if absent" => !store.put_if_absent(&key, &entry).await?,
                _ => store.claim(&key, Claim::Shared, &[]).await?.token.is_none(),
            };
            let what =
                format_args!("does {verb} see a record of {} for who knows {:?}", of.living.namespace, store.living);
            same(seen, is_alive, format_args!("{what} (case {number})"))?;
        }
    }
    Ok(())
}
