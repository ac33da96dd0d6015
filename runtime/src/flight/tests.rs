//! Who starts when, told by the pure state; and no edge is left when nobody waits. The whole in motion is tested with
//! annotated functions, and under a model checker.

use std::sync::Arc;
use std::time::Duration;

use super::queue::{Mark, WaiterId};
use super::state::{Called, Reach, State};
use super::{Caller, FlightId};
use crate::clock::Moment;
use crate::near::{Generation, Header, Slot};
use crate::timeout::Timeout;

use Caller::{Async, Blocking};

fn at(secs: u64) -> Moment {
    Moment::from_millis(secs * 1000)
}

/// Led by one caller since second 0, with the default `wait` of 5 s.
fn flight(leader: Caller) -> State {
    State::led(leader, Duration::from_secs(5), at(0))
}

fn queue(state: &mut State, n_waiters: usize, caller: Caller) -> Vec<WaiterId> {
    arrivals(0, n_waiters, state, caller)
}

/// Those who come to wait with the numbers from `first` on.
fn arrivals(first: u64, n_waiters: usize, state: &mut State, caller: Caller) -> Vec<WaiterId> {
    let ids = (first..).take(n_waiters).map(WaiterId);
    ids.inspect(|&id| assert!(state.join(id, caller, at(0)), "it queues")).collect()
}

/// How many of the waiters have been called to compute by the second `secs`, each seen once.
fn n_called(state: &mut State, waiters: &[WaiterId], secs: u64) -> usize {
    state.regulate(at(secs));
    let mut waker = None;
    waiters.iter().filter(|&&id| matches!(state.look(id, &mut waker), Some(Called::Lead(_)))).count()
}

fn slot() -> Arc<Slot> {
    let header = Header { generation: Arc::new(Generation::new()), fresh_until: Moment::NEVER, grace: Timeout::ZERO };
    Slot::seal(header, ())
}

#[test]
fn one_more_starts_after_each_wait() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 1000, Async);
    for (secs, called) in [(0, 0), (4, 0), (5, 1), (6, 0), (9, 0), (10, 1), (14, 0), (15, 1)] {
        assert_eq!(n_called(&mut state, &waiters, secs), called, "second {secs}");
    }
}

#[test]
fn nobody_waits_longer_than_six_times() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 100, Async);
    assert_eq!(n_called(&mut state, &waiters, 29), 1);
    assert_eq!(n_called(&mut state, &waiters, 30), 99);
}

#[test]
fn who_steps_down_is_followed_by_one_at_once() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 100, Async);
    for _ in 0..5 {
        state.step_down(Async, false);
        assert_eq!(n_called(&mut state, &waiters, 0), 1);
    }
}

#[test]
fn after_an_error_of_its_own_eight_compute_at_a_time() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 20, Async);
    state.step_down(Async, true);
    assert_eq!(n_called(&mut state, &waiters, 0), 8);
    state.step_down(Async, true);
    assert_eq!(n_called(&mut state, &waiters, 0), 1);
    assert_eq!(n_called(&mut state, &waiters, 12), 0, "no extra ones beside the eight");
    assert!(state.join(WaiterId(20), Async, at(12)), "newcomers queue as well");
}

#[test]
fn a_result_reaches_everybody_even_who_was_called_to_compute() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 10, Async);
    state.regulate(at(5));
    state.land(Async, &slot(), Reach::Everyone, false, at(5));
    assert_eq!(n_landed(&mut state, &waiters), 10);
    assert!(state.is_idle(), "the one that was called need not compute");
}

fn n_landed(state: &mut State, waiters: &[WaiterId]) -> usize {
    let mut waker = None;
    waiters.iter().filter(|&&id| matches!(state.look(id, &mut waker), Some(Called::Landed(_)))).count()
}

/// A result for those below number 4.
fn below_four(is_stored: bool) -> Reach {
    Reach::Until { mark: Mark(WaiterId(4)), is_stored }
}

#[test]
fn a_result_reaches_those_who_had_come_by_its_mark_and_one_of_the_others_leads_next() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 10, Async);
    state.land(Async, &slot(), below_four(false), true, at(0));
    assert_eq!(n_called(&mut state, &waiters[4..], 0), 1);
    assert_eq!(n_landed(&mut state, &waiters), 4);
    assert!(!state.is_idle() && state.has_left_waiters());
}

#[test]
fn after_a_result_that_is_stored_one_is_called_whoever_else_computes() {
    for (is_stored, n_more) in [(true, 1), (false, 0)] {
        let mut state = flight(Async);
        let waiters = queue(&mut state, 10, Async);
        assert_eq!(n_called(&mut state, &waiters, 5), 1, "the first leader is late");
        state.land(Async, &slot(), below_four(is_stored), true, at(6));
        assert_eq!(n_called(&mut state, &waiters, 6), n_more, "stored: {is_stored}");
    }
}

#[test]
fn a_call_to_lead_is_taken_back_only_from_those_below_the_mark() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 10, Async);
    state.regulate(at(5));
    // Beside the first leader number 0 was called, and has not looked: it gets the result, and leads no more.
    state.leave(waiters[9]);
    state.land(Async, &slot(), below_four(false), true, at(5));
    assert_eq!(n_landed(&mut state, &waiters), 4);
    assert_eq!(n_called(&mut state, &waiters, 5), 1, "nobody computes any more");
}

#[test]
fn whoever_is_left_in_a_flight_that_has_left_the_table_looks_again() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 10, Async);
    state.land(Async, &slot(), below_four(true), false, at(0));
    let mut waker = None;
    let again = waiters.iter().filter(|&&id| matches!(state.look(id, &mut waker), Some(Called::Again))).count();
    assert_eq!((again, state.is_idle()), (6, true));
}

#[test]
fn a_blocking_caller_never_waits_for_an_async_one() {
    let mut state = flight(Async);
    assert!(!state.join(WaiterId(0), Blocking, at(0)), "it computes at once");
    let blocked = queue(&mut state, 3, Blocking);
    assert_eq!(n_called(&mut state, &blocked, 0), 0, "these wait for the blocking one");
    state.step_down(Blocking, false);
    assert_eq!(n_called(&mut state, &blocked, 0), 1, "one takes its place, though an async one computes");
}

#[test]
fn a_blocking_waiter_goes_before_async_ones_if_no_blocking_one_computes() {
    let mut state = flight(Blocking);
    let tasks = queue(&mut state, 3, Async);
    let blocked = arrivals(3, 1, &mut state, Blocking);
    state.step_down(Blocking, false);
    assert_eq!(n_called(&mut state, &blocked, 0), 1);
    assert_eq!(n_called(&mut state, &tasks, 0), 0);
}

#[test]
fn who_leaves_the_queue_is_not_called() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 3, Async);
    state.leave(waiters[0]);
    state.step_down(Async, false);
    assert_eq!(n_called(&mut state, &waiters, 0), 1);
    assert!(!state.is_idle());
}

mod ring {
    use super::super::ring::{Edges, Inside, n_edges};
    use super::FlightId;

    fn inside<T>(flight: FlightId, compute: impl FnOnce() -> T) -> T {
        let _inside = Inside::of(flight);
        compute()
    }

    /// Three flights that no other test has.
    fn flights(test: u64) -> [FlightId; 3] {
        [1, 2, 3].map(|i| FlightId(u64::MAX - 3 * test - i))
    }

    #[test]
    fn a_call_does_not_wait_for_itself_directly_or_in_a_ring() {
        let [a, b, c] = flights(1);
        assert!(Edges::draw(a).is_some(), "nobody computes here, so nobody can be waiting for it");
        inside(a, || assert!(Edges::draw(a).is_none()));

        let a_for_b = inside(a, || Edges::draw(b));
        let b_for_c = inside(b, || Edges::draw(c));
        inside(c, || assert!(Edges::draw(a).is_none(), "a waits for b, and b for c"));
        drop(b_for_c);
        inside(c, || assert!(Edges::draw(a).is_some(), "b waits no more"));
        drop(a_for_b);
        assert_eq!(n_edges(&[a, b, c]), 0);
    }

    #[test]
    fn a_computation_waits_for_what_the_computations_inside_it_wait_for() {
        let [a, b, c] = flights(2);
        let inner = inside(b, || inside(a, || Edges::draw(c)));
        inside(c, || assert!(Edges::draw(b).is_none(), "b computes a, which waits for c"));
        drop(inner);
    }

    #[test]
    fn a_panic_leaves_no_parent_behind() {
        let [a, ..] = flights(3);
        let panicked = std::panic::catch_unwind(|| inside(a, || panic!("on purpose")));
        assert!(panicked.is_err());
        assert!(Edges::draw(a).is_some());
    }
}
