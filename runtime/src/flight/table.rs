//! The flights that are under way, by key. Bounded, sharded, and empty at rest.

use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashTable;

use super::permit::Permit;
use super::queue::{Arrival, Mark, WaiterId};
use super::ring::Inside;
use super::waiting::Waiting;
use super::{Caller, Flight};
use crate::clock::Clock;
use crate::near::{Generation, NearKeyRef};
use crate::sync::{AtomicU64, AtomicUsize, Mutex, MutexGuard, Ordering};

/// So many keys are computed at once; past that, callers compute alone.
const MOST_FLIGHTS: usize = 10_000;
const N_SHARDS: usize = if cfg!(shuttle) { 1 } else { 32 };

pub(crate) struct Flights {
    shards: Box<[Mutex<HashTable<Arc<Flight>>>]>,
    n_flights: AtomicUsize,
    /// Numbers those who come to wait.
    n_arrived: AtomicU64,
    clock: Clock,
}

impl Flights {
    pub(crate) fn new(clock: Clock) -> Self {
        let shards = (0..N_SHARDS).map(|_| Mutex::new(HashTable::new())).collect();
        Self { shards, n_flights: AtomicUsize::new(0), n_arrived: AtomicU64::new(0), clock }
    }

    /// The place of `key`, held until the berth is dropped.
    pub(crate) fn berth<'a>(&'a self, key: NearKeyRef<'a>) -> Berth<'a> {
        let shard = &self.shards[(key.hash() >> 32) as usize % self.shards.len()];
        Berth { flights: self, key, shard: shard.lock() }
    }

    /// A number for a caller that comes to wait. It keeps the number when it looks again.
    pub(super) fn arrive(&self) -> WaiterId {
        WaiterId(self.n_arrived.fetch_add(1, Ordering::SeqCst))
    }

    /// Tells those who have come to wait from those who will.
    pub(super) fn mark(&self) -> Mark {
        Mark(WaiterId(self.n_arrived.load(Ordering::SeqCst)))
    }

    /// How many computations are under way.
    pub(crate) fn n_flights(&self) -> usize {
        self.n_flights.load(Ordering::Relaxed)
    }
}

/// One key's place in the table. While it is held, no flight of the key starts or ends, no permit is taken or used: what
/// is done to the key's entry meanwhile is one step with what is done to its permit.
pub(crate) struct Berth<'a> {
    flights: &'a Flights,
    key: NearKeyRef<'a>,
    shard: MutexGuard<'a, HashTable<Arc<Flight>>>,
}

/// How a caller comes to its result.
pub(crate) enum Entered {
    /// It leads, and computes.
    Lead(Permit),
    /// It waits for who leads.
    Wait(Waiting),
    /// The table is full: it computes alone.
    Alone,
}

impl Berth<'_> {
    /// Joins the key's flight, or starts one.
    ///
    /// A flight of a generation that was cleared meanwhile is not joined: callers that arrive after a clear do not see
    /// what was begun before it.
    pub(crate) fn enter(
        mut self,
        flights: &Arc<Flights>,
        generation: Arc<Generation>,
        wait: Option<Duration>,
        arrival: Arrival,
    ) -> Entered {
        if let Some(flight) = self.flight().filter(|flight| flight.is_live()).cloned() {
            let (entered, changed) = flight.join(flights, arrival);
            drop(self);
            changed.wake();
            return entered;
        }
        self.void();
        // Inside a computation the bound does not hold: there the stack bounds the depth, and a recursion that is not
        // memoized from some depth on computes without end.
        if self.flights.n_flights() >= MOST_FLIGHTS && !Inside::any() {
            return Entered::Alone;
        }
        Entered::Lead(self.start(flights, generation, wait, arrival.caller))
    }

    /// Starts a flight in place of the one there is.
    pub(crate) fn start(
        &mut self,
        flights: &Arc<Flights>,
        generation: Arc<Generation>,
        wait: Option<Duration>,
        caller: Caller,
    ) -> Permit {
        self.void();
        let clock = self.flights.clock.clone();
        let flight = Flight::new(self.key.to_owned(), generation, clock, wait, caller);
        self.shard.insert_unique(self.key.hash(), Arc::clone(&flight), |flight| flight.key.by_ref().hash());
        self.flights.n_flights.fetch_add(1, Ordering::Relaxed);
        Permit::new(Arc::clone(flights), flight, caller)
    }

    /// Voids the key's permits: its flight leaves the table, and goes on for those who wait for it already.
    pub(crate) fn void(&mut self) {
        let key = self.key;
        self.take_out(|flight| key.is(&flight.key));
    }

    /// Takes `flight` out, if it is still there.
    pub(super) fn detach(&mut self, flight: &Arc<Flight>) {
        self.take_out(|other| Arc::ptr_eq(other, flight));
    }

    pub(super) fn holds(&self, flight: &Arc<Flight>) -> bool {
        self.flight().is_some_and(|other| Arc::ptr_eq(other, flight))
    }

    fn flight(&self) -> Option<&Arc<Flight>> {
        self.shard.find(self.key.hash(), |flight| self.key.is(&flight.key))
    }

    fn take_out(&mut self, which: impl FnMut(&Arc<Flight>) -> bool) {
        if let Ok(entry) = self.shard.find_entry(self.key.hash(), which) {
            entry.remove();
            self.flights.n_flights.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
