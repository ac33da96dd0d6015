//! What each command by hand asks of its store, once the epochs are known. What stores reads them anew, as what another
//! process cleared a moment ago would take it along.

use larder::testing::ManualClock;
use larder::{BlockingCache, Cache, Timeout, cached};

use crate::moody::{Mood, Moody, When};

#[cached(key = "trips:{id}", timeout = 60)]
fn visits(id: u64) -> u64 {
    id
}

/// A store, and caches of it where time stands still, so that nothing that is known grows old.
fn store() -> (Moody, impl Fn() -> Cache) {
    let moody = Moody::new(Mood::Works);
    let clock = ManualClock::new();
    let store = moody.clone();
    (moody, move || Cache::builder(store.clone()).clock(clock.clock()).build().unwrap())
}

/// What `command` asks.
fn asks(moody: &Moody, command: impl FnOnce()) -> Vec<&'static str> {
    let before = moody.asked().len();
    command();
    moody.asked().split_off(before)
}

#[test]
fn a_command_by_hand_takes_the_trips_that_it_says() {
    let (moody, open) = store();
    let cache = open().blocking();
    cache.set("key", 7, 60).unwrap();
    let many = || (0..2_500).map(|number| format!("key {number}"));
    let cases: [(&[&str], &dyn Fn()); 13] = [
        (&["get"], &|| assert_eq!(cache.get("key").unwrap(), Some(7))),
        (&["get"], &|| assert_eq!(cache.get::<i32>("absent").unwrap(), None)),
        (&["head"], &|| assert!(cache.exists("key").unwrap())),
        (&["get"], &|| assert!(cache.timeout_of("key").unwrap().is_some())),
        (&["touch"], &|| assert_eq!(cache.update_timeout::<i32>("key", 90).unwrap(), 7)),
        (&["epochs", "increment"], &|| assert_eq!(cache.increment("key", 1).unwrap(), 8)),
        (&["epochs", "put"], &|| cache.set("key", 9, Timeout::NEVER).unwrap()),
        (&["epochs", "put"], &|| assert!(cache.add("new", 9, 60).unwrap())),
        (&["remove"], &|| assert!(cache.remove(["key", "new"]).unwrap().all())),
        (&["epochs", "put_many", "put_many", "put_many"], &|| cache.multi_set(many().map(|key| (key, 1)), 60).unwrap()),
        (&["get_many", "get_many", "get_many"], &|| assert_eq!(cache.multi_get::<i32>(many()).unwrap().len(), 2_500)),
        (&["remove", "remove", "remove"], &|| assert!(cache.remove(many()).unwrap().all())),
        (&[], &|| {
            assert!(cache.multi_get::<i32>([] as [&str; 0]).unwrap().is_empty());
            cache.multi_set([] as [(&str, i32); 0], 60).unwrap();
            assert!(cache.remove([] as [&str; 0]).unwrap().all());
        }),
    ];
    for (number, (expected, command)) in cases.into_iter().enumerate() {
        assert_eq!(asks(&moody, command), expected, "case {number}");
    }
}

/// Who acts by hand knows no template: the entry's own decides, and costs a trip where its epoch is not known.
#[test]
fn results_of_functions_cost_a_trip_for_what_decides_about_them_where_that_is_not_known() {
    let (moody, open) = store();
    let cache = open();
    larder::scoped(&cache, || (1..=9).for_each(|id| assert_eq!(visits(id), id)));
    type Command = fn(&BlockingCache);
    let cases: [(Command, &[&str], &[&str]); 4] = [
        (|cache| assert!(cache.exists(visits::key(1)).unwrap()), &["head"], &["head", "epochs", "epochs"]),
        (
            |cache| assert!(cache.increment(visits::key(2), 1).unwrap() > 2),
            &["epochs", "increment", "increment"],
            &["epochs", "increment", "epochs", "increment"],
        ),
        (
            |cache| assert!(!cache.add(visits::key(3), 1, 60).unwrap()),
            &["epochs", "put", "head"],
            &["epochs", "put", "head", "epochs"],
        ),
        (
            |cache| assert_eq!(cache.multi_get::<u64>([1, 2, 3].map(visits::key)).unwrap().iter().flatten().count(), 3),
            &["get_many"],
            &["epochs", "get_many", "epochs"],
        ),
    ];
    for (number, (command, known, unknown)) in cases.into_iter().enumerate() {
        let stranger = open().blocking();
        assert_eq!(asks(&moody, || command(&stranger)), unknown, "case {number}, of who knows nothing");
        assert_eq!(asks(&moody, || command(&cache.blocking())), known, "case {number}");
    }
    let removes = |cache: &BlockingCache, ids: std::ops::RangeInclusive<u64>| {
        asks(&moody, || assert!(cache.remove(ids.map(visits::key)).unwrap().all()))
    };
    assert_eq!(removes(&open().blocking(), 4..=6), ["remove", "epochs", "epochs"]);
    assert_eq!(removes(&cache.blocking(), 7..=9), ["remove"]);
    // Of what is absent nothing is to be found out.
    let stranger = open().blocking();
    assert_eq!(asks(&moody, || assert_eq!(stranger.remove(["absent"]).unwrap().removed, 0)), ["remove"]);
}

#[test]
fn what_clear_all_has_voided_is_absent_though_nobody_has_swept_it_away() {
    let (moody, open) = store();
    let cache = open();
    let _swept = moody.hold(When::Before, "sweep");
    for hand in [cache.blocking(), open().blocking()] {
        larder::scoped(&cache, || {
            (1..=3).for_each(|id| assert_eq!(visits(id), id));
            visits::clear_all().unwrap();
        });
        hand.set("kept", 1, 60).unwrap();
        assert!(!hand.exists(visits::key(1)).unwrap());
        assert!(!hand.delete(visits::key(1)).unwrap());
        assert_eq!(hand.increment(visits::key(2), 1).unwrap(), 1);
        assert_eq!(hand.remove([visits::key(2), visits::key(3), "kept".into()]).unwrap().removed, 2);
    }
}

/// The store would refuse it anyway.
#[test]
fn what_was_cleared_here_while_it_was_computed_is_not_sent() {
    #[cached(key = "trips_cleared:{id}", skip(meanwhile), timeout = 60)]
    fn slow(id: u64, meanwhile: &dyn Fn()) -> u64 {
        meanwhile();
        id
    }
    let moody = Moody::new(Mood::Works);
    let n_sent = || moody.asked().iter().filter(|command| **command == "put").count();
    larder::scoped(Cache::far(moody.clone()), || {
        assert_eq!((slow(7, &|| _ = slow::clear(7).unwrap()), n_sent()), (7, 0));
        assert_eq!((slow(7, &|| slow::clear_all().unwrap()), n_sent()), (7, 0));
        assert_eq!((slow(7, &|| {}), n_sent()), (7, 1));
    });
}
