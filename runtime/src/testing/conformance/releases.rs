//! How a permit is given back by computations that store nothing, and what is left for those that share it.

use std::time::Duration;

use super::checks;
use super::expect::{Outcome, Why, expect, same};
use super::store::Store;
use crate::adapter::{Claim, EpochName, Living, Release, StoreKey, Token};

checks! {
    Ordinary:
        a_release_leaves_the_permit_to_those_who_share_it
        a_permit_goes_with_its_last_share
        a_release_says_whether_the_permit_was_there
        a_release_of_a_void_permit_changes_nothing
        a_share_is_given_back_once
        a_release_removes_the_entry_if_it_is_told_to
        of_fifty_who_share_each_may_release
        claims_of_different_epochs_share_no_permit
        claims_that_read_fewer_epochs_share_a_permit;
    Waits:
        a_dead_share_ends_with_its_permit;
}

const WAYS: [Release; 2] = [Release::Keep, Release::Remove];

async fn a_release_leaves_the_permit_to_those_who_share_it(store: Store) -> Outcome {
    for n_claims in 2..5 {
        for last in 0..n_claims {
            let key = store.key(&format!("{last} of {n_claims}"));
            let mut holders = claims(&store, &key, n_claims).await?;
            let (of, kept) = holders.remove(last);
            for ((of, token), release) in holders.into_iter().zip(WAYS.into_iter().cycle()) {
                let is_there = of.release(&key, token, release).await?;
                expect(is_there, "a permit that is shared still is not there for one who releases it")?;
            }
            let entry = store.entry("tea");
            let stored = of.fill(&key, &entry, kept).await?;
            expect(stored, format_args!("claim {last} of {n_claims} is refused once all others have released"))?;
            store.has(&key, &entry, "after the fill").await?;
        }
    }
    Ok(())
}

async fn a_permit_goes_with_its_last_share(store: Store) -> Outcome {
    for n_claims in 1..5 {
        let key = store.key(&format!("{n_claims} claims"));
        let mut holders = claims(&store, &key, n_claims).await?;
        holders.rotate_left(n_claims / 2);
        for (of, token) in &holders {
            expect(of.release(&key, *token, Release::Keep).await?, "a good permit is not there for its holder")?;
        }
        let (of, token) = &holders[0];
        let is_there = of.release(&key, *token, Release::Keep).await?;
        same(is_there, !store.capability().releases, format_args!("is it there after {n_claims} releases"))?;
        let stored = of.fill(&key, &store.entry("late"), *token).await?;
        same(stored, !store.capability().releases, format_args!("a fill after {n_claims} releases"))?;
    }
    // The next one is as good as the first.
    let key = store.key("key");
    let token = store.permit(&key).await?;
    store.release(&key, token, Release::Keep).await?;
    let (token, entry) = (store.permit(&key).await?, store.entry("tea"));
    expect(store.fill(&key, &entry, token).await?, "the permit after one that was released is refused")?;
    store.has(&key, &entry, "after the fill").await
}

async fn a_release_says_whether_the_permit_was_there(store: Store) -> Outcome {
    let entry = store.entry("1");
    for change in ["remove", "put", "put_many", "put if absent", "increment", "fill of another", "fresh claim"] {
        for release in WAYS {
            let key = store.key(&format!("{change}:{release:?}"));
            let (token, other) = (store.permit(&key).await?, store.elsewhere().permit(&key).await?);
            match change {
                "remove" => drop(store.elsewhere().remove(std::slice::from_ref(&key)).await?),
                "put" => expect(store.elsewhere().put(&key, &entry).await?, "put always stores")?,
                "put_many" => store.put_many(vec![(key.clone(), entry.clone())]).await?,
                "put if absent" => expect(store.put_if_absent(&key, &entry).await?, "nothing is live there")?,
                "increment" => same(store.increment(&key, 1).await?, 1, "of what is being computed")?,
                "fill of another" => {
                    expect(store.elsewhere().fill(&key, &entry, other).await?, "a good permit is refused")?;
                }
                _ => drop(store.elsewhere().claim(&key, Claim::Fresh, &[]).await?),
            }
            let is_there = store.release(&key, token, release).await?;
            expect(!is_there, format_args!("a permit is there for a release after a {change}"))?;
        }
    }
    let [key, other] = store.keys();
    let token = store.permit(&key).await?;
    expect(!store.release(&key, Token::random(), Release::Keep).await?, "a token that nobody took is there")?;
    expect(!store.release(&other, token, Release::Keep).await?, "a permit is there under another key")?;
    expect(store.release(&key, token, Release::Keep).await?, "a good permit is not there")
}

async fn a_release_of_a_void_permit_changes_nothing(store: Store) -> Outcome {
    for release in WAYS {
        let key = store.key(&format!("{release:?}"));
        let void = store.permit(&key).await?;
        let (stands, entry) = (store.entry("set meanwhile"), store.entry("new"));
        store.elsewhere().put(&key, &stands).await?;
        expect(!store.release(&key, void, release).await?, "a permit is there after a put")?;
        store.has(&key, &stands, "after the release of a void permit").await?;
        let token = fresh(&store, &key).await?;
        expect(!store.release(&key, void, release).await?, "a permit is there after a fresh one was taken")?;
        store.has(&key, &stands, "after the release of a replaced permit").await?;
        expect(store.fill(&key, &entry, token).await?, "the release of a void permit voids the one that is good")?;
        store.has(&key, &entry, "after the fill").await?;
    }
    Ok(())
}

async fn a_share_is_given_back_once(store: Store) -> Outcome {
    for (name, released, kept) in [("earlier", 0, 1), ("later", 1, 0)] {
        let key = store.key(name);
        let holders = claims(&store, &key, 2).await?;
        let (of, token) = &holders[released];
        for _ in 0..3 {
            let is_there = of.release(&key, *token, Release::Keep).await?;
            expect(is_there, "a permit that another shares is not there for a second release")?;
        }
        let unknown = token.shared();
        expect(of.release(&key, unknown, Release::Keep).await?, "a permit is not there for an unknown holder")?;
        let (entry, (of, token)) = (store.entry("tea"), &holders[kept]);
        let stored = of.fill(&key, &entry, *token).await?;
        expect(stored, format_args!("where the {name} of two has released more than once, the other is refused"))?;
        store.has(&key, &entry, "after the fill").await?;
    }
    let key = store.key("one claim");
    let token = store.permit(&key).await?;
    store.release(&key, token.shared(), Release::Keep).await?;
    expect(store.fill(&key, &store.entry("tea"), token).await?, "an unknown holder gives back another's share")
}

async fn a_release_removes_the_entry_if_it_is_told_to(store: Store) -> Outcome {
    let old = store.entry("old");
    let later = store.knowing(Living { namespace: store.living.namespace ^ 1, ..store.living });
    for (name, of, claim) in [("live", &store, Claim::Fresh), ("dead", &later, Claim::Shared)] {
        for release in WAYS {
            let key = store.key(&format!("{name}:{release:?}"));
            store.put(&key, &old).await?;
            let permitted = of.claim(&key, claim, &[]).await?;
            let token = permitted.token.ok_or_else(|| Why::new(format_args!("no permit over a {name} entry")))?;
            expect(store.release(&key, token, release).await?, format_args!("no permit is over the {name} entry"))?;
            match release {
                Release::Keep => store.has(&key, &old, "after a release that keeps it").await?,
                Release::Remove => store.has_nothing(&key, "after a release that removes it").await?,
            }
        }
    }
    // Where nothing stands there is nothing to remove, and others' shares stay good.
    let key = store.key("nothing");
    let tokens = [store.permit(&key).await?, store.elsewhere().permit(&key).await?];
    expect(store.release(&key, tokens[0], Release::Remove).await?, "a good permit is not there")?;
    expect(store.elsewhere().fill(&key, &old, tokens[1]).await?, "the release of nothing refuses another's fill")
}

async fn of_fifty_who_share_each_may_release(store: Store) -> Outcome {
    const N: usize = 50;
    for n_released in [N - 1, N] {
        let key = store.key(&format!("{n_released}"));
        let claims = (0..N).map(|number| {
            let (of, key) = (side(&store, number), key.clone());
            async move { of.permit(&key).await.map(|token| (of, token)) }
        });
        let mut holders = store.face.all(claims.collect::<Vec<_>>()).await?;
        let last = holders[N - 1].clone();
        holders.truncate(n_released);
        let releases = holders.into_iter().map(|(of, token)| {
            let release = of.release(&key, token, Release::Keep);
            async move { Ok(release.await?) }
        });
        let were_there = store.face.all(releases.collect::<Vec<_>>()).await?;
        expect(were_there.into_iter().all(|was_there| was_there), "it was not there for one of fifty who share it")?;
        let (of, token) = last;
        let stored = of.fill(&key, &store.entry("tea"), token).await?;
        let is_expected = n_released < N || !store.capability().releases;
        same(stored, is_expected, format_args!("a fill after {n_released} of {N} releases"))?;
    }
    Ok(())
}

async fn claims_of_different_epochs_share_no_permit(store: Store) -> Outcome {
    for renewed in 0..2 {
        let key = store.key(&format!("{renewed}"));
        let shard = store.shard(&key);
        let names = [EpochName::namespace(shard, &store.namespace), EpochName::template(shard, &store.namespace, 7)];
        // What each knows before it claims is what it has read last, or nothing, or what is no longer so.
        let knowing = |epochs: &[u64]| store.knowing(Living { namespace: epochs[0], template: Some(epochs[1]) });
        let old = store.epochs(&names).await?;
        let by_old = claim(&knowing(&old), &key, &names).await?;
        store.renew(&names[renewed]).await?;
        let new = store.epochs(&names).await?;
        let mut tokens = Vec::new();
        for known in [&old, &new, &vec![0, 0], &new, &old] {
            tokens.push(claim(&knowing(known), &key, &names).await?);
        }
        let entry = store.entry("new");
        expect(!store.release(&key, by_old, Release::Remove).await?, "a permit of other epochs is there")?;
        expect(!store.fill(&key, &store.entry("old"), by_old).await?, "a claim of older epochs fills")?;
        // All of the new epochs share one.
        let kept = tokens.remove(1);
        for token in tokens {
            expect(store.release(&key, token, Release::Keep).await?, "claims of the same epochs share no permit")?;
        }
        expect(store.fill(&key, &entry, kept).await?, "a claim of older epochs has used up the permit of newer ones")?;
        store.has(&key, &entry, "after both").await?;
    }
    Ok(())
}

/// By hand and by a function, for one key: the epoch of a namespace, and that with a template's.
async fn claims_that_read_fewer_epochs_share_a_permit(store: Store) -> Outcome {
    for by_hand_first in [true, false] {
        let key = store.key(&format!("{by_hand_first}"));
        let shard = store.shard(&key);
        let namespace = EpochName::namespace(shard, &store.namespace);
        let both = [namespace.clone(), EpochName::template(shard, &store.namespace, 7)];
        let epochs = store.epochs(&both).await?;
        let known = [Some(epochs[1]), None].map(|template| store.knowing(Living { namespace: epochs[0], template }));
        let (by_function, by_hand) = ((&known[0], &both[..]), (&known[1], &both[..1]));
        let order = if by_hand_first { [by_hand, by_function] } else { [by_function, by_hand] };
        let mut tokens = Vec::new();
        for (store, names) in order {
            tokens.push(claim(store, &key, names).await?);
        }
        let entry = store.entry("first");
        expect(store.fill(&key, &entry, tokens[0]).await?, "a claim that reads other names has voided the permit")?;
        store.has(&key, &entry, "after both").await?;
    }
    Ok(())
}

async fn a_dead_share_ends_with_its_permit(store: Store) -> Outcome {
    let key = store.key("key");
    if !store.is_quick() {
        // Ten minutes are too long for a check.
        let dead = store.permit(&key).await?;
        let token = store.permit(&key).await?;
        store.release(&key, token, Release::Keep).await?;
        store.pass(1).await;
        return expect(store.release(&key, dead, Release::Keep).await?, "a share is lost after a second");
    }
    store.permit(&key).await?;
    let late = store.permit(&key).await?;
    store.pass_for(Token::LIFETIME + Duration::from_secs(2)).await;
    expect(!store.release(&key, late, Release::Keep).await?, "a permit outlives its lifetime")?;
    let token = store.permit(&key).await?;
    expect(!store.release(&key, late, Release::Keep).await?, "a permit of before is there")?;
    expect(store.release(&key, token, Release::Keep).await?, "a good permit is not there")?;
    let stored = store.fill(&key, &store.entry("late"), token).await?;
    same(stored, !store.capability().releases, "a fill after the release, where the one before had shares left")
}

/// So many claims, and who has made each.
async fn claims(store: &Store, key: &StoreKey, n_claims: usize) -> Outcome<Vec<(Store, Token)>> {
    let mut holders = Vec::new();
    for number in 0..n_claims {
        let of = side(store, number);
        let token = of.permit(key).await?;
        holders.push((of, token));
    }
    Ok(holders)
}

/// Every other claim is another process's.
fn side(store: &Store, number: usize) -> Store {
    if number.is_multiple_of(2) { store.clone() } else { store.elsewhere() }
}

async fn claim(store: &Store, key: &StoreKey, names: &[EpochName]) -> Outcome<Token> {
    let permitted = store.claim(key, Claim::Shared, names).await?;
    permitted.token.ok_or_else(|| Why::new("no permit is given where nothing is live"))
}

async fn fresh(store: &Store, key: &StoreKey) -> Outcome<Token> {
    let permitted = store.claim(key, Claim::Fresh, &[]).await?;
    permitted.token.ok_or_else(|| Why::new("no fresh permit"))
}
