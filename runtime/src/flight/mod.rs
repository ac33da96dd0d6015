//! One flight per key: concurrent callers of one key share one computation, and only who holds a permit that is still
//! good may store its result. Knows no store: whoever fills or clears does it while it holds the key's
//! [`Berth`](table::Berth), and that is what makes a clear beat a fill.

mod health;
mod permit;
mod queue;
mod ring;
mod state;
mod table;
mod waiting;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

pub(crate) use health::{LeaderTask, Polling, tend};
pub(crate) use permit::Permit;
pub(crate) use queue::{Arrival, Mark};
pub(crate) use ring::Inside;
pub(crate) use state::Reach;
pub(crate) use table::{Entered, Flights};
pub(crate) use waiting::Landing;

use health::Tasks;
use state::State;

use crate::clock::{Clock, wake};
use crate::near::{Generation, NearKey};
use crate::sync::Mutex;

/// How a caller runs and waits. A blocking one never waits for an async computation, whose task may live on the very
/// thread that it would block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Blocking,
    Async,
}

/// One computation of one key, or several side by side, and those who wait for the first of them to land.
pub(crate) struct Flight {
    id: FlightId,
    key: NearKey,
    /// As it was when the permit was taken, or when its leader was given a lease: dead means that a clear came in between.
    generation: Mutex<Arc<Generation>>,
    clock: Clock,
    /// Below the table's lock, above that of the timers; no code of the user's runs under it.
    state: Mutex<State>,
    /// Below that lock.
    tasks: Mutex<Tasks>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct FlightId(u64);

impl FlightId {
    /// One that nobody else has. Each thread takes so many at a time, so that threads do not meet at every flight.
    fn next() -> Self {
        const BLOCK: u64 = 1024;
        static N_TAKEN: AtomicU64 = AtomicU64::new(0);
        thread_local! {
            static NEXT: Cell<u64> = const { Cell::new(0) };
        }
        NEXT.with(|next| {
            if next.get() % BLOCK == 0 {
                next.set(N_TAKEN.fetch_add(BLOCK, Ordering::Relaxed));
            }
            Self(next.replace(next.get() + 1))
        })
    }
}

impl Flight {
    /// A flight that its maker leads.
    fn new(
        key: NearKey,
        generation: Arc<Generation>,
        clock: Clock,
        wait: Option<Duration>,
        leader: Caller,
    ) -> Arc<Self> {
        let id = FlightId::next();
        let state = Mutex::new(State::led(leader, wait, clock.now()));
        Arc::new(Self { id, key, generation: Mutex::new(generation), clock, state, tasks: Mutex::default() })
    }

    fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.generation.lock())
    }

    /// Was nothing of its generation cleared since?
    fn is_live(&self) -> bool {
        self.generation.lock().is_live()
    }

    /// Changes the state, and lets start whoever may start after that.
    fn change(self: &Arc<Self>, change: impl FnOnce(&mut State)) -> Changed {
        let now = self.clock.now();
        let mut state = self.state.lock();
        change(&mut state);
        let health = self.tasks.lock().health();
        state.regulate(now, health);
        if state.alarm_is_off(now, health) {
            state.rearm(now, health, |at| self.clock.alarm(at, Waker::from(Arc::new(Tick(Arc::downgrade(self))))));
        }
        Changed { idle: state.is_idle(), wakers: state.take_wakers() }
    }
}

/// What a change leaves to do once no lock is held.
#[must_use]
struct Changed {
    /// Nobody computes any more.
    idle: bool,
    wakers: Vec<Waker>,
}

impl Changed {
    fn wake(self) {
        self.wakers.into_iter().for_each(wake);
    }
}

/// Wakes a flight whose alarm went off. Weak: the timers must not keep a flight.
struct Tick(std::sync::Weak<Flight>);

impl Wake for Tick {
    fn wake(self: Arc<Self>) {
        if let Some(flight) = self.0.upgrade() {
            flight.change(State::alarm_went_off).wake();
        }
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests;
