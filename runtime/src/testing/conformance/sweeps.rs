//! Housekeeping and flushing: what goes, and what stays.

use super::checks;
use super::expect::{Outcome, Why, expect, same};
use super::store::Store;
use crate::adapter::{EpochName, Living};

checks! {
    Ordinary:
        a_sweep_removes_the_dead_epochs_that_it_is_told
        a_sweep_keeps_to_its_namespace
        a_sweep_of_nothing_removes_nothing;
    Flushes:
        a_flush_removes_everything;
}

/// The store for callers of three epochs.
fn generations(store: &Store) -> [Store; 3] {
    let namespace = store.living.namespace;
    [namespace, namespace ^ 1, namespace ^ 2].map(|namespace| store.knowing(Living { namespace, ..store.living }))
}

async fn a_sweep_removes_the_dead_epochs_that_it_is_told(store: Store) -> Outcome {
    const N: u64 = 300;
    let [first, second, living] = generations(&store);
    let template = store.living.namespace ^ 3;
    let by_template = living.knowing(Living { template: Some(template), ..living.living });
    let mut entries = Vec::new();
    for (name, store) in [("first", &first), ("second", &second), ("living", &living), ("template", &by_template)] {
        entries.extend((0..N).map(|number| (store.key(&format!("{name}:{number}")), store.entry(name))));
    }
    store.put_many(entries.clone()).await?;
    let n_swept = store.sweep(&[first.living.namespace, template]).await?;
    let keys: Vec<_> = entries.iter().map(|(key, _)| key.clone()).collect();
    let fetched = store.get_many(&keys).await?;
    let n_left = |name: &str| {
        let prefix = store.key(&format!("{name}:"));
        let there = keys
            .iter()
            .zip(&fetched)
            .filter(|(key, fetched)| key.as_str().starts_with(prefix.as_str()) && fetched.is_some());
        there.count() as u64
    };
    if store.capability().walks {
        same(n_swept, 2 * N, "swept")?;
        same([n_left("first"), n_left("template")], [0, 0], "left of two dead epochs")?;
    } else {
        same(n_swept, 0, "swept by a store that does not walk")?;
    }
    same([n_left("second"), n_left("living")], [N, N], "left of epochs that were not named")
}

async fn a_sweep_keeps_to_its_namespace(store: Store) -> Outcome {
    let namespace = store.namespace.to_string();
    let short = &namespace[..namespace.len() - 1];
    let neighbours = [format!("{namespace}bar"), format!("{namespace}:"), format!("{namespace}*"), short.into()];
    let neighbours = neighbours.map(|neighbour| store.beside(neighbour));
    let (key, entry) = (store.key("key"), store.entry("tea"));
    store.put(&key, &entry).await?;
    for neighbour in &neighbours {
        neighbour.put(&neighbour.key("key"), &entry).await?;
    }
    let strange = store.beside(format!("{short}?"));
    strange.sweep(&[store.living.namespace]).await?;
    store.has(&key, &entry, "after a sweep of a namespace with ? for its last character").await?;
    let n_swept = store.sweep(&[store.living.namespace]).await?;
    expect(n_swept <= 1, format_args!("{n_swept} are swept of one"))?;
    for neighbour in &neighbours {
        neighbour.has(&neighbour.key("key"), &entry, "a neighbour, after the sweep").await?;
    }
    Ok(())
}

async fn a_sweep_of_nothing_removes_nothing(store: Store) -> Outcome {
    let (key, entry) = (store.key("key"), store.entry("tea"));
    store.put(&key, &entry).await?;
    same(store.sweep(&[]).await?, 0, "swept of no epochs")?;
    same(store.sweep(&[store.living.namespace ^ 7]).await?, 0, "swept of an epoch that none carries")?;
    same(store.beside("nobody's").sweep(&[store.living.namespace]).await?, 0, "swept of an empty namespace")?;
    store.has(&key, &entry, "after the sweeps").await
}

async fn a_flush_removes_everything(store: Store) -> Outcome {
    let other = store.beside("another");
    let keys = [store.key("key"), other.key("key"), store.key("computed")];
    let entry = store.entry("tea");
    for key in &keys[..2] {
        store.put(key, &entry).await?;
    }
    let names = [EpochName::namespace(0, &store.namespace)];
    let before = store.epochs(&names).await?;
    let token = store.permit(&keys[2]).await?;
    store.flush().await?;
    for key in &keys {
        store.has_nothing(key, "after the flush").await?;
    }
    expect(!store.fill(&keys[2], &entry, token).await?, "a permit outlives a flush")?;
    let after = store.epochs(&names).await?;
    expect(after != before && !after.contains(&0), "an epoch outlives a flush")?;
    store.flush().await.map_err(|error| Why::new(format_args!("a flush of nothing: {error}")))?;
    store.put(&keys[0], &entry).await?;
    store.has(&keys[0], &entry, "put after the flush").await
}
