//! Who starts when, told by the pure state; and no edge is left when nobody waits. The whole in motion is tested with
//! annotated functions, and under a model checker.

use std::sync::Arc;
use std::time::Duration;

use super::health::Health;
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

/// Led by one caller since second 0, of a function that says no `wait`.
fn flight(leader: Caller) -> State {
    State::led(leader, None, at(0))
}

fn queue(state: &mut State, n_waiters: usize, caller: Caller) -> Vec<WaiterId> {
    arrivals(0, n_waiters, state, caller)
}

/// Those who come to wait with the numbers from `first` on.
fn arrivals(first: u64, n_waiters: usize, state: &mut State, caller: Caller) -> Vec<WaiterId> {
    let ids = (first..).take(n_waiters).map(WaiterId);
    ids.inspect(|&id| assert!(state.join(id, caller, true, at(0)), "it queues")).collect()
}

/// The leader of a flight that async code has begun.
const FIRST: (Caller, u32) = (Async, 1);

/// How many of the waiters have been called to compute by the second `secs`, each seen once, while the leaders are well.
fn n_called(state: &mut State, waiters: &[WaiterId], secs: u64) -> usize {
    n_called_beside(Health::Well, state, waiters, secs)
}

fn n_called_beside(health: Health, state: &mut State, waiters: &[WaiterId], secs: u64) -> usize {
    state.regulate(at(secs), health);
    let mut waker = None;
    waiters.iter().filter(|&&id| matches!(state.look(id, &mut waker), Some(Called::Lead { .. }))).count()
}

fn slot() -> Arc<Slot> {
    let header = Header { generation: Arc::new(Generation::new()), fresh_until: Moment::NEVER, grace: Timeout::ZERO };
    Slot::seal(header, ())
}

#[test]
fn beside_a_leader_that_is_well_one_more_starts_per_minute() {
    for (leader, caller) in [(Async, Async), (Blocking, Async), (Blocking, Blocking)] {
        let mut state = flight(leader);
        let waiters = queue(&mut state, 1000, caller);
        for (secs, called) in [(0, 0), (36, 0), (59, 0), (60, 1), (61, 0), (119, 0), (120, 1), (600, 1), (601, 0)] {
            assert_eq!(n_called(&mut state, &waiters, secs), called, "{leader:?}, second {secs}");
        }
    }
}

#[test]
fn beside_leaders_that_are_woken_and_not_polled_one_more_starts_after_each_wait() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 1000, Async);
    for (woken, secs, called) in [(3, 5, 0), (3, 7, 0), (3, 8, 1), (3, 12, 0), (3, 13, 1), (15, 19, 0), (15, 100, 1)] {
        let health = Health::Woken(at(woken));
        assert_eq!(n_called_beside(health, &mut state, &waiters, secs), called, "second {secs}");
    }
    assert_eq!(n_called(&mut state, &waiters, 159), 0, "one of them is well again");
}

#[test]
fn a_blocking_leader_is_well_whatever_tasks_are() {
    let mut state = flight(Async);
    assert!(!state.join(WaiterId(0), Blocking, true, at(0)));
    let waiters = queue(&mut state, 10, Async);
    assert_eq!(n_called_beside(Health::Woken(at(0)), &mut state, &waiters, 59), 0);
    assert_eq!(n_called_beside(Health::Woken(at(0)), &mut state, &waiters, 60), 1);
}

#[test]
fn with_a_wait_of_its_own_one_more_starts_after_each_in_any_health() {
    for health in [Health::Well, Health::Woken(at(0))] {
        let mut state = State::led(Async, Some(Duration::from_secs(2)), at(0));
        let waiters = queue(&mut state, 1000, Async);
        for (secs, called) in [(0, 0), (1, 0), (2, 1), (3, 0), (4, 1), (100, 1), (101, 0)] {
            assert_eq!(n_called_beside(health, &mut state, &waiters, secs), called, "second {secs}");
        }
    }
}

#[test]
fn the_alarm_rings_when_a_leader_may_have_ceased_to_be_well() {
    let rings = |state: &mut State, now: u64, health: Health| {
        let mut rings = None;
        state.regulate(at(now), health);
        state.alarm_went_off();
        state.rearm(at(now), health, |at| {
            rings = Some(at);
            None
        });
        rings
    };
    let mut state = flight(Async);
    assert_eq!(rings(&mut state, 0, Health::Well), None, "nobody waits");
    for (now, health, rung) in [
        (0, Health::Well, 5),
        (5, Health::Well, 10),
        (10, Health::Woken(at(7)), 12),
        (12, Health::Woken(at(7)), 17),
        (58, Health::Well, 60),
    ] {
        let mut state = flight(Async);
        queue(&mut state, 3, Async);
        assert_eq!(rings(&mut state, now, health), Some(at(rung)), "second {now}");
    }
}

#[test]
fn a_leader_that_nobody_followed_leaves_no_place_behind() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 1, Async);
    assert_eq!(n_called(&mut state, &waiters, 60), 1);
    state.step_down(Async, false);
    state.regulate(at(61), Health::Well);
    let waiters = queue(&mut state, 10, Async);
    assert_eq!(n_called(&mut state, &waiters, 61), 0, "one leads");
    state.step_down(Async, false);
    assert_eq!(n_called(&mut state, &waiters, 61), 1);
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
    assert_eq!(n_called(&mut state, &waiters, 60), 1, "but those that hold on for ever");
    assert!(state.join(WaiterId(20), Async, true, at(12)), "newcomers queue as well");
}

#[test]
fn a_result_reaches_everybody_even_who_was_called_to_compute() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 10, Async);
    state.regulate(at(60), Health::Well);
    state.land(FIRST, &slot(), Reach::Everyone, false, at(60));
    assert_eq!(n_landed(&mut state, &waiters), 10);
    assert!(state.is_idle(), "the one that was called need not compute");
}

fn n_landed(state: &mut State, waiters: &[WaiterId]) -> usize {
    let mut waker = None;
    waiters.iter().filter(|&&id| matches!(state.look(id, &mut waker), Some(Called::Landed(_)))).count()
}

/// A result for those below number 4.
fn below_four(is_stored: bool) -> Reach {
    Reach::Until { mark: Mark(WaiterId(4)), start: Mark(WaiterId(2)), is_stored }
}

#[test]
fn a_result_reaches_those_who_had_come_by_its_mark_and_one_of_the_others_leads_next() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 10, Async);
    state.land(FIRST, &slot(), below_four(false), true, at(0));
    assert_eq!(n_called(&mut state, &waiters[4..], 0), 1);
    assert_eq!(n_landed(&mut state, &waiters), 4);
    assert!(!state.is_idle() && state.has_left_waiters());
}

#[test]
fn whoever_does_not_know_the_epochs_gets_what_began_after_it() {
    let mut state = flight(Async);
    let waiters: Vec<_> = (0..6).map(WaiterId).collect();
    for (number, &id) in waiters.iter().enumerate() {
        assert!(state.join(id, Async, number % 2 == 0, at(0)));
    }
    state.land((Async, 1), &slot(), below_four(true), true, at(0));
    assert_eq!(n_landed(&mut state, &[WaiterId(0), WaiterId(1), WaiterId(2)]), 3);
    assert_eq!(n_called(&mut state, &waiters[3..], 0), 1, "number 3 leads next");
}

#[test]
fn after_a_result_that_is_stored_one_is_called_whoever_else_computes() {
    for (is_stored, n_more) in [(true, 1), (false, 0)] {
        let mut state = flight(Async);
        let waiters = queue(&mut state, 10, Async);
        assert_eq!(n_called(&mut state, &waiters, 60), 1, "the first leader is late");
        state.land(FIRST, &slot(), below_four(is_stored), true, at(61));
        assert_eq!(n_called(&mut state, &waiters, 61), n_more, "stored: {is_stored}");
    }
}

#[test]
fn a_leader_that_has_begun_before_one_that_lands_keeps_nobody_waiting() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 5, Async);
    assert_eq!(n_called(&mut state, &waiters, 60), 1, "the first leader is late");
    state.land((Async, 2), &slot(), below_four(false), true, at(61));
    assert_eq!(n_called(&mut state, &waiters, 61), 1);
    assert!(!state.ends_with(2), "another has begun");
    state.land((Async, 3), &slot(), below_four(false), true, at(62));
    assert!(state.ends_with(3) && !state.is_idle());
}

#[test]
fn a_call_to_lead_is_taken_back_only_from_those_below_the_mark() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 10, Async);
    state.regulate(at(60), Health::Well);
    // Beside the first leader number 0 was called, and has not looked: it gets the result, and leads no more.
    state.leave(waiters[9]);
    state.land(FIRST, &slot(), below_four(false), true, at(60));
    assert_eq!(n_landed(&mut state, &waiters), 4);
    assert_eq!(n_called(&mut state, &waiters, 60), 1, "nobody computes any more");
}

#[test]
fn whoever_is_left_in_a_flight_that_has_left_the_table_looks_again() {
    let mut state = flight(Async);
    let waiters = queue(&mut state, 10, Async);
    state.land(FIRST, &slot(), below_four(true), false, at(0));
    let mut waker = None;
    let again = waiters.iter().filter(|&&id| matches!(state.look(id, &mut waker), Some(Called::Again))).count();
    assert_eq!((again, state.is_idle()), (6, true));
}

#[test]
fn a_blocking_caller_never_waits_for_an_async_one() {
    let mut state = flight(Async);
    assert!(!state.join(WaiterId(0), Blocking, true, at(0)), "it computes at once");
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

mod task {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    use super::super::health::{Health, LeaderTask, Polling, Tasks};
    use super::at;
    use crate::clock::{Clock, Manual};

    /// An executor's task, which counts its wake-ups.
    #[derive(Default)]
    struct Executor(AtomicUsize);

    impl Wake for Executor {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    struct World {
        clock: Arc<Manual>,
        tasks: Tasks,
        task: Arc<LeaderTask>,
    }

    impl World {
        fn new() -> Self {
            let clock = Arc::<Manual>::default();
            let mut tasks = Tasks::default();
            let task = tasks.add(Clock::manual(Arc::clone(&clock)));
            Self { clock, tasks, task }
        }

        fn pass(&self, secs: u64) {
            self.clock.advance(secs.into());
        }

        fn poll<T>(&self, executor: &Arc<Executor>, poll: impl FnOnce(&Waker) -> T) -> T {
            let executor = Waker::from(Arc::clone(executor));
            let context = Context::from_waker(&executor);
            let polling = Polling::new(None, Some(&self.task), &context);
            poll(polling.waker())
        }
    }

    #[test]
    fn is_well_while_it_is_polled_and_while_nothing_wakes_it() {
        let (world, executor) = (World::new(), Arc::default());
        assert_eq!(world.tasks.health(), Health::Woken(at(0)), "a leader is due when it starts");
        world.pass(1);
        let waker = world.poll(&executor, |waker| {
            waker.wake_by_ref();
            world.pass(36);
            assert_eq!(world.tasks.health(), Health::Well);
            waker.clone()
        });
        assert_eq!(world.tasks.health(), Health::Woken(at(37)), "since the poll in which it was woken ended");
        world.pass(1);
        waker.wake_by_ref();
        assert_eq!(world.tasks.health(), Health::Woken(at(37)), "the first wake-up counts");
        world.poll(&executor, |_| {});
        world.pass(36);
        assert_eq!(world.tasks.health(), Health::Well);
        waker.wake();
        assert_eq!(world.tasks.health(), Health::Woken(at(74)));
    }

    #[test]
    fn of_several_the_best_counts_and_among_those_that_are_due_the_last() {
        let (mut world, executor) = (World::new(), Arc::default());
        world.pass(2);
        let other = world.tasks.add(Clock::manual(Arc::clone(&world.clock)));
        assert_eq!(world.tasks.health(), Health::Woken(at(2)));
        let waker = world.poll(&executor, Waker::clone);
        assert_eq!(world.tasks.health(), Health::Well);
        world.tasks.remove(&world.task);
        assert_eq!(world.tasks.health(), Health::Woken(at(2)));
        drop(waker);
        world.tasks.remove(&other);
        assert_eq!(world.tasks.health(), Health::Woken(at(0)), "who has not looked yet has no task");
    }

    #[test]
    fn wakes_whoever_polled_last_and_once_per_poll() {
        let world = World::new();
        let executors = [(); 2].map(|()| Arc::<Executor>::default());
        let n_woken = || executors.each_ref().map(|executor| executor.0.load(Ordering::SeqCst));
        let first = world.poll(&executors[0], Waker::clone);
        let second = world.poll(&executors[1], Waker::clone);
        assert!(first.will_wake(&second), "one waker for the whole computation");
        first.wake_by_ref();
        second.wake_by_ref();
        assert_eq!(n_woken(), [0, 1]);
        world.poll(&executors[1], |_| {});
        first.wake();
        assert_eq!(n_woken(), [0, 2]);
    }

    #[test]
    fn holds_no_executors_task_that_nothing_can_wake() {
        let (world, executor) = (World::new(), Arc::default());
        let waker = world.poll(&executor, Waker::clone);
        assert_eq!(Arc::strong_count(&executor), 2);
        waker.wake();
        assert_eq!(Arc::strong_count(&executor), 1, "it was woken");
        world.poll(&executor, |_| {});
        assert_eq!(Arc::strong_count(&executor), 1, "its future has kept no waker");
    }
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
