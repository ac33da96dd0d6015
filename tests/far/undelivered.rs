//! What could not be cleared is owed to the store: nobody in this process finds it meanwhile, and it goes first when the store
//! is back. On stores that fail as they are told; real ones are in the tests of chaos.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use larder::adapter::AnyAdapter;
use larder::layer::{Layer, Layered, Verb};
use larder::testing::ManualClock;
use larder::{BlockingCache, Cache, ErrorKind, Timeout, cached};

use crate::moody::{Mood, Moody, When};

/// Its version is what it was computed from, whatever the caller says later.
#[cached(key = "undelivered:{id}", skip(version), timeout = 60)]
fn value(id: u64, version: u64) -> u64 {
    id * 1_000 + version
}

/// A store that works, its cache, and the time of all that waits for it.
fn store() -> (Moody, Cache, ManualClock) {
    let (store, clock) = (Moody::new(Mood::Works), ManualClock::new());
    let cache = Cache::builder(store.clone()).clock(clock.clock()).build().unwrap();
    (store, cache, clock)
}

/// Asks until it is so, moving time on, and no longer than half a minute.
fn wait_for(what: &str, clock: &ManualClock, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        clock.advance(Duration::from_millis(20));
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn is_down<T>(answer: larder::Result<T>) -> bool {
    answer.is_err_and(|error| error.kind() == ErrorKind::Unavailable)
}

/// What a command makes owed to a store that fails once, and how often that is.
fn each_way(check: impl Fn(&str, &Moody, &Cache, &ManualClock)) {
    type Way = (&'static str, fn(&Cache) -> bool);
    let ways: [Way; 9] = [
        ("clear", |_| is_down(value::clear(7))),
        ("clear_all", |_| is_down(value::clear_all())),
        ("Cache::clear", |cache| is_down(cache.clear())),
        ("set of a function", |_| is_down(value::set(7, 8_000))),
        ("update_timeout to 0", |_| is_down(value::update_timeout(7, 0))),
        ("remove", |cache| is_down(cache.blocking().remove([value::key(7), value::key(8)]))),
        ("set", |cache| is_down(cache.blocking().set(value::key(7), 8_000_u64, 60))),
        ("multi_set", |cache| is_down(cache.blocking().multi_set([(value::key(7), 8_000_u64)], 60))),
        ("by hand to 0", |cache| is_down(cache.blocking().update_timeout::<u64>(value::key(7), 0))),
    ];
    for (name, way) in ways {
        let (store, cache, clock) = store();
        larder::scoped(&cache, || {
            assert_eq!(value(7, 1), 7_001);
            store.turn(Mood::Fails);
            assert!(way(&cache), "{name}");
            assert!(cache.n_undelivered() > 0, "{name}");
            store.turn(Mood::Works);
            check(name, &store, &cache, &clock);
        });
    }
}

#[test]
fn nobody_here_finds_what_is_to_be_cleared_and_then_it_is_gone() {
    each_way(|name, store, cache, clock| {
        // Time stands still, and so does the next attempt.
        let by_hand = cache.blocking();
        assert_eq!(by_hand.get::<u64>(value::key(7)).unwrap(), None, "{name}");
        assert_eq!(by_hand.multi_get::<u64>([value::key(7)]).unwrap(), [None], "{name}");
        assert!(!by_hand.exists(value::key(7)).unwrap(), "{name}");
        assert_eq!(by_hand.timeout_of(value::key(7)).unwrap(), None, "{name}");
        assert_eq!(value::get(7).unwrap(), None, "{name}");
        assert!(!value::update_timeout(7, 600).unwrap(), "{name}");
        assert_eq!(value(7, 2), 7_002, "{name}");
        assert!(cache.n_undelivered() > 0, "{name}");

        wait_for(name, clock, || cache.n_undelivered() == 0);
        clock.advance(Duration::from_secs(2));
        assert_eq!(value(7, 3), 7_003, "{name}");
        assert_eq!(value(7, 4), 7_003, "{name}: it is stored again");
        let other = Cache::far(store.clone());
        assert_eq!(other.blocking().get::<u64>(value::key(7)).unwrap(), Some(7_003), "{name}");
    });
}

#[test]
fn what_is_to_be_cleared_is_not_counted_by_who_removes_it() {
    type Removal = fn(&BlockingCache) -> bool;
    let removals: [Removal; 3] = [
        |cache| cache.delete(value::key(7)).unwrap(),
        |cache| cache.remove([value::key(7), value::key(8)]).unwrap().removed > 0,
        |_| value::clear(7).unwrap(),
    ];
    for removal in removals {
        each_way(|name, store, cache, _| {
            // Time stands still, and so does the next attempt: it is there still, for whoever owes nothing.
            let other = Cache::far(store.clone()).blocking();
            assert_eq!(other.get::<u64>(value::key(7)).unwrap(), Some(7_001), "{name}");
            assert!(!removal(&cache.blocking()), "{name}");
            assert_eq!(other.get::<u64>(value::key(7)).unwrap(), None, "{name}");
        });
    }
}

#[test]
fn what_is_written_by_hand_afterwards_stays() {
    type Write = fn(&BlockingCache) -> u64;
    let writes: [Write; 4] = [
        |cache| cache.set(value::key(7), 5, 60).map(|()| 5_u64).unwrap(),
        |cache| cache.multi_set([(value::key(7), 5_u64)], 60).map(|()| 5).unwrap(),
        |cache| u64::from(cache.add(value::key(7), 1_u64, 60).unwrap()),
        |cache| cache.increment(value::key(7), 4).unwrap() as u64,
    ];
    for write in writes {
        each_way(|name, _, cache, clock| {
            let by_hand = cache.blocking();
            // No time has passed: who writes does not wait for the next attempt.
            let written = write(&by_hand);
            assert_eq!(by_hand.get::<u64>(value::key(7)).unwrap(), Some(written), "{name}");
            wait_for(name, clock, || cache.n_undelivered() == 0);
            clock.advance(Duration::from_secs(2));
            assert_eq!(by_hand.get::<u64>(value::key(7)).unwrap(), Some(written), "{name}");
        });
    }
}

#[test]
fn a_store_that_is_back_is_told_first_and_then_asked() {
    let (store, cache, clock) = store();
    larder::scoped(&cache, || {
        (0..10).for_each(|id| assert_eq!(value(id, 1), id * 1_000 + 1));
        store.turn(Mood::Fails);
        assert!((0..10).all(|id| is_down(value::clear(id))) && is_down(cache.with_namespace("other").clear()));
        assert_eq!(cache.n_undelivered(), 11);
        let n_asked = store.asked().len();
        // It is given up, and nothing reaches it.
        assert!(is_down(value::clear(20)));
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(store.asked().len(), n_asked);

        let goes = store.hold(When::Before, "remove");
        store.turn(Mood::Works);
        wait_for("it is told", &clock, || store.asked().len() > n_asked);
        // Callers are kept out for as long as that takes.
        (0..10).for_each(|id| assert_eq!(value(id, 2), id * 1_000 + 2));
        assert!(is_down(value::get(30)) && is_down(cache.blocking().set("new", 1, 60)));
        let is_told = |command: &&str| ["remove", "epochs", "renew"].contains(command);
        assert!(store.asked()[n_asked..].iter().all(is_told), "{:?}", &store.asked()[n_asked..]);
        store.hold_nothing();
        goes.add_permits(1);
        wait_for("it is let in", &clock, || value::get(30).is_ok());
        let asked = store.asked();
        let first_asked = asked[n_asked..].iter().position(|command| *command == "get").unwrap();
        let last_told = asked[n_asked..].iter().position(|command| *command == "renew").unwrap();
        assert!(last_told < first_asked, "{:?}", &asked[n_asked..]);
        clock.advance(Duration::from_secs(2));
        (0..10).for_each(|id| assert_eq!(value(id, 3), id * 1_000 + 3));
        wait_for("what was refused meanwhile follows", &clock, || cache.n_undelivered() == 0);
    });
}

/// Two are on their way to it: one is too late, so that it is given up and connected anew, and only then the other arrives.
#[test]
fn what_arrives_late_lets_nobody_in_before_the_rest_is_told() {
    let (store, cache, clock) = store();
    let until = |what: &str, is_so: &dyn Fn() -> bool| {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < Duration::from_secs(30), "{what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    larder::scoped(&cache, || {
        (0..10).for_each(|id| assert_eq!(value(id, 1), id * 1_000 + 1));
        store.turn(Mood::Fails);
        assert!((0..10).all(|id| is_down(value::clear(id))) && is_down(cache.with_namespace("other").clear()));
        let [removals, epochs, renewals] =
            ["remove", "epochs", "renew"].map(|command| store.hold(When::Before, command));
        let [n_removals, n_epochs, n_renewals] = ["remove", "epochs", "renew"].map(|command| store.n_times(command));
        store.turn(Mood::Works);
        wait_for("both are on their way", &clock, || {
            store.n_times("remove") > n_removals && store.n_times("epochs") > n_epochs
        });
        // The renewal has a second from here on, and the removals half of that.
        clock.advance(Duration::from_millis(500));
        epochs.add_permits(100);
        until("the renewal is on its way", &|| store.n_times("renew") > n_renewals);
        let n_connects = store.n_times("connect");
        clock.advance(Duration::from_millis(500));
        wait_for("the removals are late", &clock, || store.n_times("connect") > n_connects);
        // The I/O thread, which connects, lets deliveries in before it sees to this.
        renewals.add_permits(1);
        wait_for("they are told again", &clock, || store.n_times("remove") > n_removals + 1);
        assert!(is_down(value::get(30)), "nobody is let in before");

        store.hold_nothing();
        removals.add_permits(2);
        wait_for("it is let in", &clock, || value::get(30).is_ok());
        assert_eq!(cache.n_undelivered(), 0);
    });
}

#[test]
fn one_of_a_fleet_is_told_before_it_is_asked_and_the_others_go_on() {
    let clock = ManualClock::new();
    let stores = [(); 2].map(|()| Moody::new(Mood::Works));
    let named = ["a", "b"].into_iter().zip(&stores);
    let cache = Cache::fleet(named.map(|(name, store)| (name, AnyAdapter::new(store.clone()))));
    let cache = cache.clock(clock.clock()).build().unwrap();
    larder::scoped(&cache, || {
        (0..40).for_each(|id| assert_eq!(value(id, 1), id * 1_000 + 1));
        stores[1].turn(Mood::Fails);
        let n_failed = (0..40).filter(|id| is_down(value::clear(*id))).count();
        assert!((5..35).contains(&n_failed) && cache.n_undelivered() == n_failed);
        assert!(is_down(value::clear_all()));
        let n_asked = stores[1].asked().len();
        stores[1].turn(Mood::Works);
        // Somebody asks for each key at every moment, and is let in last.
        wait_for("it is let in", &clock, || (0..40).all(|id| value::get(id).is_ok()));
        let asked = stores[1].asked();
        let first_read = asked[n_asked..].iter().position(|command| *command == "get").unwrap();
        let last_told = asked[n_asked..].iter().position(|command| *command == "renew").unwrap();
        assert!(asked[n_asked] == "remove" && last_told < first_read, "{:?}", &asked[n_asked..]);
        wait_for("it is told", &clock, || cache.n_undelivered() == 0);
        clock.advance(Duration::from_secs(2));
        for id in 0..40 {
            assert_eq!((value(id, 2), value(id, 3)), (id * 1_000 + 2, id * 1_000 + 2));
        }
    });
}

#[test]
fn past_ten_thousand_the_namespace_ends_and_no_other_does() {
    let (store, cache, clock) = store();
    let (by_hand, other) = (cache.blocking(), cache.with_namespace("other").blocking());
    for cache in [&by_hand, &other] {
        cache.set("kept", 1, 60).unwrap();
        cache.set("cleared", 1, 60).unwrap();
    }
    store.turn(Mood::Fails);
    assert!(is_down(other.delete("cleared")));
    assert!(is_down(by_hand.remove((0..9_998).map(|number| number.to_string()))));
    assert!(is_down(by_hand.delete("cleared")) && is_down(by_hand.delete("0")));
    assert_eq!(cache.n_undelivered(), 10_000, "one is counted once");
    assert!(is_down(by_hand.delete("one more")));
    assert_eq!(cache.n_undelivered(), 2, "the other's removal, and the end of this one");
    assert!(is_down(by_hand.remove((0..20_000).map(|number| number.to_string()))));
    assert_eq!(cache.n_undelivered(), 2);

    store.turn(Mood::Works);
    wait_for("it is told", &clock, || cache.n_undelivered() == 0);
    assert_eq!(by_hand.get::<i32>("kept").unwrap(), None);
    assert_eq!((other.get::<i32>("kept").unwrap(), other.get::<i32>("cleared").unwrap()), (Some(1), None));
    by_hand.set("kept", 2, 60).unwrap();
    assert_eq!(by_hand.get::<i32>("kept").unwrap(), Some(2));
}

#[test]
fn what_has_expired_meanwhile_is_owed_no_more() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let timeouts = [(Timeout::from(60), DAY), (Timeout::from(3 * DAY), 3 * DAY), (Timeout::NEVER, 100 * 365 * DAY)];
    for (timeout, is_owed_after) in timeouts {
        let (store, cache, clock) = store();
        cache.blocking().set("tea", 1, timeout).unwrap();
        store.turn(Mood::Fails);
        assert!(is_down(cache.blocking().delete("tea")));
        let owed = || cache.n_undelivered();
        clock.advance(is_owed_after - Duration::from_secs(1));
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(owed(), 1, "{timeout:?}");
        if !timeout.is_never() {
            clock.advance(Duration::from_secs(100));
            wait_for("it is forgotten", &clock, || owed() == 0);
        }
    }
}

#[test]
fn a_clear_that_was_given_up_half_way_is_made_good() {
    #[cached(key = "undelivered_later:{id}", skip(version), timeout = 60)]
    async fn later(id: u64, version: u64) -> u64 {
        id * 1_000 + version
    }
    let (store, cache, clock) = store();
    let call = |version| futures_lite::future::block_on(larder::scoped_async(&cache, later(7, version)));
    assert_eq!(call(1), 7_001);
    store.turn(Mood::Hangs);
    {
        let mut clear = pin!(larder::scoped_async(&cache, later::clear(7)));
        assert!(clear.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(cache.n_undelivered(), 1);
    store.turn(Mood::Works);
    assert_eq!(call(2), 7_002);
    wait_for("it is told", &clock, || cache.n_undelivered() == 0);
}

/// More than go in one trip: who gives up during the first has asked for all of them.
#[test]
fn many_that_were_given_up_half_way_are_all_made_good() {
    let (store, cache, clock) = store();
    store.turn(Mood::Hangs);
    {
        let hand = cache.asynchronous();
        let mut removal = pin!(hand.remove((0..2_500).map(|n| n.to_string())));
        assert!(removal.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(cache.n_undelivered(), 2_500);
    store.turn(Mood::Works);
    wait_for("all are told", &clock, || cache.n_undelivered() == 0);
}

fn texts(numbers: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    numbers.map(|number| number.to_string())
}

fn pairs(numbers: std::ops::Range<usize>) -> impl Iterator<Item = (String, usize)> {
    texts(numbers.clone()).zip(numbers)
}

fn n_live(cache: &Cache, numbers: std::ops::Range<usize>) -> usize {
    cache.blocking().multi_get::<usize>(texts(numbers)).unwrap().into_iter().flatten().count()
}

/// With a few more than are remembered, so that all of them would be the end of the namespace.
const MANY: usize = 15_000;

#[test]
fn a_multi_set_that_fails_half_way_ends_nothing_and_keeps_what_was_acknowledged() {
    let (store, cache, clock) = store();
    let by_hand = cache.blocking();
    by_hand.set("kept", 7, 60).unwrap();
    store.turn_at("put_many", 4, Mood::Fails);
    assert!(is_down(by_hand.multi_set(pairs(0..MANY), 60)));
    assert_eq!(cache.n_undelivered(), 1_000, "what was sent and not acknowledged");
    store.turn(Mood::Works);
    wait_for("it is told", &clock, || cache.n_undelivered() == 0);
    assert_eq!(by_hand.get::<i32>("kept").unwrap(), Some(7));
    assert_eq!((n_live(&cache, 0..3_000), n_live(&cache, 3_000..MANY)), (3_000, 0));
}

#[test]
fn a_multi_set_that_was_given_up_half_way_ends_nothing_either() {
    let (store, cache, clock) = store();
    cache.blocking().set("kept", 7, 60).unwrap();
    store.turn_at("put_many", 4, Mood::Hangs);
    {
        let hand = cache.asynchronous();
        let mut set = pin!(hand.multi_set(pairs(0..MANY), 60));
        let start = Instant::now();
        while store.n_times("put_many") < 4 {
            assert!(set.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert!(start.elapsed() < Duration::from_secs(30));
        }
    }
    assert_eq!(cache.n_undelivered(), 1_000);
    store.turn(Mood::Works);
    wait_for("it is told", &clock, || cache.n_undelivered() == 0);
    assert_eq!(cache.blocking().get::<i32>("kept").unwrap(), Some(7));
    assert_eq!(n_live(&cache, 0..MANY), 3_000);
}

/// As when one is set: a newer value is known, and a miss is better than the older one.
#[test]
fn what_a_multi_set_did_not_come_to_is_removed_where_all_of_it_is_remembered() {
    let (store, cache, clock) = store();
    let by_hand = cache.blocking();
    by_hand.multi_set(pairs(0..5_000), 60).unwrap();
    store.turn_at("put_many", 2, Mood::Fails);
    assert!(is_down(by_hand.multi_set(pairs(0..5_000), 60)));
    assert_eq!(cache.n_undelivered(), 4_000);
    store.turn(Mood::Works);
    wait_for("it is told", &clock, || cache.n_undelivered() == 0);
    assert_eq!(n_live(&cache, 0..5_000), 1_000);
}

/// A store that is well, as far as anybody knows.
#[test]
fn however_many_were_given_up_half_way_no_namespace_ends_for_them() {
    let (store, cache, clock) = store();
    cache.blocking().multi_set(pairs(0..MANY), 60).unwrap();
    cache.blocking().set("kept", 7, 60).unwrap();
    store.turn(Mood::Hangs);
    {
        let hand = cache.asynchronous();
        let mut removal = pin!(hand.remove(texts(0..MANY)));
        assert!(removal.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    store.turn(Mood::Works);
    assert_eq!(cache.n_undelivered(), MANY);
    assert_eq!(n_live(&cache, 0..MANY), 0, "nobody here finds them");
    wait_for("all are told", &clock, || cache.n_undelivered() == 0);
    assert_eq!(cache.blocking().get::<i32>("kept").unwrap(), Some(7));
    let other = Cache::far(store);
    assert_eq!(n_live(&other, 0..MANY), 0, "nor does anybody else");
}

#[test]
fn of_a_store_that_fails_no_more_is_remembered_than_before() {
    let (store, cache, clock) = store();
    store.turn(Mood::Hangs);
    {
        let hand = cache.asynchronous();
        let mut removal = pin!(hand.remove(texts(0..MANY)));
        assert!(removal.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(cache.n_undelivered(), MANY);
    wait_for("it was told in vain", &clock, || cache.n_undelivered() == 1);
    store.turn(Mood::Works);
    wait_for("its namespace ends", &clock, || cache.n_undelivered() == 0);
}

/// A connection that was cut, or a server that stood still for longer than one trip may take.
#[test]
fn a_removal_of_many_outlasts_one_failure() {
    let (store, cache, clock) = store();
    let by_hand = cache.blocking();
    by_hand.multi_set(pairs(0..MANY), 60).unwrap();
    by_hand.set("kept", 7, 60).unwrap();
    store.turn_at("remove", 2, Mood::Fails);
    let gate = store.hold(When::After, "remove");
    std::thread::scope(|threads| {
        let removal = threads.spawn(|| by_hand.remove(texts(0..MANY)));
        gate.add_permits(1);
        let start = Instant::now();
        while store.n_times("remove") < 2 {
            assert!(start.elapsed() < Duration::from_secs(30));
            std::thread::yield_now();
        }
        store.hold_nothing();
        store.turn(Mood::Works);
        gate.add_permits(1);
        assert!(is_down(removal.join().unwrap()), "some were not told");
    });
    assert_eq!(cache.n_undelivered(), 1_000);
    wait_for("they are told", &clock, || cache.n_undelivered() == 0);
    assert_eq!(by_hand.get::<i32>("kept").unwrap(), Some(7));
    assert_eq!(n_live(&cache, 0..MANY), 0);
}

/// Panics so often.
#[derive(Default)]
struct Panics(AtomicUsize);

impl Layer for Panics {
    async fn around<T: Send>(
        &self,
        verb: Verb,
        call: impl Future<Output = larder::Result<T>> + Send,
    ) -> larder::Result<T> {
        let panics = |left: usize| left.checked_sub(1);
        if verb == Verb::Ordinary && self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, panics).is_ok() {
            panic!("by order of a test");
        }
        call.await
    }
}

#[test]
fn an_adapter_that_panics_while_it_is_told_is_told_again() {
    let (store, clock, panics) = (Moody::new(Mood::Works), ManualClock::new(), Arc::<Panics>::default());
    let adapter = Layered::new(store.clone(), Arc::clone(&panics));
    let cache = Cache::builder(adapter).clock(clock.clock()).build().unwrap();
    larder::scoped(&cache, || {
        assert_eq!(value(7, 1), 7_001);
        store.turn(Mood::Fails);
        // Some panic while the store is up, some when it is back.
        for n_clears in [1, 10] {
            assert!((0..n_clears).all(|_| is_down(value::clear(7))));
            panics.0.store(3, Ordering::SeqCst);
            store.turn(Mood::Works);
            wait_for("it is told", &clock, || cache.n_undelivered() == 0);
            assert_eq!(panics.0.load(Ordering::SeqCst), 0);
            store.turn(Mood::Fails);
        }
        store.turn(Mood::Works);
        clock.advance(Duration::from_secs(2));
        assert_eq!(value(7, 2), 7_002);
    });
}
