//! The request path under a model checker: random interleavings of callers, clears and cancellations, each of them
//! checked against an origin whose version only grows. Run with `RUSTFLAGS="--cfg shuttle"`.

#[cfg(feature = "far")]
mod processes;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use shuttle::{Config, Runner, thread};

use super::{Approach, Cache, Defaults, Lead, Request, Setup, Step, Tier, Weights};
use crate::clock::{Clock, Manual};
use crate::flight::Caller;
use crate::key::Key;
use crate::near::Bound;
use crate::park::block_on;
use crate::rules::{Probing as _, Rules as _, Vtable, local, probe};
use crate::site::{Facts, Site};
use crate::timeout::Timeout;

static SITE: Site = Site::new(Facts::new("value", "interleavings", "value"));

/// 100,000 at full size, a tenth of it otherwise.
fn n_interleavings() -> usize {
    const FULL: usize = 100_000;
    match std::env::var("LARDER_SCALE").as_deref() {
        Ok("full") => FULL,
        _ => FULL / 10,
    }
}

/// Half of them step by step at random; half with random priorities, which lets one thread stand still while the others
/// run far ahead, and so finds what needs a long pause at one place.
fn explore(scenario: impl Fn() + Clone + Send + Sync + 'static) {
    const DEPTH: usize = 3;
    let config = || {
        let mut config = Config::new();
        // What is far writes records, which takes more than the default in a debug build.
        config.stack_size = 1 << 18;
        config
    };
    let half = n_interleavings() / 2;
    Runner::new(RandomScheduler::new(half), config()).run(scenario.clone());
    Runner::new(PctScheduler::new(DEPTH, half), config()).run(scenario);
}

fn rules() -> Vtable<u64> {
    local(probe::<u64>().kind().inner().share())
}

async fn run(lead: Lead, compute: impl Future<Output = u64>) -> u64 {
    crate::call::compute(lead, &SITE, rules(), compute).await
}

/// A cache, and an origin that is dearer than it.
struct World {
    cache: Cache,
    key: Key,
    /// What the origin says now.
    origin: AtomicU64,
    /// The version up to which a clear has ended: nothing older may be served to a call that begins after it.
    floor: AtomicU64,
    n_computing: AtomicUsize,
    n_computed: AtomicUsize,
    most_computing: AtomicUsize,
}

impl World {
    fn new() -> Arc<Self> {
        let cache = Cache::new(Setup {
            adapter: "memory",
            near: Some(Bound::Entries(10)),
            tier: Tier::default(),
            defaults: Defaults::default(),
            weights: Weights::default(),
            clock: Clock::manual(Arc::<Manual>::default()),
        });
        let zero = || AtomicUsize::new(0);
        Arc::new(Self {
            cache,
            key: Key::from("value"),
            origin: AtomicU64::new(0),
            floor: AtomicU64::new(0),
            n_computing: zero(),
            n_computed: zero(),
            most_computing: zero(),
        })
    }

    /// Reads the origin, and takes its time before it is back with it.
    fn compute(&self) -> u64 {
        let n_computing = self.n_computing.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_computing.fetch_max(n_computing, Ordering::SeqCst);
        let version = self.origin.load(Ordering::SeqCst);
        thread::yield_now();
        self.n_computed.fetch_add(1, Ordering::SeqCst);
        self.n_computing.fetch_sub(1, Ordering::SeqCst);
        version
    }

    async fn call(&self, caller: Caller) -> u64 {
        if let Some(version) = self.stored() {
            return version;
        }
        self.call_of(&self.key, caller, async { self.compute() }).await
    }

    /// As `call_async` does it, for callers of both kinds.
    async fn call_of(&self, key: &Key, caller: Caller, compute: impl Future<Output = u64>) -> u64 {
        let request = Request { site: &SITE, key: key.lend(), caller };
        match Approach::new(self.cache.clone(), request).next().await {
            Step::Slot(slot) => rules().unpack(&slot).unwrap(),
            Step::Compute(lead) => run(lead, compute).await,
            Step::Open(_) => unreachable!("nothing is far here"),
        }
    }

    fn stored(&self) -> Option<u64> {
        self.cache.live(self.key.lend()).and_then(|slot| rules().unpack(&slot))
    }

    /// Calls, and checks that nothing is served that was cleared before.
    fn checked_call(&self, caller: Caller) {
        let floor = self.floor.load(Ordering::SeqCst);
        let version = block_on(self.call(caller));
        assert!(version >= floor, "version {version} was served after version {floor} had been cleared");
    }

    /// Moves the origin on and clears.
    fn change(&self, version: u64, clear: impl Fn(&Self)) {
        self.origin.store(version, Ordering::SeqCst);
        clear(self);
        self.floor.fetch_max(version, Ordering::SeqCst);
    }

    fn is_at_rest(&self) -> bool {
        self.cache.n_flights() == 0
    }
}

/// Two callers and one that clears twice, and at the end one more call.
fn race(clear: fn(&World)) {
    explore(move || {
        let world = World::new();
        let callers = [Caller::Async, Caller::Blocking].map(|caller| {
            let world = Arc::clone(&world);
            thread::spawn(move || {
                world.checked_call(caller);
                world.checked_call(caller);
            })
        });
        let changer = {
            let world = Arc::clone(&world);
            thread::spawn(move || {
                world.change(1, clear);
                world.change(2, clear);
            })
        };
        callers.into_iter().chain([changer]).for_each(|thread| thread.join().unwrap());
        world.checked_call(Caller::Blocking);
        assert_eq!(world.stored(), Some(2), "what is good is stored");
        assert!(world.is_at_rest());
    });
}

#[test]
fn a_clear_of_the_key_beats_fills() {
    race(|world| {
        world.cache.remove(world.key.lend());
    });
}

#[test]
fn a_clear_of_the_function_beats_fills() {
    race(|world| world.cache.clear_template(SITE.facts.template));
}

#[test]
fn a_clear_of_the_namespace_beats_fills() {
    race(|world| world.cache.clear().unwrap());
}

#[test]
fn a_set_beats_fills() {
    race(|world| {
        let version = world.origin.load(Ordering::SeqCst);
        let setting = world.cache.prepare(&SITE, &world.key, None, &(&rules(), &version)).unwrap();
        assert!(block_on(world.cache.clone().finish(&SITE, world.key.clone(), setting)).unwrap());
    });
}

#[test]
fn a_refresh_beats_fills() {
    race(|world| {
        let request = Request { site: &SITE, key: world.key.lend(), caller: Caller::Blocking };
        block_on(run(world.cache.clone().start(request), async { world.compute() }));
    });
}

#[test]
fn a_timeout_of_zero_beats_fills() {
    race(|world| {
        world.cache.retime(world.key.lend(), Timeout::ZERO);
    });
}

#[test]
fn retiming_revives_nothing_that_was_cleared() {
    explore(|| {
        let world = World::new();
        world.checked_call(Caller::Blocking);
        let retimer = {
            let world = Arc::clone(&world);
            thread::spawn(move || world.cache.retime(world.key.lend(), Timeout::from(60)))
        };
        world.change(1, |world| assert!(world.cache.remove(world.key.lend())));
        world.checked_call(Caller::Blocking);
        retimer.join().unwrap();
        world.checked_call(Caller::Blocking);
    });
}

#[test]
fn one_computation_serves_all() {
    explore(|| {
        let world = World::new();
        let callers = [Caller::Async; 3].map(|caller| {
            let world = Arc::clone(&world);
            thread::spawn(move || world.checked_call(caller))
        });
        callers.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(world.n_computed.load(Ordering::SeqCst), 1);
        assert!(world.is_at_rest());
    });
}

#[test]
fn a_cancelled_caller_hands_over_and_never_are_two_at_it() {
    explore(|| {
        let world = World::new();
        let canceller = {
            let world = Arc::clone(&world);
            thread::spawn(move || {
                let mut call = pin!(world.call_for_ever());
                let _ = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            })
        };
        let callers = [Caller::Async; 2].map(|caller| {
            let world = Arc::clone(&world);
            thread::spawn(move || world.checked_call(caller))
        });
        callers.into_iter().chain([canceller]).for_each(|thread| thread.join().unwrap());
        assert_eq!(world.most_computing.load(Ordering::SeqCst), 1);
        assert_eq!(world.n_computed.load(Ordering::SeqCst), 1, "the cancelled one never came to its end");
        assert!(world.is_at_rest());
    });
}

/// Two calls that need each other: without the wait graph, they would wait for ever.
#[test]
fn a_ring_of_two_keys_ends() {
    explore(|| {
        let world = World::new();
        let threads = [("one", "other"), ("other", "one")].map(|(outer, inner)| {
            let world = Arc::clone(&world);
            thread::spawn(move || {
                let (outer, inner) = (Key::from(outer), Key::from(inner));
                let inner = world.call_of(&inner, Caller::Async, async { 1 });
                assert_eq!(block_on(world.call_of(&outer, Caller::Async, inner)), 1);
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(world.is_at_rest());
    });
}

impl World {
    /// A call whose computation is never done.
    async fn call_for_ever(&self) -> u64 {
        let compute = async {
            self.n_computing.fetch_add(1, Ordering::SeqCst);
            let _done = Done(&self.n_computing);
            std::future::pending().await
        };
        self.call_of(&self.key, Caller::Async, compute).await
    }
}

struct Done<'a>(&'a AtomicUsize);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
