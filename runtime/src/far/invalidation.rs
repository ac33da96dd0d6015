//! Removals and renewals, and the promise in each of them: what the store could not be told is owed to it, whether the caller
//! waits for that or has gone away.

use std::sync::Arc;
use std::time::Duration;

use super::by_hand::by_shard;
use super::debts::{Full, Namespace};
use super::{Far, Journey, Limit, Place, fingerprint};
use crate::adapter::{CacheAdapter, EpochName, Head, join_all};
use crate::error::{Error, ErrorKind, Result};

/// Something that the store is being told. Unless it says that it has heard, the rest is `owe`d to it.
pub(crate) struct Promise<'a, F: Fn(&Arc<Far>, Why)> {
    far: &'a Arc<Far>,
    owe: F,
    is_kept: bool,
    why: Why,
}

/// Why something is owed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The store has failed.
    Failed,
    /// The caller did not wait for its answer. Nothing says that the store is not well.
    GivenUp,
}

impl<'a, F: Fn(&Arc<Far>, Why)> Promise<'a, F> {
    fn new(far: &'a Arc<Far>, owe: F) -> Self {
        Self { far, owe, is_kept: false, why: Why::GivenUp }
    }

    /// What the store has answered. It has not heard where it cannot be reached; and a full one has not done it. One whose
    /// replicas are missing has: to tell it again would keep all from writing there until they are back.
    pub(crate) fn told<T>(&mut self, answer: &Result<T>) {
        let cannot = |error: &Error| {
            matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Config | ErrorKind::NotReplicated)
        };
        self.is_kept = answer.as_ref().map_or_else(cannot, |_| true);
        self.why = Why::Failed;
    }
}

impl<F: Fn(&Arc<Far>, Why)> Drop for Promise<'_, F> {
    fn drop(&mut self) {
        if !self.is_kept {
            (self.owe)(self.far, self.why);
        }
    }
}

impl Far {
    /// Whatever stands at `places` is to be gone, now or later: removed, or replaced.
    pub(crate) fn promise<'a>(self: &'a Arc<Self>, places: &'a [Place]) -> Promise<'a, impl Fn(&Arc<Self>, Why) + 'a> {
        Promise::new(self, move |far, why| far.owe_removals_for(places, why))
    }

    /// Whatever stands at `places` is to be replaced, and nothing has been sent so far. Unless it is, all of it is to be gone as
    /// with [`promise`](Self::promise); or none of it, where there is no room to remember so many: nothing has changed there,
    /// and no namespace ends for that.
    pub(crate) fn promise_unsent<'a>(
        self: &'a Arc<Self>,
        places: &'a [Place],
    ) -> Promise<'a, impl Fn(&Arc<Self>, Why) + 'a> {
        Promise::new(self, move |far, why| {
            let has_room = |at: Vec<usize>| far.undelivered.has_room(places[at[0]].shard(), at.len());
            if by_shard(places).into_iter().all(has_room) {
                far.owe_removals_for(places, why);
            }
        })
    }

    /// The entries of `places` are removed as soon as the store can be told.
    pub(crate) fn owe_removals(self: &Arc<Self>, places: &[Place]) {
        self.owe_removals_for(places, Why::Failed);
    }

    fn owe_removals_for(self: &Arc<Self>, places: &[Place], why: Why) {
        let now = self.clock.now();
        for place in places {
            let is_failing = why == Why::Failed || self.store.breaker(place.shard()).is_shut();
            let full = match self.ends(&place.group.namespace()) {
                false => Full::Forget,
                true if is_failing => Full::End,
                true => Full::Grow,
            };
            let noted = self.undelivered.note_removal(place, now, full);
            self.send_for(place.shard(), noted);
        }
    }

    fn owe_renewal(self: &Arc<Self>, epoch: &EpochName, namespace: &Namespace) {
        let noted = self.undelivered.note_renewal(epoch, namespace.clone(), self.clock.now());
        self.send_for(epoch.shard(), noted);
    }

    /// Can the whole namespace be cleared at once, where too many removals are owed?
    fn ends(&self, namespace: &Namespace) -> bool {
        !self.is_plain() || self.refuse_walk(&namespace.name).is_ok()
    }

    /// Removes the entry and voids its permits. Was it live?
    pub(crate) async fn remove(self: &Arc<Self>, place: &Place, journey: &mut Journey) -> Result<bool> {
        Ok(self.remove_part(std::slice::from_ref(place), journey).await? == [true])
    }

    /// Removes the entries of places and voids their permits, at most `in_one_trip` of them at once. Which were live?
    ///
    /// Where a trip fails, the store may answer again a moment later: the next is made within what is left of a helper's time. If
    /// that fails too, the store is not asked for the rest, which would be a limit on time for each trip.
    pub(crate) async fn remove_all(self: &Arc<Self>, places: &[Place], in_one_trip: usize) -> Result<Vec<bool>> {
        let mut all = Vec::with_capacity(places.len());
        let whole = self.store.limits.helper_budget;
        let (mut left, mut failure) = (whole, None);
        for part in places.chunks(in_one_trip) {
            // Whoever gives up wants the rest gone too.
            let mut rest = self.promise(places.get(all.len() + part.len()..).unwrap_or_default());
            let started = self.clock.now();
            let removed = self.remove_many(part, left).await;
            match removed {
                Ok(removed) => {
                    left = whole;
                    all.extend(removed);
                }
                Err(error) if left == whole && error.kind() == ErrorKind::Unavailable => {
                    let took = self.clock.now().as_millis().saturating_sub(started.as_millis());
                    left = left.saturating_sub(Duration::from_millis(took.max(1)));
                    all.resize(all.len() + part.len(), false);
                    failure = Some(error);
                }
                failed => {
                    rest.told(&failed);
                    return failed;
                }
            }
            rest.told(&Ok(()));
        }
        failure.map_or(Ok(all), Err)
    }

    /// One trip for each shard.
    async fn remove_many(self: &Arc<Self>, places: &[Place], within: Duration) -> Result<Vec<bool>> {
        let mut were_live = vec![false; places.len()];
        let parts = by_shard(places).into_iter().map(|at| async move {
            let part: Vec<_> = at.iter().map(|&at| places[at].clone()).collect();
            let removed = self.remove_part(&part, &mut self.journey(Limit::Helper).within(within)).await?;
            Ok::<_, Error>((at, removed))
        });
        let mut failure = None;
        // Each with a limit of its own: a shard that is down must not keep what the others hold.
        for part in join_all(parts).await {
            match part {
                Ok((at, removed)) => at.into_iter().zip(removed).for_each(|(at, removed)| were_live[at] = removed),
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(were_live), Err)
    }

    /// Of places that are all on one shard. What was owed its removal already was not there for anybody here.
    async fn remove_part(self: &Arc<Self>, places: &[Place], journey: &mut Journey) -> Result<Vec<bool>> {
        let n_noted = self.undelivered.n_noted();
        let are_owed: Vec<bool> = places.iter().map(|place| self.undelivered.owes(place)).collect();
        let mut promise = self.promise(places);
        let (adapter, keys) = (journey.adapter(), places.iter().map(|place| place.key.clone()).collect::<Vec<_>>());
        let removed = journey.trip(async move { adapter.remove(&keys).await }).await;
        promise.told(&removed);
        let heads = removed?;
        self.undelivered.removed(places, n_noted);
        let heads = heads.into_iter().zip(are_owed);
        let heads: Vec<_> = heads.map(|(head, is_owed)| head.filter(|head| head.left.is_live() && !is_owed)).collect();
        self.were_alive(places, heads, journey).await
    }

    /// Which of what was removed and has left these heads was of living epochs?
    async fn were_alive(&self, places: &[Place], heads: Vec<Option<Head>>, journey: &mut Journey) -> Result<Vec<bool>> {
        let Some(first) = places.first().filter(|_| heads.iter().any(Option::is_some)) else {
            return Ok(vec![false; heads.len()]);
        };
        let living = self.living(first, journey).await?;
        self.learn_templates(first, heads.iter().flatten(), &living, journey).await?;
        let mut were_alive = Vec::with_capacity(heads.len());
        for (place, head) in places.iter().zip(heads) {
            were_alive.push(match head {
                Some(head) => self.is_alive(place, &head, living, journey).await?,
                None => false,
            });
        }
        Ok(were_alive)
    }

    /// Clears all entries of a template, or of the whole namespace, on every shard at once; what is left of them is swept
    /// away behind the caller.
    pub(crate) async fn renew(self: &Arc<Self>, namespace: &str, template: Option<&str>) -> Result<()> {
        let names = |shard| {
            let whole = EpochName::namespace(shard, namespace);
            let epoch = template.map_or(whole.clone(), |template| whole.and_template(fingerprint(template)));
            (epoch, Namespace { epoch: whole, name: namespace.into() })
        };
        if self.is_plain() {
            let (epoch, namespace) = names(0);
            return self.clear_plain_now(&epoch, &namespace, template.is_some()).await;
        }
        let mut dead = Vec::new();
        let (mut failure, mut is_unconfirmed) = (None, false);
        // Each with a limit of its own: a shard that is down must not keep the others from being cleared.
        let renewals = (0..self.capability().shards).map(|shard| async move {
            let (epoch, namespace) = names(shard);
            self.renew_now(&epoch, &namespace).await
        });
        for renewed in join_all(renewals).await {
            match renewed {
                Ok(old) => dead.extend(old),
                Err(error) => {
                    // It is done, and by which epoch was not told.
                    is_unconfirmed |= error.kind() == ErrorKind::NotReplicated;
                    failure = Some(error);
                }
            }
        }
        if is_unconfirmed || !dead.is_empty() {
            self.sweep_behind(namespace, dead);
        }
        failure.map_or(Ok(()), Err)
    }

    async fn renew_now(self: &Arc<Self>, epoch: &EpochName, namespace: &Namespace) -> Result<Option<u64>> {
        let n_noted = self.undelivered.n_noted();
        let mut promise = Promise::new(self, |far: &Arc<Self>, _| far.owe_renewal(epoch, namespace));
        let renewed = self.renew_one(epoch.clone(), self.journey(Limit::Helper)).await;
        promise.told(&renewed);
        if renewed.is_ok() {
            self.undelivered.renewed(epoch, n_noted);
        }
        renewed
    }

    async fn clear_plain_now(
        self: &Arc<Self>,
        epoch: &EpochName,
        namespace: &Namespace,
        is_of_template: bool,
    ) -> Result<()> {
        let n_noted = self.undelivered.n_noted();
        let mut promise = Promise::new(self, |far: &Arc<Self>, _| far.owe_renewal(epoch, namespace));
        let cleared = self.clear_plain(&namespace.name, is_of_template).await;
        promise.told(&cleared);
        if cleared.is_ok() {
            self.undelivered.renewed(epoch, n_noted);
        }
        cleared
    }

    /// Replaces one epoch. Answers the one that it replaces, where its entries can be swept away.
    pub(super) async fn renew_one(&self, name: EpochName, mut journey: Journey) -> Result<Option<u64>> {
        let (adapter, asked_name, walks) = (journey.adapter(), name.clone(), self.capability().walks);
        let now = self.clock.now();
        let (old, asked) = (self.epochs.believed(&name, now), self.epochs.ask(now));
        let work = async move {
            // Read before it is replaced: what is read in between may be the new one, whose entries are alive.
            let old = match old {
                None if walks => adapter.epochs(std::slice::from_ref(&asked_name)).await?.first().copied(),
                old => old.filter(|_| walks),
            };
            adapter.renew(&asked_name).await.map(|epoch| (old, epoch))
        };
        let renewed = journey.trip(work).await;
        self.epochs.renewed(&name, renewed.as_ref().map_or(0, |&(_, epoch)| epoch), asked);
        Ok(renewed?.0)
    }

    /// Removes everything in the store, and learns its new epochs. A failure is the caller's alone: nobody wants a store to be
    /// emptied some time later.
    pub(crate) async fn flush(&self) -> Result<()> {
        self.fills_end().await?;
        let n_noted = self.undelivered.n_noted();
        let mut journey = self.journey(Limit::Helper);
        let adapter = journey.adapter();
        journey.trip(async move { adapter.flush().await }).await?;
        self.epochs.forget();
        self.undelivered.flushed(n_noted);
        Ok(())
    }
}
