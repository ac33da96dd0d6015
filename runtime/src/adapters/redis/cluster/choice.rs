//! Which of the maps that nodes tell is that of our cluster, and how long they are waited for; pure.
//!
//! A node that has left its cluster may be in another, whose map looks as good, or better. So a map is of our cluster if it shares
//! nodes with the one that is known, and one that shares none is believed only where nobody tells one that does.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::map::{Address, SlotMap};

/// How long answers are waited for.
const PATIENCE: Duration = Duration::from_millis(1_000);
/// How long those may be silent who should know best, before others are asked.
const SILENCE: Duration = Duration::from_millis(100);
/// How long a better answer is waited for, after one of a node that has lost contact with the others.
const BETTER: Duration = Duration::from_millis(300);
/// How long further answers are waited for, after one of a node in contact with the others.
const MORE: Duration = Duration::from_millis(30);

/// What a node says, and how much it knows.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) from: Address,
    pub(super) is_seed: bool,
    pub(super) knowledge: (bool, u64),
    pub(super) map: Arc<SlotMap>,
}

/// How many of its nodes a map shares with the one that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shared {
    /// It is another cluster's, or ours was made anew.
    None,
    /// As after many were exchanged; or one has left for another cluster with its name.
    Some,
    /// More than half of those of the smaller.
    Most,
}

impl Shared {
    fn of(known: Option<&SlotMap>, map: &SlotMap) -> Self {
        let Some(known) = known else { return Self::Most };
        let (own, others) = (known.ids(), map.ids());
        let n_shared = own.intersection(others).count();
        match n_shared * 2 > own.len().min(others.len()) {
            true => Self::Most,
            false if n_shared > 0 => Self::Some,
            false => Self::None,
        }
    }
}

/// The map to go by, and where further nodes of its cluster are. `None`: all that answer are of another cluster.
pub(super) fn choose(known: Option<&SlotMap>, told: &[Told]) -> Option<Arc<SlotMap>> {
    let shared: Vec<_> = told.iter().map(|told| Shared::of(known, &told.map)).collect();
    let most = shared.iter().max()?;
    let mut candidates: Vec<_> =
        told.iter().zip(&shared).filter(|(_, shared)| *shared == most).map(|(told, _)| told).collect();
    let n_alike = |one: &Told| told.iter().filter(|other| !other.map.ids().is_disjoint(one.map.ids())).count();
    if known.is_none() {
        // Of several clusters the one of which most nodes tell.
        let n_most = candidates.iter().map(|one| n_alike(one)).max()?;
        candidates.retain(|one| n_alike(one) == n_most);
    }
    if let (Some(known), Shared::None) = (known, most) {
        // Where the user says that the cluster is, or where most of it was, is another now.
        let masters = known.masters();
        let of_masters = told.iter().filter(|told| masters.contains(&&told.from));
        let n_of = |one: &Told| of_masters.clone().filter(|other| !other.map.ids().is_disjoint(one.map.ids())).count();
        let n_seeds = |one: &Told| {
            told.iter().filter(|other| other.is_seed && !other.map.ids().is_disjoint(one.map.ids())).count()
        };
        candidates.retain(|one| n_seeds(one) > 0 || n_of(one) * 2 > masters.len());
        let n_most = candidates.iter().map(|one| n_seeds(one)).max()?;
        candidates.retain(|one| n_seeds(one) == n_most);
    }
    let best = candidates.iter().max_by_key(|told| told.knowledge)?;
    let mut map = Arc::clone(&best.map);
    for other in candidates.iter().filter(|other| !other.map.ids().is_disjoint(best.map.ids())) {
        // Masters may not have heard yet of replicas, which are the next masters.
        if !other.map.ids().is_subset(map.ids()) || other.map.addresses().any(|address| !map.names(address)) {
            Arc::make_mut(&mut map).meet_all(&other.map);
        }
    }
    Some(map)
}

/// A round of asking nodes for the map.
pub(super) struct Round {
    start: Instant,
    pub(super) has_asked_others: bool,
    /// How many were asked and have not answered.
    pub(super) n_silent: usize,
    /// The first answers of our cluster: of any node, and of one in contact with the others.
    any: Option<Instant>,
    good: Option<Instant>,
}

/// What to do next in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Wait(Instant),
    AskOthers,
    End,
}

impl Round {
    pub(super) fn new(start: Instant) -> Self {
        Self { start, has_asked_others: false, n_silent: 0, any: None, good: None }
    }

    /// One that was asked has answered, or failed.
    pub(super) fn answered(&mut self, known: Option<&SlotMap>, told: Option<&Told>, now: Instant) {
        self.n_silent = self.n_silent.saturating_sub(1);
        let Some(told) = told.filter(|told| Shared::of(known, &told.map) != Shared::None) else { return };
        self.any.get_or_insert(now);
        if told.knowledge.0 && Shared::of(known, &told.map) == Shared::Most {
            self.good.get_or_insert(now);
        }
    }

    pub(super) fn next(&self, now: Instant) -> Next {
        let ends = [Some(self.start + PATIENCE), self.any.map(|at| at + BETTER), self.good.map(|at| at + MORE)];
        let end = ends.into_iter().flatten().min().unwrap_or(now);
        let ask = self.start + SILENCE;
        let may_ask = !self.has_asked_others && self.good.is_none();
        match self.n_silent {
            _ if now >= end => Next::End,
            0 if may_ask => Next::AskOthers,
            0 => Next::End,
            _ if may_ask && now >= ask => Next::AskOthers,
            _ if may_ask => Next::Wait(end.min(ask)),
            _ => Next::Wait(end),
        }
    }
}

#[cfg(test)]
mod tests;
