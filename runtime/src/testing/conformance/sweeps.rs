//! Housekeeping and flushing: what goes, and what stays.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::checks;
use super::expect::{Outcome, Why, expect, same};
use super::store::Store;
use crate::adapter::{Entry, EpochName, Living, StoreKey, layout, random_epoch};

checks! {
    Ordinary:
        a_sweep_removes_the_dead_epochs_that_it_is_told
        a_sweep_removes_what_is_of_no_current_epoch_and_nothing_else
        a_sweep_keeps_what_is_stored_meanwhile
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

/// Two templates: one has an epoch, the other has none.
const TEMPLATES: [u64; 2] = [7, 8];

/// The current epochs on each shard, of the namespace and of the first template.
struct Current(Vec<[u64; 2]>);

impl Current {
    async fn read(store: &Store) -> Result<Self, Why> {
        let mut shards = Vec::new();
        for shard in 0..store.capability().shards {
            let namespace = &store.namespace;
            let names = [EpochName::namespace(shard, namespace), EpochName::template(shard, namespace, TEMPLATES[0])];
            let epochs = store.epochs(&names).await?;
            shards.push(epochs.try_into().map_err(|_| Why::new("other epochs than were asked for"))?);
        }
        Ok(Self(shards))
    }

    /// A key, and an entry under it of these epochs, of a template or of none; by that of `TEMPLATES[1]` one that no store has
    /// made.
    fn entry(&self, store: &Store, key: &str, template: Option<usize>) -> (StoreKey, Entry) {
        let key = store.key(key);
        let [namespace, own] = self.0[usize::from(store.shard(&key))];
        let template_epoch = template.map(|at| [own, random_epoch()][at]);
        let mut entry = store.knowing(Living { namespace, template: template_epoch }).entry("tea");
        entry.record[..layout::BEGINNING.len()].copy_from_slice(&layout::BEGINNING);
        entry.record[layout::TEMPLATE].copy_from_slice(&template.map_or(0, |at| TEMPLATES[at]).to_le_bytes());
        (key, entry)
    }
}

/// Of the namespace, or of the template that has one.
async fn renew(store: &Store, template: Option<u64>) -> Result<(), Why> {
    for shard in 0..store.capability().shards {
        let namespace = &store.namespace;
        let name = template
            .map_or_else(|| EpochName::namespace(shard, namespace), |one| EpochName::template(shard, namespace, one));
        store.renew(&name).await?;
    }
    Ok(())
}

async fn a_sweep_removes_what_is_of_no_current_epoch_and_nothing_else(store: Store) -> Outcome {
    const N: usize = 20;
    let mut keys = Vec::new();
    let mut put = async |kind: &str, template| {
        let (current, mut entries) = (Current::read(&store).await?, Vec::new());
        for number in 0..N {
            let (key, mut entry) = current.entry(&store, &format!("{kind}:{number}"), template);
            // What another program, or another release, has put there.
            entry.record[4] += u8::from(kind == "foreign");
            keys.push((kind.to_owned(), key.clone()));
            entries.push((key, entry));
        }
        store.put_many(entries).await.map_err(Why::from)
    };
    put("dead with its namespace", Some(0)).await?;
    put("by hand, and dead", None).await?;
    put("foreign", Some(0)).await?;
    renew(&store, None).await?;
    put("dead with its template", Some(0)).await?;
    renew(&store, Some(TEMPLATES[0])).await?;
    put("living", Some(0)).await?;
    put("by hand", None).await?;
    put("of a template without an epoch", Some(1)).await?;

    let n_swept = store.sweep(&[]).await?;
    let fetched = store.get_many(&keys.iter().map(|(_, key)| key.clone()).collect::<Vec<_>>()).await?;
    let mut n_left = BTreeMap::<&str, usize>::new();
    for ((kind, _), fetched) in keys.iter().zip(fetched) {
        *n_left.entry(kind).or_default() += usize::from(fetched.is_some());
    }
    let walks = store.capability().walks;
    for (kind, n_left) in n_left {
        let stays = !walks || ["living", "by hand", "foreign"].contains(&kind);
        same(n_left, if stays { N } else { 0 }, format_args!("left of what is {kind}"))?;
    }
    same(n_swept, if walks { 4 * N as u64 } else { 0 }, "swept of what nobody has told")
}

async fn a_sweep_keeps_what_is_stored_meanwhile(store: Store) -> Outcome {
    for round in 0..3 {
        let current = Current::read(&store).await?;
        let dead = (0..100).map(|number| current.entry(&store, &format!("dead:{number}"), None));
        store.put_many(dead.collect()).await?;
        renew(&store, None).await?;
        // It is on its way while the namespace is cleared once more, and filled with entries of epochs that are made meanwhile.
        let sweep = store.sweep(&[]);
        let fill = async {
            let mut keys = Vec::new();
            for cleared in [Some(TEMPLATES[0]), None, Some(TEMPLATES[0])] {
                renew(&store, cleared).await?;
                let current = Current::read(&store).await?;
                keys.clear();
                for number in 0..3 {
                    let (key, entry) = current.entry(&store, &format!("living:{round}:{number}"), Some(0));
                    store.put(&key, &entry).await?;
                    keys.push(key);
                }
            }
            Ok::<_, Why>(keys)
        };
        let (swept, keys) = both(sweep, fill).await;
        swept?;
        for key in keys? {
            expect(store.get(&key).await?.is_some(), "a sweep has taken away what was stored while it was on its way")?;
        }
    }
    Ok(())
}

/// Both at once.
async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|context| {
        if first.is_none() {
            first = ready(one.as_mut().poll(context));
        }
        if second.is_none() {
            second = ready(other.as_mut().poll(context));
        }
        if first.is_some() && second.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (first.expect("it is ready"), second.expect("it is ready"))
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
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
