//! A trip works wherever it is made, and is over when it is dropped.

use std::cell::RefCell;
use std::sync::mpsc;
use std::time::Duration;

use super::trip;
use crate::error::Result;
use crate::park::block_on;

/// What every client does sooner or later: it needs a runtime.
async fn touches_a_timer() -> Result<u64> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    Ok(7)
}

#[test]
fn a_trip_works_without_any_runtime() {
    assert_eq!(block_on(trip(touches_a_timer())).unwrap(), 7);
}

#[test]
fn a_trip_works_inside_a_runtime_that_has_no_timers_and_after_it_is_gone() {
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(trip(touches_a_timer())).unwrap(), 7);
        assert_eq!(runtime.block_on(async { block_on(trip(touches_a_timer())) }).unwrap(), 7);
    }
}

#[test]
fn a_trip_that_is_dropped_half_way_is_over() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let never = trip(async { std::future::pending::<Result<u64>>().await });
        assert!(tokio::time::timeout(Duration::from_millis(5), never).await.is_err());
    });
}

#[test]
fn a_trip_works_in_a_destructor_of_an_ending_thread() {
    struct Late(mpsc::Sender<u64>);
    impl Drop for Late {
        fn drop(&mut self) {
            self.0.send(block_on(trip(touches_a_timer())).unwrap()).unwrap();
        }
    }
    thread_local!(static LATE: RefCell<Option<Late>> = const { RefCell::new(None) });
    let (send, receive) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        LATE.set(Some(Late(send)));
        // Registered after ours, so destroyed before it: the destructor finds no context to enter.
        block_on(trip(touches_a_timer())).unwrap();
    });
    thread.join().unwrap();
    assert_eq!(receive.recv().unwrap(), 7);
}
