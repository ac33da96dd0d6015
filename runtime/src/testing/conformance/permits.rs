//! When a fill is stored: while its token is in the store, and never otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::checks;
use super::expect::{Outcome, Why, expect, is_record, payload, same};
use super::face::step_back;
use super::store::Store;
use crate::adapter::{Claim, EpochName, Living, StoreKey, Token};
use crate::timeout::Timeout;

checks! {
    Ordinary:
        a_permit_fills_once
        absence_refuses
        a_shared_permit_is_one_and_the_first_fill_wins
        a_fresh_permit_voids_the_older
        every_change_voids_a_permit
        what_changes_nothing_voids_no_permit
        a_live_entry_is_handed_out_and_no_permit
        a_fresh_claim_gives_a_permit_over_a_live_entry
        a_dead_entry_gives_a_permit_and_the_fill_replaces_it
        a_permit_tells_the_epochs_of_its_groups
        a_permit_is_no_entry
        a_permit_voided_elsewhere_is_void
        of_fifty_fills_by_one_permit_one_is_stored
        a_clear_beats_every_fill;
    Waits:
        an_expired_entry_gives_a_permit_and_the_fill_replaces_it
        a_permit_lasts_its_lifetime_and_no_longer;
}

async fn a_permit_fills_once(store: Store) -> Outcome {
    let key = store.key("key");
    let (first, second) = (store.entry("first"), store.entry("second"));
    let token = store.permit(&key).await?;
    expect(store.fill(&key, &first, token).await?, "a good permit is refused")?;
    store.has(&key, &first, "after the fill").await?;
    expect(!store.fill(&key, &second, token).await?, "a used permit fills again")?;
    store.has(&key, &first, "after the second fill").await
}

async fn absence_refuses(store: Store) -> Outcome {
    let [key, other] = store.keys();
    let entry = store.entry("tea");
    expect(!store.fill(&key, &entry, Token::random()).await?, "a token that nobody took fills")?;
    expect(!store.fill(&key, &entry, Token::new([0; 16])).await?, "a token of zeros fills")?;
    let token = store.permit(&key).await?;
    expect(!store.fill(&other, &entry, token).await?, "a permit fills another key")?;
    expect(!store.fill(&key, &entry, Token::random()).await?, "another token fills where one is taken")?;
    store.has_nothing(&key, "after all that").await?;
    expect(store.fill(&key, &entry, token).await?, "wrong tokens have voided the right one")
}

async fn a_shared_permit_is_one_and_the_first_fill_wins(store: Store) -> Outcome {
    for (name, first, second) in [("earlier", 0, 1), ("later", 1, 0)] {
        let key = store.key(name);
        let sharing = [store.clone(), store.elsewhere()];
        let tokens = [sharing[0].permit(&key).await?, sharing[1].permit(&key).await?];
        let entry = store.entry("first");
        let stored = sharing[first].fill(&key, &entry, tokens[first]).await?;
        expect(stored, format_args!("the {name} of two who share is refused"))?;
        let stored = sharing[second].fill(&key, &store.entry("second"), tokens[second]).await?;
        expect(!stored, "both of two who share have filled")?;
        store.has(&key, &entry, "after both").await?;
    }
    Ok(())
}

async fn a_fresh_permit_voids_the_older(store: Store) -> Outcome {
    let key = store.key("key");
    let older = store.permit(&key).await?;
    let fresh = store.claim(&key, Claim::Fresh, &[]).await?.token.ok_or_else(|| Why::new("no fresh permit"))?;
    let entry = store.entry("new");
    expect(!store.fill(&key, &store.entry("old"), older).await?, "the older permit fills")?;
    expect(store.fill(&key, &entry, fresh).await?, "the fresh permit is refused")?;
    store.has(&key, &entry, "after both").await
}

async fn every_change_voids_a_permit(store: Store) -> Outcome {
    let entry = store.entry("1");
    for change in ["remove", "remove of two", "put", "put_many", "put if absent", "increment", "flight of another"] {
        let [key, other] = [store.key(&format!("{change}:key")), store.key("other")];
        let token = store.permit(&key).await?;
        match change {
            "remove" => drop(store.remove(std::slice::from_ref(&key)).await?),
            "remove of two" => drop(store.remove(&[other, key.clone()]).await?),
            "put" => expect(store.put(&key, &entry).await?, "put always stores")?,
            "put_many" => store.put_many(vec![(other, entry.clone()), (key.clone(), entry.clone())]).await?,
            "put if absent" => expect(store.put_if_absent(&key, &entry).await?, "nothing is live there")?,
            "increment" => same(store.increment(&key, 1).await?, 1, "of what is being computed")?,
            _ => expect(store.fill(&key, &entry, token).await?, "a good permit is refused")?,
        }
        let stored = store.get(&key).await?;
        expect(!store.fill(&key, &store.entry("late"), token).await?, format_args!("a permit outlives a {change}"))?;
        let after = store.get(&key).await?.map(|fetched| payload(&fetched.record));
        same(after, stored.map(|fetched| payload(&fetched.record)), format_args!("a refused fill after a {change}"))?;
    }
    Ok(())
}

async fn what_changes_nothing_voids_no_permit(store: Store) -> Outcome {
    for call in
        ["touch", "put if absent", "get", "exists", "refused increment", "touch of nothing", "remove of another"]
    {
        let [key, other] = [store.key(&format!("{call}:key")), store.key("other")];
        if !matches!(call, "touch of nothing" | "remove of another") {
            store.put(&key, &store.entry("tea")).await?;
        }
        let claimed = store.claim(&key, Claim::Fresh, &[]).await?;
        let token = claimed.token.ok_or_else(|| Why::new("no fresh permit"))?;
        match call {
            "touch" | "touch of nothing" => drop(store.touch(&key, Timeout::from_secs(60), Timeout::ZERO).await?),
            "put if absent" => expect(!store.put_if_absent(&key, &store.entry("x")).await?, "an entry is live there")?,
            "get" => drop(store.get(&key).await?),
            "exists" => drop(store.exists(&key).await?),
            "refused increment" => expect(store.increment(&key, 1).await.is_err(), "text is counted")?,
            _ => drop(store.remove(&[other]).await?),
        }
        let entry = store.entry("new");
        expect(store.fill(&key, &entry, token).await?, format_args!("a {call} voids the permit"))?;
        store.has(&key, &entry, "after the fill").await?;
    }
    Ok(())
}

async fn a_live_entry_is_handed_out_and_no_permit(store: Store) -> Outcome {
    let key = store.key("key");
    let entry = store.entry("tea");
    store.put(&key, &entry).await?;
    let permitted = store.claim(&key, Claim::Shared, &[]).await?;
    expect(permitted.token.is_none(), "a permit is given where an entry is live")?;
    let found = permitted.found.ok_or_else(|| Why::new("the live entry is not handed out"))?;
    expect(is_record(&found, &entry.record), "another record is handed out")?;
    expect(store.is_left_of(found.left, entry.timeout), format_args!("{:?} is left of it", found.left))
}

async fn a_fresh_claim_gives_a_permit_over_a_live_entry(store: Store) -> Outcome {
    let key = store.key("key");
    store.put(&key, &store.entry("old")).await?;
    let permitted = store.claim(&key, Claim::Fresh, &[]).await?;
    let token = permitted.token.ok_or_else(|| Why::new("no fresh permit over a live entry"))?;
    store.has(&key, &store.entry("old"), "while it is computed").await?;
    let entry = store.entry("new");
    expect(store.fill(&key, &entry, token).await?, "the fresh permit is refused")?;
    store.has(&key, &entry, "after the fill").await
}

async fn a_dead_entry_gives_a_permit_and_the_fill_replaces_it(store: Store) -> Outcome {
    let key = store.key("key");
    let dead = store.entry("dead");
    store.put(&key, &dead).await?;
    let later = store.knowing(Living { template: Some(store.living.namespace), ..store.living });
    let permitted = later.claim(&key, Claim::Shared, &[]).await?;
    let token = permitted.token.ok_or_else(|| Why::new("no permit over an entry of another epoch"))?;
    let handed_out = permitted.found.is_none_or(|found| is_record(&found, &dead.record));
    expect(handed_out, "another record is handed out")?;
    let entry = later.entry("new");
    expect(later.fill(&key, &entry, token).await?, "the fill over a dead entry is refused")?;
    later.has(&key, &entry, "after the fill").await
}

async fn a_permit_tells_the_epochs_of_its_groups(store: Store) -> Outcome {
    let key = store.key("key");
    let shard = store.shard(&key);
    let [first, second] = [7, 8].map(|template| EpochName::template(shard, &store.namespace, template));
    let names = [EpochName::namespace(shard, &store.namespace), first, second];
    let made = store.claim(&key, Claim::Shared, &names).await?.epochs;
    same(&store.epochs(&names).await?, &made, "epochs that permit has made, and epochs tells")?;
    let renewed = store.renew(&names[1]).await?;
    let told = store.claim(&key, Claim::Fresh, &names).await?.epochs;
    same(&told, &vec![made[0], renewed, made[2]], "after one was renewed")?;
    store.put(&key, &store.entry("tea")).await?;
    same(&store.claim(&key, Claim::Shared, &names).await?.epochs, &told, "where an entry is live")
}

async fn a_permit_is_no_entry(store: Store) -> Outcome {
    let key = store.key("key");
    store.permit(&key).await?;
    store.has_nothing(&key, "get of what is being computed").await?;
    same(store.get_many(std::slice::from_ref(&key)).await?, vec![None], "get_many of it")?;
    expect(!store.exists(&key).await?, "exists sees a permit")?;
    same(store.remove(std::slice::from_ref(&key)).await?, vec![false], "remove of it")
}

async fn a_permit_voided_elsewhere_is_void(store: Store) -> Outcome {
    let key = store.key("key");
    let token = store.permit(&key).await?;
    store.elsewhere().remove(std::slice::from_ref(&key)).await?;
    expect(!store.fill(&key, &store.entry("late"), token).await?, "a fill beats a remove of another process")?;
    let token = store.permit(&key).await?;
    store.elsewhere().put(&key, &store.entry("new")).await?;
    expect(!store.fill(&key, &store.entry("late"), token).await?, "a fill beats a put of another process")
}

async fn of_fifty_fills_by_one_permit_one_is_stored(store: Store) -> Outcome {
    let key = store.key("key");
    let mut fills = Vec::new();
    for number in 0..50 {
        let token = store.permit(&key).await?;
        let fill = store.fill(&key, &store.entry(format!("fill {number}")), token);
        fills.push(async move { Ok(fill.await?) });
    }
    let n_stored = store.face.all(fills).await?.into_iter().filter(|stored| *stored).count();
    same(n_stored, 1, "stored fills")
}

/// One side changes the origin, removes, and looks; the others compute from the origin and fill. What is seen after a remove
/// has been computed from what was the origin then, or from a later one.
async fn a_clear_beats_every_fill(store: Store) -> Outcome {
    const N: u64 = 150;
    let key = store.key("key");
    let origin = Arc::new(AtomicU64::new(0));
    let works = (0..6).map(|number| {
        let (store, key, origin) = (store.clone(), key.clone(), Arc::clone(&origin));
        async move {
            if number == 0 {
                let outcome = clear_and_look(&store, &key, &origin, N).await;
                origin.fetch_max(N, Ordering::SeqCst);
                return outcome;
            }
            loop {
                let claimed = store.claim(&key, Claim::Shared, &[]).await?;
                let computed = origin.load(Ordering::SeqCst);
                if computed >= N {
                    return Ok(());
                }
                // As long as several clears, or none.
                for _ in 0..(number + computed) % 6 {
                    step_back().await;
                }
                if let Some(token) = claimed.token {
                    store.fill(&key, &store.entry(computed.to_string()), token).await?;
                }
                step_back().await;
            }
        }
    });
    store.face.all(works).await.map(drop)
}

async fn clear_and_look(store: &Store, key: &StoreKey, origin: &AtomicU64, n_times: u64) -> Outcome {
    for current in 1..=n_times {
        origin.store(current, Ordering::SeqCst);
        store.remove(std::slice::from_ref(key)).await?;
        for _ in 0..current % 4 {
            let seen = store.get(key).await?.map_or(current.to_string(), |fetched| payload(&fetched.record));
            same(seen, current.to_string(), "the origin of what is seen after a remove")?;
            step_back().await;
        }
    }
    Ok(())
}

async fn an_expired_entry_gives_a_permit_and_the_fill_replaces_it(store: Store) -> Outcome {
    let key = store.key("key");
    let old = store.entry_for("old", store.unit(), Timeout::from_secs(60));
    store.put(&key, &old).await?;
    store.pass(1).await;
    let permitted = store.claim(&key, Claim::Shared, &[]).await?;
    let token = permitted.token.ok_or_else(|| Why::new("no permit over an expired entry"))?;
    let found = permitted.found.ok_or_else(|| Why::new("the expired entry is not handed out"))?;
    expect(is_record(&found, &old.record) && !found.left.is_live(), "it is handed out as another, or as live")?;
    store.has_expired(&key, &old, "while it is computed").await?;
    let entry = store.entry("new");
    expect(store.fill(&key, &entry, token).await?, "the fill over an expired entry is refused")?;
    store.has(&key, &entry, "after the fill").await
}

async fn a_permit_lasts_its_lifetime_and_no_longer(store: Store) -> Outcome {
    let [key, other] = store.keys();
    if !store.is_quick() {
        // Ten minutes are too long for a check; half a unit more than nothing is all that can be seen.
        let token = store.permit(&key).await?;
        store.pass(2).await;
        return expect(store.fill(&key, &store.entry("tea"), token).await?, "a permit is lost after seconds");
    }
    let (token, late) = (store.permit(&key).await?, store.permit(&other).await?);
    store.pass_for(Token::LIFETIME - Duration::from_secs(2)).await;
    expect(store.fill(&key, &store.entry("tea"), token).await?, "a permit is lost before its lifetime is over")?;
    store.pass_for(Duration::from_secs(4)).await;
    expect(!store.fill(&other, &store.entry("tea"), late).await?, "a permit outlives its lifetime")
}
