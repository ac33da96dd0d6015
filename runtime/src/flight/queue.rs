//! Those who wait for a flight, in the order of their arrival.

use std::collections::BTreeMap;
use std::task::Waker;

use super::Caller;

#[derive(Default)]
pub(super) struct Queue {
    /// Numbers grow with arrival, so this is a queue out of whose middle a waiter can leave.
    waiting: BTreeMap<WaiterId, Queued>,
    n_blocking: usize,
}

/// The number of a caller that waits, in the order in which callers come to wait in one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WaiterId(pub(super) u64);

/// A moment in the order of arrivals: the waiters with lower numbers had come by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark(pub(super) WaiterId);

/// A caller that comes to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) caller: Caller,
    /// Its number, if it has waited before.
    pub(crate) id: Option<WaiterId>,
    /// It knows the epochs that are current, or needs none: so it has joined nothing that was begun under others.
    pub(crate) knows_epochs: bool,
}

pub(super) struct Queued {
    pub(super) caller: Caller,
    pub(super) knows_epochs: bool,
    /// `None` until its first look.
    pub(super) waker: Option<Waker>,
}

impl Queue {
    pub(super) fn push(&mut self, id: WaiterId, queued: Queued) {
        self.n_blocking += usize::from(queued.caller == Caller::Blocking);
        self.waiting.insert(id, queued);
    }

    /// Takes out those for whom `is_meant` holds.
    pub(super) fn take(&mut self, is_meant: impl Fn(WaiterId, &Queued) -> bool) -> Vec<(WaiterId, Queued)> {
        let ids = self.waiting.iter().filter(|(id, queued)| is_meant(**id, queued)).map(|(&id, _)| id);
        let ids: Vec<_> = ids.collect();
        ids.into_iter().filter_map(|id| self.remove(id).map(|queued| (id, queued))).collect()
    }

    pub(super) fn pop(&mut self) -> Option<(WaiterId, Queued)> {
        let (&id, _) = self.waiting.first_key_value()?;
        self.remove(id).map(|queued| (id, queued))
    }

    pub(super) fn remove(&mut self, id: WaiterId) -> Option<Queued> {
        let queued = self.waiting.remove(&id)?;
        self.n_blocking -= usize::from(queued.caller == Caller::Blocking);
        Some(queued)
    }

    pub(super) fn get_mut(&mut self, id: WaiterId) -> Option<&mut Queued> {
        self.waiting.get_mut(&id)
    }

    /// Walks past the async ones only where there is a blocking one to find.
    pub(super) fn first_blocking(&self) -> Option<WaiterId> {
        if self.n_blocking == 0 {
            return None;
        }
        self.waiting.iter().find(|(_, queued)| queued.caller == Caller::Blocking).map(|(&id, _)| id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
