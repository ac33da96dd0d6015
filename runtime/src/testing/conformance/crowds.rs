//! Many at once: no answer reaches another caller, and no reader sees what no order of the calls explains.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use super::checks;
use super::expect::{Outcome, Why, expect, payload};
use super::face::step_back;
use super::store::Store;
use crate::adapter::Claim;
use crate::testing::dice::Dice;
use crate::timeout::Timeout;

checks! {
    Ordinary:
        calls_that_are_dropped_half_way_disturb_no_other
        every_read_is_explained_by_the_writes;
}

/// Polls so often, and then drops it.
async fn given_up_after<T>(n_polls: u64, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut n_left = n_polls;
    poll_fn(|context| {
        if n_left == 0 {
            return Poll::Ready(None);
        }
        n_left -= 1;
        if n_left == 0 {
            // The last poll: what is pending then is given up in the next turn.
            context.waker().wake_by_ref();
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}

async fn calls_that_are_dropped_half_way_disturb_no_other(store: Store) -> Outcome {
    let keys: Vec<_> = (0..40).map(|number| store.key(&format!("key:{number}"))).collect();
    let text = |number: usize| format!("value {number}").repeat(1 + number * 20);
    let entries = keys.iter().enumerate().map(|(number, key)| (key.clone(), store.entry(text(number))));
    store.put_many(entries.collect()).await?;
    let works = (0..50).map(|seed| {
        let (store, keys) = (store.clone(), keys.clone());
        async move {
            let mut dice = Dice::new(seed);
            for _ in 0..40 {
                let at = dice.below(keys.len() as u64) as usize;
                let get = store.get(&keys[at]);
                let got = if dice.below(2) == 0 { Some(get.await) } else { given_up_after(dice.below(4), get).await };
                if let Some(fetched) = got {
                    let fetched = fetched?.ok_or_else(|| Why::new("nothing is there"))?;
                    expect(fetched.record.ends_with(text(at).as_bytes()), "another key's value")?;
                    let length = text(at).len() + crate::adapter::layout::PAYLOAD;
                    expect(fetched.record.len() == length, "a value of another length")?;
                }
            }
            Ok(())
        }
    });
    store.face.all(works).await.map(drop)
}

/// A key that one task writes and all read. Its versions count up; an odd one is put, an even one removed.
#[derive(Default)]
struct Watched {
    begun: AtomicU64,
    done: AtomicU64,
}

async fn every_read_is_explained_by_the_writes(store: Store) -> Outcome {
    const N: usize = 8;
    let watched: Arc<[Watched; N]> = Arc::default();
    let works = (0..2 * N).map(|number| {
        let (store, watched) = (store.clone(), Arc::clone(&watched));
        async move {
            let mut dice = Dice::new(number as u64);
            for _ in 0..60 {
                if number < N {
                    write(&store, number, &watched[number], &mut dice).await?;
                }
                let at = dice.below(N as u64) as usize;
                read(&store, at, &watched[at], &mut dice).await?;
            }
            Ok(())
        }
    });
    store.face.all(works).await.map(drop)
}

async fn write(store: &Store, number: usize, watched: &Watched, dice: &mut Dice) -> Outcome {
    let key = store.key(&number.to_string());
    let version = watched.begun.fetch_add(1, Ordering::SeqCst) + 1;
    if version.is_multiple_of(2) {
        store.remove(&[key]).await?;
    } else {
        let entry = store.entry(format!("{number} {version}"));
        match dice.below(4) {
            0 => expect(store.put_if_absent(&key, &entry).await?, "only its writer puts it, and it has removed it")?,
            1 => store.put_many(vec![(key, entry)]).await?,
            2 => {
                let token = store.claim(&key, Claim::Shared, &[]).await?.token;
                let token = token.ok_or_else(|| Why::new("no permit after a remove"))?;
                step_back().await;
                expect(store.fill(&key, &entry, token).await?, "nobody has voided the permit")?;
            }
            _ => expect(store.put(&key, &entry).await?, "put always stores")?,
        }
    }
    watched.done.store(version, Ordering::SeqCst);
    Ok(())
}

async fn read(store: &Store, number: usize, watched: &Watched, dice: &mut Dice) -> Outcome {
    let key = store.key(&number.to_string());
    let earliest = watched.done.load(Ordering::SeqCst);
    let fetched = match dice.below(3) {
        0 => store.get_many(&[key]).await?.pop().flatten(),
        1 => store.touch(&key, Timeout::from_secs(300), Timeout::ZERO).await?,
        _ => store.get(&key).await?,
    };
    let latest = watched.begun.load(Ordering::SeqCst);
    let Some(fetched) = fetched else {
        let could_be_absent = earliest.is_multiple_of(2) || latest > earliest;
        return expect(could_be_absent, format_args!("version {earliest} of key {number} is not there"));
    };
    let text = payload(&fetched.record);
    let version = text.strip_prefix(&format!("{number} ")).and_then(|version| version.parse().ok()).unwrap_or(0);
    let is_explained = (earliest..=latest).contains(&version) && version % 2 == 1;
    expect(is_explained, format_args!("{text:?} under key {number}, whose versions are {earliest} to {latest}"))
}
