//! A store as a cache has it: behind places, a breaker and limits on time.

use std::sync::Arc;

use super::breaker::{Breaker, Deliveries, Subject};
use super::deadline::Deadline;
use super::in_flight::InFlight;
use super::limits::Limits;
use super::{CountedElsewhere, Layered};
use crate::adapter::{AnyAdapter, CacheAdapter, Fleet, ShardOf};
use crate::clock::Clock;
use crate::error::Result;
use crate::sync::AtomicBool;

/// One store behind one breaker, for callers who can wait a little and for those who can wait longer.
#[derive(Clone)]
pub(crate) struct Guarded {
    /// For calls of annotated functions.
    pub(crate) calls: AnyAdapter,
    /// For helpers, whose failure is seen.
    pub(crate) helpers: AnyAdapter,
    /// For what is owed to it, which goes first when it is back.
    pub(crate) deliveries: AnyAdapter,
    pub(crate) limits: Limits,
    /// One, or one for each of several stores.
    breakers: Arc<[Arc<Breaker>]>,
}

/// One of several stores, or one part of a store.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) adapter: AnyAdapter,
    pub(crate) counted_elsewhere: Option<CountedElsewhere>,
}

impl Guarded {
    /// Of a cache in `namespace`.
    pub(crate) fn new(adapter: AnyAdapter, namespace: &str, clock: &Clock, limits: Limits) -> Self {
        let breaker = Breaker::over(Subject::new(adapter.clone(), namespace), clock.clone(), limits);
        Self::behind(&breaker, adapter, clock, limits)
    }

    pub(super) fn behind(breaker: &Arc<Breaker>, adapter: AnyAdapter, clock: &Clock, limits: Limits) -> Self {
        let store = adapter.name();
        let within = |limit| {
            let deadline = Deadline::new(store, clock.clone()).with_ordinary(limit);
            Layered::new(adapter.clone(), Arc::new(deadline))
        };
        let placed = |limit| {
            let behind = Layered::new(within(limit), Arc::clone(breaker));
            let in_flight = InFlight::new(Arc::clone(breaker), store, clock.clone(), limit);
            AnyAdapter::new(Layered::new(behind, Arc::new(in_flight)))
        };
        let deliveries = Arc::new(Deliveries(Arc::clone(breaker)));
        Self {
            calls: placed(limits.request),
            helpers: placed(limits.helper_request),
            deliveries: AnyAdapter::new(Layered::new(within(limits.helper_request), deliveries)),
            limits,
            breakers: [Arc::clone(breaker)].into(),
        }
    }

    /// Several, each behind its own breaker, as one fleet; where they are parts of one store, `shard_of` says which has a key.
    ///
    /// # Errors
    /// As [`Fleet::new`].
    pub(crate) fn fleet(
        members: Vec<Member>,
        shard_of: Option<ShardOf>,
        namespace: &str,
        clock: &Clock,
        limits: Limits,
    ) -> Result<Self> {
        let is_told = Arc::<AtomicBool>::default();
        let guarded = |(member, number): (Member, u16)| {
            let Member { name, adapter, counted_elsewhere } = member;
            // Of a part, a key that it has.
            let is_own = |key: &_| shard_of.is_none_or(|shard_of| shard_of(key) == number);
            let mut probes = (0..100_000).map(|number| Subject::probe(namespace, number));
            let probe = probes.find(is_own).unwrap_or_else(|| Subject::probe(namespace, 0));
            let subject = Subject { adapter: adapter.clone(), probe, counted_elsewhere, is_told: Arc::clone(&is_told) };
            let breaker = Breaker::over(subject, clock.clone(), limits);
            (name, Self::behind(&breaker, adapter, clock, limits))
        };
        let stores: Vec<_> = members.into_iter().zip(0..).map(guarded).collect();
        let fleet = |pick: fn(&Self) -> &AnyAdapter| {
            let members = stores.iter().map(|(name, store)| (name.clone(), pick(store).clone()));
            match shard_of {
                Some(shard_of) => Ok(AnyAdapter::new(Fleet::of_shards(members, shard_of))),
                None => Fleet::new(members).map(AnyAdapter::new),
            }
        };
        let (calls, helpers) = (fleet(|store| &store.calls)?, fleet(|store| &store.helpers)?);
        let deliveries = fleet(|store| &store.deliveries)?;
        let breakers = stores.iter().flat_map(|(_, store)| store.breakers.iter().cloned()).collect();
        Ok(Self { calls, helpers, deliveries, limits, breakers })
    }

    /// The breaker of this shard's store.
    pub(crate) fn breaker(&self, shard: u16) -> &Arc<Breaker> {
        let at = usize::from(shard).min(self.breakers.len() - 1);
        &self.breakers[at]
    }
}
