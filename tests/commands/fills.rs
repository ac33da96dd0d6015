//! `get_or_set` and `try_get_or_set`: every form, one computation for all who come at once, and what becomes of failures.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use futures_lite::future::block_on;
use larder::{CacheDefault, Key, cached};

use crate::hand::Face;
use crate::shop::{Shop, everywhere, in_turn};

#[test]
fn a_value_or_whatever_makes_one() {
    everywhere(|shop| {
        fn answer() -> i32 {
            42
        }
        let borrowed = String::from("borrowed");
        let (blocking, asynchronous) = (shop.cache.blocking(), shop.cache.asynchronous());
        if shop.face == Face::Blocking {
            assert_eq!(blocking.get_or_set("value", 60, 7).unwrap(), 7);
            assert_eq!(blocking.get_or_set("text", 60, "text".to_owned()).unwrap(), "text");
            assert_eq!(blocking.get_or_set("closure", 60, || 7).unwrap(), 7);
            assert_eq!(blocking.get_or_set("borrows", CacheDefault, || borrowed.clone()).unwrap(), borrowed);
            assert_eq!(blocking.get_or_set("function", 60, answer).unwrap(), 42);
            assert_eq!(blocking.get_or_set("default", 60, String::new).unwrap(), "");
            assert_eq!(blocking.get_or_set("of key", 60, |key: &Key| key.as_str().to_owned()).unwrap(), "of%20key");
            assert_eq!(blocking.get_or_set("none", 60, None::<u8>).unwrap(), None);
            assert_eq!(blocking.try_get_or_set("parsed", 60, || "7".parse::<u8>()).unwrap(), Ok(7));
            return;
        }
        block_on(async {
            assert_eq!(asynchronous.get_or_set("value", 60, 7).await.unwrap(), 7);
            assert_eq!(asynchronous.get_or_set("closure", 60, || 7).await.unwrap(), 7);
            assert_eq!(asynchronous.get_or_set("function", 60, answer).await.unwrap(), 42);
            assert_eq!(asynchronous.get_or_set("block", 60, || async { 8 }).await.unwrap(), 8);
            assert_eq!(asynchronous.get_or_set("async", 60, async || 9).await.unwrap(), 9);
            let later = async || {
                futures_lite::future::yield_now().await;
                borrowed.clone()
            };
            assert_eq!(asynchronous.get_or_set("borrows", 60, later).await.unwrap(), borrowed);
            let of_key = async |key: Key| key.as_str().to_owned();
            assert_eq!(asynchronous.get_or_set("of key", CacheDefault, of_key).await.unwrap(), "of%20key");
            assert_eq!(asynchronous.get_or_set("none", 60, async || None::<u8>).await.unwrap(), None);
            let parsed = asynchronous.try_get_or_set("parsed", 60, async || "7".parse::<u8>()).await;
            assert_eq!(parsed.unwrap(), Ok(7));
        });
        for (key, value) in [("value", 7), ("closure", 7), ("function", 42), ("block", 8), ("async", 9), ("parsed", 7)]
        {
            assert_eq!(shop.hand.get(key).unwrap(), Some(value), "{key} is stored, and not the future of it");
        }
    });
}

#[test]
fn what_is_there_is_not_computed() {
    everywhere(|shop| {
        let hand = &shop.hand;
        let never = || -> String { panic!("it is there") };
        hand.set("key", String::new(), 60).unwrap();
        assert_eq!(hand.get_or_set("key", 60, never).unwrap(), "");
        assert_eq!(
            hand.try_get_or_set("key", 60, || -> Result<String, ()> { Ok(never()) }).unwrap(),
            Ok(String::new())
        );
        shop.expire("key");
        assert_eq!(hand.get_or_set("key", 60, || "new".to_owned()).unwrap(), "new");
    });
}

#[test]
fn an_error_is_given_back_and_stores_nothing() {
    everywhere(|shop| {
        let hand = &shop.hand;
        // An error that is no `Clone` and knows no serde.
        struct Failure;
        let failed = hand.try_get_or_set("key", 60, || Err::<u8, _>(Failure)).unwrap();
        assert!(failed.is_err() && !hand.exists("key").unwrap());
        assert!(hand.try_get_or_set("key", 60, || Ok::<_, Failure>(7_u8)).unwrap().is_ok());
        assert_eq!(hand.get("key").unwrap(), Some(7_u8));
    });
}

/// Whoever forgets `try_get_or_set` does not keep the failure for a minute.
#[test]
fn an_error_that_could_be_stored_is_not() {
    everywhere(|shop| {
        let hand = &shop.hand;
        let failed = hand.get_or_set("key", 60, || Err::<u8, _>("no luck".to_owned())).unwrap();
        assert_eq!((failed, hand.exists("key").unwrap()), (Err("no luck".to_owned()), false));
        assert_eq!(hand.get_or_set("key", 60, || Ok::<u8, String>(7)).unwrap(), Ok(7));
        assert_eq!(hand.get_or_set("key", 60, || Err::<u8, String>("no luck".into())).unwrap(), Ok(7));
        hand.set("set", Err::<u8, String>("as told".into()), 60).unwrap();
        assert_eq!(hand.get::<Result<u8, String>>("set").unwrap(), Some(Err("as told".into())), "said is said");
    });
}

#[test]
fn a_panic_is_the_callers_and_stores_nothing() {
    everywhere(|shop| {
        let hand = &shop.hand;
        let compute = || hand.get_or_set("key", 60, || -> u8 { std::panic::resume_unwind(Box::new("no luck")) });
        let caught = catch_unwind(AssertUnwindSafe(compute));
        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"no luck"));
        assert!(!hand.exists("key").unwrap());
        assert_eq!(shop.cache.n_flights(), 0);
        assert_eq!(hand.get_or_set("key", 60, || 7_u8).unwrap(), 7);
    });
}

#[test]
fn a_clear_during_the_computation_wins() {
    everywhere(|shop| {
        let hand = &shop.hand;
        let delete = |shop: &Shop| assert!(!shop.hand.delete("key").unwrap());
        for clear in [delete, |shop: &Shop| shop.hand.clear().unwrap()] {
            let computed = hand.get_or_set("key", 60, || {
                clear(shop);
                7
            });
            assert_eq!((computed.unwrap(), hand.get::<i32>("key").unwrap()), (7, None));
        }
        let computed = hand.get_or_set("key", 60, || {
            hand.set("key", 8, 60).unwrap();
            7
        });
        assert_eq!((computed.unwrap(), hand.get("key").unwrap()), (7, Some(8)));
    });
}

/// A computation that asks for its own key would wait for itself.
#[test]
fn a_computation_that_asks_for_itself_ends() {
    everywhere(|shop| {
        let computed = shop.hand.get_or_set("key", 60, || shop.hand.get_or_set("key", 60, || 6).unwrap() + 1);
        assert_eq!(computed.unwrap(), 7);
    });
}

#[test]
fn a_thousand_threads_share_one_computation() {
    in_turn(|shop| {
        let n_started = AtomicUsize::new(0);
        let barrier = std::sync::Barrier::new(1_000);
        thread::scope(|scope| {
            for _ in 0..1_000 {
                let call = || {
                    barrier.wait();
                    let value = shop.hand.get_or_set("key", 60, || {
                        // Long enough for the last to come.
                        thread::sleep(Duration::from_millis(300));
                        n_started.fetch_add(1, Ordering::SeqCst)
                    });
                    assert_eq!(value.unwrap(), 0);
                };
                thread::Builder::new().stack_size(512 << 10).spawn_scoped(scope, call).unwrap();
            }
        });
        assert_eq!((n_started.into_inner(), shop.cache.n_flights()), (1, 0));
    });
}

#[test]
fn a_thousand_tasks_share_one_computation() {
    in_turn(|shop| {
        if shop.face == Face::Blocking {
            return;
        }
        let n_started = Arc::new(AtomicUsize::new(0));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        runtime.block_on(async {
            let call = || {
                let (cache, n_started) = (shop.cache.asynchronous(), Arc::clone(&n_started));
                tokio::spawn(async move {
                    let compute = async || {
                        tokio::time::sleep(Duration::from_millis(300)).await;
                        n_started.fetch_add(1, Ordering::SeqCst)
                    };
                    cache.get_or_set("key", 60, compute).await.unwrap()
                })
            };
            let tasks: Vec<_> = (0..1_000).map(|_| call()).collect();
            for task in tasks {
                assert_eq!(task.await.unwrap(), 0);
            }
        });
        assert_eq!((n_started.load(Ordering::SeqCst), shop.cache.n_flights()), (1, 0));
    });
}

static N_SHARED: AtomicUsize = AtomicUsize::new(0);

#[cached(key = "fill:shared:{id}", timeout = 60)]
fn shared(id: u64) -> u64 {
    N_SHARED.fetch_add(1, Ordering::SeqCst);
    thread::sleep(Duration::from_millis(50));
    id
}

/// By hand and by attribute under one key: one flight, whoever leads it.
#[test]
fn a_function_and_a_closure_share_one_computation() {
    in_turn(|shop| {
        for id in 0..10 {
            let before = N_SHARED.load(Ordering::SeqCst);
            let n_by_hand = AtomicUsize::new(0);
            let barrier = std::sync::Barrier::new(20);
            thread::scope(|scope| {
                for number in 0..20 {
                    let (barrier, n_by_hand) = (&barrier, &n_by_hand);
                    scope.spawn(move || {
                        barrier.wait();
                        if number % 2 == 0 {
                            return assert_eq!(larder::scoped(&shop.cache, || shared(id)), id);
                        }
                        let value = shop.hand.get_or_set(shared::key(id), 60, || {
                            n_by_hand.fetch_add(1, Ordering::SeqCst);
                            thread::sleep(Duration::from_millis(50));
                            id
                        });
                        assert_eq!(value.unwrap(), id);
                    });
                }
            });
            let n_by_attribute = N_SHARED.load(Ordering::SeqCst) - before;
            let n_by_hand = n_by_hand.into_inner();
            // A blocking call never waits for an async flight: its task may live on the blocked thread.
            let most = if shop.face == Face::Blocking { 1 } else { 2 };
            assert!((1..=most).contains(&(n_by_attribute + n_by_hand)), "{n_by_attribute} and {n_by_hand}");
        }
    });
}

#[test]
fn who_waits_for_a_failure_computes() {
    everywhere(|shop| {
        let (begun, is_begun) = mpsc::channel();
        thread::scope(|scope| {
            let failing = scope.spawn(move || {
                shop.hand.try_get_or_set("key", 60, || {
                    begun.send(()).unwrap();
                    thread::sleep(Duration::from_millis(50));
                    Err::<u8, _>("no luck")
                })
            });
            is_begun.recv().unwrap();
            assert_eq!(shop.hand.try_get_or_set("key", 60, || Ok::<_, &str>(7)).unwrap(), Ok(7));
            assert_eq!(failing.join().unwrap().unwrap(), Err("no luck"));
        });
        assert_eq!(shop.hand.get("key").unwrap(), Some(7_u8));
    });
}

#[test]
fn a_closure_of_another_type_computes_for_itself() {
    everywhere(|shop| {
        shop.hand.set("key", "text".to_owned(), 60).unwrap();
        assert_eq!(shop.hand.get_or_set("key", 60, || 7_u8).unwrap(), 7);
        assert_eq!(shop.hand.get::<u8>("key").unwrap(), Some(7), "it has taken its place");
    });
}
