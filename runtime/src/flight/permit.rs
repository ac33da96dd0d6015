//! The right to store what is being computed. It is taken before the computation begins, moves to who uses it, and may be
//! voided at any time: by a clear, a `set`, a `remove`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::health::LeaderTask;
use super::queue::Mark;
use super::ring::Inside;
use super::state::Reach;
use super::table::{Berth, Flights};
use super::{Caller, Changed, Flight};
use crate::near::{Generation, NearKeyRef, Slot};

/// A leader's place in its flight. Dropped unused (a panic, a cancelled task), it goes to the next in the queue.
#[must_use]
pub(crate) struct Permit {
    flights: Arc<Flights>,
    flight: Arc<Flight>,
    caller: Caller,
    /// Among the flight's leaders.
    number: u32,
    /// As it was when the permit was taken, or when a lease was given: dead means that a clear came in between. The flight's may be
    /// a later one, which another of its leaders has brought.
    generation: Arc<Generation>,
    /// Where the computation begins: whoever had come to wait by then may have its result, whatever is cleared later.
    start: Mark,
    /// Of an async caller.
    task: Option<Arc<LeaderTask>>,
    /// What is left to do on drop.
    open: AtomicBool,
}

/// A result has been handed on; those who get it are still to be woken, once no lock is held.
#[must_use]
pub(crate) struct Published(Changed);

impl Published {
    pub(crate) fn wake(self) {
        self.0.wake();
    }
}

impl Permit {
    pub(super) fn new(flights: Arc<Flights>, flight: Arc<Flight>, caller: Caller) -> Self {
        let task = (caller == Caller::Async).then(|| flight.tasks.lock().add(flight.clock.clone()));
        let (start, number, generation) = (flights.mark(), flight.state.lock().last(), flight.generation());
        Self { flights, flight, caller, number, generation, start, task, open: AtomicBool::new(true) }
    }

    /// The computation begins only now: a store has answered before it.
    pub(crate) fn begin(&mut self) {
        self.start = self.flights.mark();
    }

    /// Where the computation has begun.
    pub(crate) fn start(&self) -> Mark {
        self.start
    }

    /// Tells those who have come to wait from those who will, before a store is asked.
    pub(crate) fn mark(&self) -> Mark {
        self.flights.mark()
    }

    /// Has another leader been through before this one, whose result was too old for some who waited?
    pub(crate) fn follows(&self) -> bool {
        self.flight.state.lock().has_left_waiters()
    }

    /// Takes a later generation, if the flight is where callers find it: the store has given a lease of that generation, before
    /// the computation.
    pub(crate) fn renew(&mut self, generation: Arc<Generation>) {
        self.generation = Arc::clone(&generation);
        let berth = self.berth();
        if berth.holds(&self.flight) {
            *self.flight.generation.lock() = generation;
        }
    }

    /// Does the flight go on under a later generation than the permit's? Then callers have joined it who came after a clear that
    /// the permit has not survived.
    pub(crate) fn is_outlived(&self) -> bool {
        !Arc::ptr_eq(&self.generation, &self.flight.generation.lock())
    }

    /// Ends the flight if nobody waits for it, in one step.
    pub(crate) fn end_if_alone(&self) -> bool {
        let mut berth = self.berth();
        let is_alone = self.flight.state.lock().is_alone();
        if is_alone {
            berth.detach(&self.flight);
        }
        is_alone
    }

    /// Held while a part of the computation runs.
    pub(crate) fn inside(&self) -> Inside {
        Inside::of(self.flight.id)
    }

    /// What is to be polled with it, until it is used.
    pub(crate) fn task(&self) -> Option<&Arc<LeaderTask>> {
        self.task.as_ref()
    }

    /// The key that it is for.
    pub(crate) fn key(&self) -> NearKeyRef<'_> {
        self.flight.key.by_ref()
    }

    /// What a result stored with it belongs to.
    pub(crate) fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.generation)
    }

    /// The place of the permit's key.
    pub(crate) fn berth(&self) -> Berth<'_> {
        self.flights.berth(self.flight.key.by_ref())
    }

    /// Was nothing cleared since it was taken?
    pub(crate) fn is_good(&self) -> bool {
        self.is_good_in(&self.berth())
    }

    pub(crate) fn is_good_in(&self, berth: &Berth<'_>) -> bool {
        berth.holds(&self.flight) && self.generation.is_live()
    }

    /// Hands the result on, in one step with what happens to the key's entry. Where it reaches everyone the flight ends:
    /// callers that come after find what is stored, or start anew. Else it goes on for as long as somebody waits, or computes who
    /// has begun after this one: an earlier leader, which may hang, keeps nobody waiting.
    pub(crate) fn publish(&self, berth: &mut Berth<'_>, slot: &Arc<Slot>, reach: Reach) -> Published {
        self.open.store(false, Ordering::Relaxed);
        self.retire();
        if let Reach::Everyone = reach {
            berth.detach(&self.flight);
        }
        let (now, is_in_table) = (self.flight.clock.now(), berth.holds(&self.flight));
        let mut is_over = false;
        let changed = self.flight.change(|state| {
            state.land((self.caller, self.number), slot, reach, is_in_table, now);
            is_over = state.ends_with(self.number);
        });
        if changed.idle || is_over {
            berth.detach(&self.flight);
        }
        Published(changed)
    }

    /// Leaves without a result that could be handed on: each of those who wait computes for itself, some at a time.
    pub(crate) fn scatter(self) {
        self.step_down(true);
    }

    fn step_down(&self, failed: bool) {
        self.open.store(false, Ordering::Relaxed);
        self.retire();
        let mut berth = self.flights.berth(self.flight.key.by_ref());
        let changed = self.flight.change(|state| state.step_down(self.caller, failed));
        if changed.idle {
            berth.detach(&self.flight);
        }
        drop(berth);
        changed.wake();
    }

    /// Its task leads no more.
    fn retire(&self) {
        if let Some(task) = &self.task {
            self.flight.tasks.lock().remove(task);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if *self.open.get_mut() {
            self.step_down(false);
        }
        self.retire();
    }
}
