//! Entries of annotated functions, by hand: the same keys, the same bytes, the same clears.

use std::time::{Duration, Instant};

use larder::cached;
use serde::{Deserialize, Serialize};

use crate::hand::Hand;
use crate::shop::{Shop, everywhere};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
}

fn ada(id: u64, name: &str) -> User {
    User { id, name: name.to_owned() }
}

#[cached(key = "entry:user:{id}", timeout = 60)]
fn user(id: u64) -> User {
    ada(id, "computed")
}

#[cached(key = "entry:found:{id}", timeout = 60, none_timeout = 60)]
async fn found(id: u64) -> Result<Option<User>, String> {
    match id {
        0 => Err("no such user".into()),
        1 => Ok(None),
        _ => Ok(Some(ada(id, "computed"))),
    }
}

#[cached(key = "entry:visits:{id}", timeout = 60)]
fn visits(id: u64) -> u64 {
    id
}

fn call<T>(shop: &Shop, call: impl FnOnce() -> T) -> T {
    larder::scoped(&shop.cache, call)
}

#[test]
fn what_a_function_stored_is_read_by_hand() {
    everywhere(|shop| {
        let hand = &shop.hand;
        assert_eq!(hand.get::<User>(user::key(7)).unwrap(), None);
        call(shop, || user(7));
        assert_eq!(hand.get::<User>(user::key(7)).unwrap(), Some(ada(7, "computed")));
        assert_eq!(hand.get::<User>("entry:user:7").unwrap(), Some(ada(7, "computed")), "its key is text");
        assert_eq!(hand.multi_get::<User>([user::key(8), user::key(7)]).unwrap(), [None, Some(ada(7, "computed"))]);
        assert_eq!(hand.get_or_set(user::key(7), 60, || ada(7, "by hand")).unwrap().name, "computed");
        assert!(hand.exists(user::key(7)).unwrap() && !hand.add(user::key(7), ada(7, "added"), 60).unwrap());
        assert_eq!(hand.update_timeout::<User>(user::key(7), 600).unwrap().name, "computed");
        assert!(call(shop, || user::timeout_left(7)).unwrap() > Some(larder::Remaining::For(Duration::from_secs(500))));
        assert!(hand.remove([user::key(7)]).unwrap().all());
        assert_eq!(call(shop, || user::get(7)).unwrap(), None);
    });
}

#[test]
fn what_was_set_by_hand_is_the_functions_result() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.set(user::key(7), ada(7, "set"), 60).unwrap();
        assert!(hand.add(user::key(8), ada(8, "added"), 60).unwrap());
        hand.multi_set([(user::key(9), ada(9, "many"))], 60).unwrap();
        hand.get_or_set(user::key(10), 60, || ada(10, "filled")).unwrap();
        let names = call(shop, || [7, 8, 9, 10].map(|id| user(id).name));
        assert_eq!(names, ["set", "added", "many", "filled"]);
        hand.set(user::key(7), ada(7, "again"), 60).unwrap();
        assert_eq!(call(shop, || user(7)).name, "again");
        call(shop, || user::set(7, ada(7, "helper"))).unwrap();
        assert_eq!(hand.get::<User>(user::key(7)).unwrap(), Some(ada(7, "helper")));
    });
}

/// A function's `Ok(Some(value))` stands there as the value, its `None` as nothing that has a type.
#[test]
fn results_are_read_as_the_values_in_them() {
    everywhere(|shop| {
        let hand = &shop.hand;
        let call = |id| futures_lite::future::block_on(larder::scoped_async(&shop.cache, found(id)));
        assert_eq!(call(7), Ok(Some(ada(7, "computed"))));
        assert_eq!(hand.get::<User>(found::key(7)).unwrap(), Some(ada(7, "computed")));
        hand.set(found::key(8), ada(8, "by hand"), 60).unwrap();
        assert_eq!(call(8), Ok(Some(ada(8, "by hand"))));
        assert!(call(0).is_err() && !hand.exists(found::key(0)).unwrap(), "an error is not stored");
        assert_eq!(call(1), Ok(None));
        assert!(hand.exists(found::key(1)).unwrap(), "it is kept that there is none");
        assert_eq!(hand.get::<User>(found::key(1)).unwrap(), None);
        assert_eq!(hand.get_or_set(found::key(1), 60, || ada(1, "made")).unwrap(), ada(1, "made"));
        assert_eq!(call(1), Ok(Some(ada(1, "made"))));
    });
}

#[test]
fn integers_of_functions_are_counted_by_hand() {
    everywhere(|shop| {
        let hand = &shop.hand;
        assert_eq!(call(shop, || visits(7)), 7);
        assert_eq!(hand.increment(visits::key(7), 3).unwrap(), 10);
        assert_eq!(call(shop, || visits(7)), 10);
        // The literal is an `i32`, the counter an `i64`, the function's result a `u64`.
        hand.set(visits::key(8), 80, 60).unwrap();
        hand.increment(visits::key(9), 90).unwrap();
        assert_eq!(call(shop, || [visits(8), visits(9)]), [80, 90]);
        assert_eq!(call(shop, || visits::get(8)).unwrap(), Some(80));
    });
}

/// What stands under `key` of a function that is cleared by somebody else is absent for every command, within a second.
fn is_absent_once_cleared(shop: &Shop, store: impl Fn(&Hand), clear: impl Fn(), check: impl Fn(&Hand)) {
    let other = shop.elsewhere();
    let (hand, other_hand) = (&shop.hand, shop.hand_of(&other));
    store(hand);
    assert!(other_hand.exists(user::key(7)).unwrap() || other_hand.exists(visits::key(7)).unwrap());
    clear();
    check(hand);
    store(hand);
    clear();
    match &shop.clock {
        Some(clock) => clock.advance(Duration::from_millis(1_001)),
        None => std::thread::sleep(Duration::from_millis(1_050)),
    }
    check(&other_hand);
}

#[test]
fn a_cleared_result_is_read_by_nobody() {
    everywhere(|shop| {
        let store = |_: &Hand| assert!(call(shop, || user::set(7, ada(7, "old"))).unwrap());
        is_absent_once_cleared(
            shop,
            store,
            || call(shop, user::clear_all).unwrap(),
            |hand| {
                assert_eq!(hand.get::<User>(user::key(7)).unwrap(), None);
                assert_eq!(hand.multi_get::<User>([user::key(7)]).unwrap(), [None]);
                assert!(!hand.exists(user::key(7)).unwrap(), "it does not exist");
                assert_eq!(hand.timeout_of(user::key(7)).unwrap(), None);
                assert!(hand.update_timeout::<User>(user::key(7), 60).is_err(), "it is not revived");
            },
        );
    });
}

#[test]
fn a_cleared_result_is_not_in_the_way() {
    everywhere(|shop| {
        let store = |_: &Hand| assert!(call(shop, || user::set(7, ada(7, "old"))).unwrap());
        let clear = || call(shop, user::clear_all).unwrap();
        is_absent_once_cleared(shop, store, clear, |hand| {
            assert!(hand.add(user::key(7), ada(7, "new"), 60).unwrap(), "nothing lives there");
            assert_eq!(hand.get::<User>(user::key(7)).unwrap(), Some(ada(7, "new")));
            assert_eq!(call(shop, || user(7)).name, "new");
            hand.delete(user::key(7)).unwrap();
        });
        is_absent_once_cleared(shop, store, clear, |hand| {
            assert_eq!(hand.get_or_set(user::key(7), 60, || ada(7, "new")).unwrap().name, "new");
        });
    });
}

#[test]
fn a_cleared_counter_begins_anew() {
    everywhere(|shop| {
        let store = |_: &Hand| assert!(call(shop, || visits::set(7, 41)).unwrap());
        is_absent_once_cleared(
            shop,
            store,
            || call(shop, visits::clear_all).unwrap(),
            |hand| {
                assert_eq!(hand.increment(visits::key(7), 1).unwrap(), 1);
                assert_eq!(hand.get::<u64>(visits::key(7)).unwrap(), Some(1));
                assert_eq!(hand.increment(visits::key(7), 1).unwrap(), 2);
            },
        );
    });
}

#[test]
fn a_counter_of_a_cleared_namespace_begins_anew() {
    everywhere(|shop| {
        let store = |_: &Hand| assert!(call(shop, || visits::set(7, 41)).unwrap());
        is_absent_once_cleared(
            shop,
            store,
            || shop.cache.clear().unwrap(),
            |hand| {
                assert_eq!(hand.increment(visits::key(7), 5).unwrap(), 5);
                assert_eq!(hand.increment(visits::key(7), 1).unwrap(), 6);
            },
        );
    });
}

/// Within the second in which it is not known elsewhere that the function was cleared.
#[test]
fn what_was_computed_since_a_clear_is_neither_replaced_nor_forgotten_elsewhere() {
    everywhere(|shop| {
        let other = shop.hand_of(&shop.elsewhere());
        assert!(call(shop, || visits::set(7, 41)).unwrap());
        assert!(other.exists(visits::key(7)).unwrap());
        call(shop, visits::clear_all).unwrap();
        assert!(call(shop, || visits::set(7, 50)).unwrap());
        assert_eq!(other.increment(visits::key(7), 1).unwrap(), 51);
        assert_eq!(shop.hand.get::<u64>(visits::key(7)).unwrap(), Some(51));

        call(shop, visits::clear_all).unwrap();
        assert!(call(shop, || visits::set(7, 60)).unwrap());
        assert!(!other.add(visits::key(7), 1, 60).unwrap(), "something lives there");
        assert_eq!(call(shop, || visits(7)), 60);
    });
}

#[test]
fn a_cleared_result_can_be_removed_and_is_not_counted() {
    everywhere(|shop| {
        let store = |_: &Hand| {
            assert!(call(shop, || user::set(7, ada(7, "old"))).unwrap());
            assert!(call(shop, || visits::set(7, 7)).unwrap());
            shop.hand.set("kept", 1, 60).unwrap();
        };
        let clear = || call(shop, user::clear_all).unwrap();
        is_absent_once_cleared(shop, store, clear, |hand| {
            assert!(!hand.delete(user::key(7)).unwrap(), "it was cleared");
            assert!(hand.delete(visits::key(7)).unwrap(), "of another function");
        });
        is_absent_once_cleared(shop, store, clear, |hand| {
            let keys = || [user::key(7), larder::Key::from("kept"), visits::key(7), larder::Key::from("absent")];
            assert_eq!(hand.remove(keys()).unwrap().removed, 2, "what is of nobody, and of another function");
            assert_eq!(hand.remove(keys()).unwrap().removed, 0, "all is gone");
        });
    });
}

#[cached(key = "entry:local:{id}", timeout = 60, local)]
fn local(id: u64) -> String {
    format!("local {id}")
}

/// They stand in this process, whatever the store.
#[test]
fn entries_of_local_functions_are_read_and_removed() {
    everywhere(|shop| {
        let hand = &shop.hand;
        call(shop, || local(7));
        assert_eq!(hand.get::<String>(local::key(7)).unwrap().as_deref(), Some("local 7"));
        assert_eq!(hand.multi_get::<String>([local::key(7)]).unwrap(), [Some("local 7".to_owned())]);
        assert!(hand.exists(local::key(7)).unwrap() && hand.timeout_of(local::key(7)).unwrap().is_some());
        assert_eq!(hand.get_or_set(local::key(7), 60, || "by hand".to_owned()).unwrap(), "local 7");
        assert!(hand.delete(local::key(7)).unwrap());
        assert_eq!(call(shop, || local::get(7)).unwrap(), None);
        call(shop, || local(7));
        assert!(hand.remove([local::key(7)]).unwrap().all());
        call(shop, || local(7));
        hand.clear().unwrap();
        assert_eq!(call(shop, || local::get(7)).unwrap(), None);
    });
}

/// `clear_all` takes what is the function's. What was set by hand under such a key belongs to no function.
#[test]
fn what_was_set_by_hand_outlives_clear_all() {
    everywhere(|shop| {
        shop.hand.set(user::key(7), ada(7, "set"), 60).unwrap();
        call(shop, user::clear_all).unwrap();
        assert_eq!(shop.hand.get::<User>(user::key(7)).unwrap(), Some(ada(7, "set")));
        shop.hand.clear().unwrap();
        assert_eq!(shop.hand.get::<User>(user::key(7)).unwrap(), None);
    });
}

/// Everything by hand voids what a function is computing.
#[test]
fn what_a_function_computes_does_not_undo_what_was_done_by_hand() {
    type Change = fn(&Hand) -> Option<u64>;
    let key = || slow::key(7);
    let changes: [(&str, Change); 6] = [
        ("set", |hand| hand.set(slow::key(7), 1_u64, 60).map(|()| Some(1)).unwrap()),
        ("add", |hand| hand.add(slow::key(7), 2_u64, 60).map(|_| Some(2)).unwrap()),
        ("count", |hand| hand.increment(slow::key(7), 3).map(|_| Some(3)).unwrap()),
        ("many", |hand| hand.multi_set([(slow::key(7), 4_u64)], 60).map(|()| Some(4)).unwrap()),
        ("delete", |hand| hand.delete(slow::key(7)).map(|_| None).unwrap()),
        ("clear", |hand| hand.clear().map(|()| None).unwrap()),
    ];
    everywhere(|shop| {
        let other = shop.hand_of(&shop.elsewhere());
        for (name, change) in changes {
            for hand in [&shop.hand, &other] {
                if name == "clear" && !std::ptr::eq(hand, &shop.hand) {
                    continue;
                }
                let (begun, is_begun) = std::sync::mpsc::channel();
                let (go_on, may_go_on) = std::sync::mpsc::channel();
                let expected = std::thread::scope(|scope| {
                    let computing = scope.spawn(|| {
                        GATE.set(Some((begun, may_go_on)));
                        call(shop, || slow(7))
                    });
                    is_begun.recv().unwrap();
                    let expected = change(hand);
                    go_on.send(()).unwrap();
                    assert_eq!(computing.join().unwrap(), 7_000, "who computes has what was computed");
                    expected
                });
                let start = Instant::now();
                let stands = shop.hand.get::<u64>(key()).unwrap();
                assert_eq!(stands, expected, "{name}, after {:?}", start.elapsed());
                shop.hand.delete(key()).unwrap();
            }
        }
    });
}

type Gate = (std::sync::mpsc::Sender<()>, std::sync::mpsc::Receiver<()>);

thread_local! {
    static GATE: std::cell::Cell<Option<Gate>> = const { std::cell::Cell::new(None) };
}

#[cached(key = "entry:slow:{id}", timeout = 60)]
fn slow(id: u64) -> u64 {
    if let Some((begun, may_go_on)) = GATE.take() {
        begun.send(()).unwrap();
        may_go_on.recv().unwrap();
    }
    id * 1_000
}
