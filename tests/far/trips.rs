//! What each command by hand asks of its store, once the epochs are known. What stores reads them anew, as what another
//! process cleared a moment ago would take it along.

use larder::testing::ManualClock;
use larder::{Cache, Timeout};

use crate::moody::{Mood, Moody};

#[test]
fn a_command_by_hand_takes_the_trips_that_it_says() {
    let moody = Moody::new(Mood::Works);
    // Time stands still, so that nothing that is known grows old.
    let clock = ManualClock::new();
    let cache = Cache::builder(moody.clone()).clock(clock.clock()).build().unwrap().blocking();
    cache.set("key", 7, 60).unwrap();
    let asks = |command: &dyn Fn()| {
        let before = moody.asked().len();
        command();
        moody.asked().split_off(before)
    };
    let many = || (0..2_500).map(|number| format!("key {number}"));
    let cases: [(&[&str], &dyn Fn()); 13] = [
        (&["get"], &|| assert_eq!(cache.get("key").unwrap(), Some(7))),
        (&["get"], &|| assert_eq!(cache.get::<i32>("absent").unwrap(), None)),
        (&["get"], &|| assert!(cache.exists("key").unwrap())),
        (&["get"], &|| assert!(cache.timeout_of("key").unwrap().is_some())),
        (&["touch"], &|| assert_eq!(cache.update_timeout::<i32>("key", 90).unwrap(), 7)),
        (&["epochs", "get", "increment"], &|| assert_eq!(cache.increment("key", 1).unwrap(), 8)),
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
        assert_eq!(asks(command), expected, "case {number}");
    }
}
