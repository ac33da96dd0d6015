//! Two processes over one store: calls, and clears elsewhere, of results that are stored and of those that are not. Each
//! request may be executed late, and its answer may be late.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use shuttle::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use shuttle::thread;

use super::explore;
use crate::cache::{Approach, Cache, Request};
use crate::clock::{Clock, Manual};
use crate::error::Result;
use crate::flight::Caller;
use crate::key::Key;
use crate::layer::{Layer, Verb};
use crate::park::block_on;
use crate::rules::{Vtable, value};
use crate::site::{Facts, Site};
use crate::testing::MemoryAdapter;
use crate::timeout::Timeout;

static SITE: Site = Site::new(Facts::new("value", "processes", "value"));

/// Between a caller and its store: a request may be given up before it is executed, and before its answer is seen.
struct Late;

impl Layer for Late {
    async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        later().await;
        let answer = call.await;
        later().await;
        answer
    }
}

/// Pending once.
async fn later() {
    let mut is_later = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_later, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    thread::yield_now();
}

/// A store, two processes with a cache over it each, and an origin that is dearer than both.
struct World {
    store: MemoryAdapter,
    here: Cache,
    elsewhere: Cache,
    time: Arc<Manual>,
    key: Key,
    /// What the results of this world are kept for; zero: they are not stored.
    timeout: Option<Timeout>,
    /// What the origin says now.
    origin: AtomicU64,
    /// The version up to which a clear has ended: nothing older may be served to a call that begins after it.
    floor: AtomicU64,
    n_computed: AtomicUsize,
}

impl World {
    fn new(timeout: Option<Timeout>) -> Arc<Self> {
        let time = Arc::<Manual>::default();
        let clock = || Clock::manual(Arc::clone(&time));
        let store = MemoryAdapter::new().with_clock(clock());
        let cache = || Cache::builder(store.clone()).layer(Late).clock(clock()).build().unwrap();
        let (here, elsewhere) = (cache(), cache());
        let (origin, floor, n_computed) = (AtomicU64::new(0), AtomicU64::new(0), AtomicUsize::new(0));
        Arc::new(Self { store, here, elsewhere, time, key: Key::from("value"), timeout, origin, floor, n_computed })
    }

    fn request(&self, caller: Caller) -> Request<'_> {
        Request { site: &SITE, key: self.key.lend(), caller }
    }

    async fn compute(&self) -> u64 {
        let version = self.origin.load(Ordering::SeqCst);
        thread::yield_now();
        self.n_computed.fetch_add(1, Ordering::SeqCst);
        version
    }

    async fn call(&self, cache: &Cache, caller: Caller) -> u64 {
        let approach = Approach::new(cache.clone(), self.request(caller));
        crate::call::whole(approach, rules(), self.timeout, self.compute()).await
    }

    /// Calls, and checks that nothing is served that was cleared before.
    fn checked_call(&self, cache: &Cache, caller: Caller) {
        let floor = self.floor.load(Ordering::SeqCst);
        let version = block_on(self.call(cache, caller));
        assert!(version >= floor, "version {version} was served after version {floor} had been cleared");
    }

    /// Moves the origin on and clears elsewhere.
    fn change(&self, version: u64, clear: impl Fn(&Self)) {
        self.origin.store(version, Ordering::SeqCst);
        clear(self);
        self.floor.fetch_max(version, Ordering::SeqCst);
    }

    /// Is no lease left in the store?
    fn holds_no_lease(&self) -> bool {
        self.store.n_permits() == 0
    }
}

fn rules() -> Vtable<u64> {
    value()
}

const STORED: Option<Timeout> = None;
const NOT_STORED: Option<Timeout> = Some(Timeout::ZERO);

/// Two callers here, and one elsewhere that clears twice; at the end one more call in each process.
fn race(timeout: Option<Timeout>, clear: fn(&World)) {
    explore(move || {
        let world = World::new(timeout);
        let callers = [Caller::Async, Caller::Blocking].map(|caller| {
            let world = Arc::clone(&world);
            thread::spawn(move || {
                world.checked_call(&world.here, caller);
                world.checked_call(&world.here, caller);
            })
        });
        let changer = {
            let world = Arc::clone(&world);
            thread::spawn(move || {
                world.change(1, clear);
                world.checked_call(&world.elsewhere, Caller::Async);
                world.change(2, clear);
            })
        };
        callers.into_iter().chain([changer]).for_each(|thread| thread.join().unwrap());
        world.checked_call(&world.here, Caller::Async);
        world.checked_call(&world.elsewhere, Caller::Blocking);
        assert_eq!(world.here.n_flights() + world.elsewhere.n_flights(), 0);
    });
}

/// A clear of one key: nothing older from the moment at which it has ended.
fn clear_key(world: &World) {
    block_on(world.elsewhere.clone().clear_entry(&SITE, world.key.clone())).unwrap();
}

/// A clear that others see within a second.
fn clear_function(world: &World) {
    block_on(world.elsewhere.clone().clear_function(&SITE)).unwrap();
    world.time.pass(Timeout::from_millis(1_001));
}

fn clear_namespace(world: &World) {
    world.elsewhere.clear().unwrap();
    world.time.pass(Timeout::from_millis(1_001));
}

/// The refresh's own value is the new one.
fn refresh(world: &World) {
    let lead = world.elsewhere.clone().start(world.request(Caller::Async));
    block_on(crate::call::compute(lead, &SITE, rules(), world.compute()));
}

#[test]
fn a_clear_elsewhere_beats_fills() {
    race(STORED, clear_key);
}

#[test]
fn a_clear_of_the_function_elsewhere_beats_fills() {
    race(STORED, clear_function);
}

#[test]
fn a_clear_of_the_namespace_elsewhere_beats_fills() {
    race(STORED, clear_namespace);
}

#[test]
fn a_refresh_elsewhere_beats_fills() {
    race(STORED, refresh);
}

#[test]
fn a_clear_elsewhere_beats_results_that_are_not_stored() {
    race(NOT_STORED, clear_key);
}

#[test]
fn a_clear_of_the_function_elsewhere_beats_results_that_are_not_stored() {
    race(NOT_STORED, clear_function);
}

#[test]
fn one_computation_serves_a_process() {
    explore(|| {
        let world = World::new(STORED);
        let callers = [Caller::Async; 3].map(|caller| {
            let world = Arc::clone(&world);
            thread::spawn(move || world.checked_call(&world.here, caller))
        });
        callers.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(world.n_computed.load(Ordering::SeqCst), 1);
        assert_eq!(world.here.n_flights(), 0);
    });
}

/// Whether it is stored or not, whether it ends or is given up at any of its awaits.
#[test]
fn no_lease_is_left_behind() {
    for timeout in [STORED, NOT_STORED] {
        explore(move || {
            let world = World::new(timeout);
            let given_up = {
                let world = Arc::clone(&world);
                thread::spawn(move || {
                    let mut call = pin!(world.call(&world.here, Caller::Async));
                    for _ in 0..8 {
                        if call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                            break;
                        }
                        thread::yield_now();
                    }
                })
            };
            let caller = {
                let world = Arc::clone(&world);
                thread::spawn(move || world.checked_call(&world.elsewhere, Caller::Async))
            };
            given_up.join().unwrap();
            caller.join().unwrap();
            // What goes behind the callers has threads of its own, which end.
            for _ in 0..200 {
                if world.holds_no_lease() {
                    return;
                }
                thread::yield_now();
            }
            panic!("a lease is left behind");
        });
    }
}
