//! Keeps a call from waiting for itself. A call knows its parents, the flights that the code below it on this thread is
//! computing; before it waits, it draws an edge from each of them to the flight it waits for, and where that would close a
//! ring it does not wait.
//!
//! A spawned task has no parents. A ring through one is not seen here; one more start per minute ends it.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::marker::PhantomData;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::FlightId;
use crate::sync::thread_local;

thread_local! {
    /// Innermost last. Set during each poll of an async computation and during each blocking one.
    static PARENTS: RefCell<Vec<FlightId>> = const { RefCell::new(Vec::new()) };
}

/// Held while a part of a flight's computation runs: every call in it has the flight for a parent.
#[must_use]
pub(crate) struct Inside {
    /// In a destructor of the thread's own, the list may be gone: then one more start per minute has to do.
    listed: bool,
    /// It belongs to the thread that it was made on.
    _not_send: PhantomData<*const ()>,
}

impl Inside {
    /// Is this thread inside any computation?
    pub(super) fn any() -> bool {
        PARENTS.try_with(|parents| !parents.borrow().is_empty()).unwrap_or_default()
    }

    pub(super) fn of(flight: FlightId) -> Self {
        let listed = PARENTS.try_with(|parents| parents.borrow_mut().push(flight)).is_ok();
        Self { listed, _not_send: PhantomData }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if self.listed {
            let _ = PARENTS.try_with(|parents| parents.borrow_mut().pop());
        }
    }
}

/// The flights that the calls below this one are computing.
fn parents() -> Vec<FlightId> {
    PARENTS.try_with(|parents| parents.borrow().clone()).unwrap_or_default()
}

/// Which flight's computation waits for which. One for the process, as a ring may run through several caches; taken only
/// by calls that have parents. Always std's lock: nothing happens under it that a model checker could reorder.
static WAITS: LazyLock<Mutex<Waits>> = LazyLock::new(Mutex::default);

fn waits() -> MutexGuard<'static, Waits> {
    WAITS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From each flight to those that it waits for, as often as it does.
#[derive(Default)]
struct Waits(HashMap<FlightId, Vec<FlightId>>);

impl Waits {
    fn reaches_any(&self, from: FlightId, goals: &[FlightId]) -> bool {
        let mut seen = HashSet::new();
        let mut ahead = vec![from];
        while let Some(flight) = ahead.pop() {
            if goals.contains(&flight) {
                return true;
            }
            if seen.insert(flight) {
                ahead.extend(self.0.get(&flight).into_iter().flatten());
            }
        }
        false
    }

    fn remove(&mut self, from: FlightId, to: FlightId) {
        let Some(targets) = self.0.get_mut(&from) else {
            return;
        };
        if let Some(at) = targets.iter().position(|&target| target == to) {
            targets.swap_remove(at);
        }
        if targets.is_empty() {
            self.0.remove(&from);
        }
    }
}

/// The edges of one waiting call; gone when it waits no more.
pub(super) struct Edges {
    parents: Vec<FlightId>,
    target: FlightId,
}

impl Edges {
    /// `None` where waiting for `target` would be waiting for oneself.
    pub(super) fn draw(target: FlightId) -> Option<Self> {
        let parents = parents();
        if !parents.is_empty() {
            let mut waits = waits();
            if waits.reaches_any(target, &parents) {
                return None;
            }
            for &parent in &parents {
                waits.0.entry(parent).or_default().push(target);
            }
        }
        Some(Self { parents, target })
    }
}

impl Drop for Edges {
    fn drop(&mut self) {
        if !self.parents.is_empty() {
            let mut waits = waits();
            for &parent in &self.parents {
                waits.remove(parent, self.target);
            }
        }
    }
}

/// How many edges leave these flights: none, when nobody waits.
#[cfg(all(test, not(shuttle)))]
pub(super) fn n_edges(from: &[FlightId]) -> usize {
    let waits = waits();
    from.iter().filter_map(|flight| waits.0.get(flight)).map(Vec::len).sum()
}
