//! What a store has answered before another process cleared it, and the caller handles afterwards: callers who came in between
//! are not given it.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use larder::{Cache, cached, scoped, scoped_async};
use tokio::task::JoinHandle;

use crate::moody::When;
use crate::origin::Origin;
use crate::pair::{Faults, Pair, pairs};
use crate::relay::{Asked, until};

const N_LATE: usize = 12;

#[cached(key = "late_answers_async:{id}", skip(origin), timeout = 60)]
async fn value(id: u64, origin: Arc<Origin>) -> u64 {
    origin.read().await + id - id
}

#[cached(key = "late_answers_blocking:{id}", skip(origin), timeout = 60)]
fn blocking(id: u64, origin: &Origin) -> u64 {
    origin.read_blocking() + id - id
}

fn call(pair: &Pair, id: u64, origin: &Arc<Origin>) -> JoinHandle<u64> {
    tokio::spawn(scoped_async(&pair.here, value(id, Arc::clone(origin))))
}

/// The source changes, and another process clears.
async fn clear_elsewhere(pair: &Pair, id: u64, origin: &Origin) {
    origin.change();
    scoped_async(&pair.elsewhere, async {
        assert!(value::clear(id).await.unwrap(), "on {}: it is stored", pair.name);
    })
    .await;
}

/// Callers that have looked, and wait.
async fn late(pair: &Pair, id: u64, origin: &Arc<Origin>) -> Vec<JoinHandle<u64>> {
    let n_looks = pair.relay.n_answered(Asked::Entry);
    let calls = (0..N_LATE).map(|_| call(pair, id, origin)).collect();
    // What follows a look, up to where the caller waits, is one step on this thread.
    until("they look", || pair.relay.n_answered(Asked::Entry) >= n_looks + N_LATE).await;
    calls
}

async fn judge(what: String, late: Vec<JoinHandle<u64>>, origin: &Origin, faults: &mut Faults) {
    let mut given = Vec::new();
    for call in late {
        given.push(call.await.unwrap());
    }
    faults.unless(given == [2; N_LATE], || format!("{what}: late callers are given {given:?}"));
    let n_reads = origin.n_reads();
    faults.unless(n_reads == 2, || format!("{what}: {n_reads} computations"));
}

#[tokio::test]
async fn late_answer_to_a_fill_reaches_no_caller_after_a_clear() {
    let mut faults = Faults::default();
    for pair in pairs() {
        let origin = Origin::quick();
        let answer = pair.relay.hold(When::After, Asked::Verdict);
        let first = call(&pair, 7, &origin);
        until("it is stored", || pair.relay.n_answered(Asked::Verdict) == 1).await;
        clear_elsewhere(&pair, 7, &origin).await;
        let late = late(&pair, 7, &origin).await;
        answer.close();
        assert_eq!(first.await.unwrap(), 1, "on {}", pair.name);
        judge(format!("on {}", pair.name), late, &origin, &mut faults).await;
    }
    faults.judge();
}

#[tokio::test]
async fn late_answer_to_a_fill_reaches_no_thread_after_a_clear() {
    let mut faults = Faults::default();
    for pair in pairs() {
        let origin = Origin::quick();
        let answer = pair.relay.hold(When::After, Asked::Verdict);
        let ask = || {
            let (here, origin) = (pair.here.clone(), Arc::clone(&origin));
            std::thread::spawn(move || scoped(here, || blocking(7, &origin)))
        };
        let first = ask();
        until("it is stored", || pair.relay.n_answered(Asked::Verdict) == 1).await;
        origin.change();
        assert!(scoped(&pair.elsewhere, || blocking::clear(7).unwrap()), "on {}", pair.name);
        let n_looks = pair.relay.n_answered(Asked::Entry);
        let late: Vec<_> = (0..N_LATE).map(|_| ask()).collect();
        until("they look", || pair.relay.n_answered(Asked::Entry) >= n_looks + N_LATE).await;
        answer.close();
        assert_eq!(first.join().unwrap(), 1, "on {}", pair.name);
        let given: Vec<u64> = late.into_iter().map(|thread| thread.join().unwrap()).collect();
        faults.unless(given == [2; N_LATE], || format!("on {}: late callers are given {given:?}", pair.name));
        let n_reads = origin.n_reads();
        faults.unless(n_reads == 2, || format!("on {}: {n_reads} computations", pair.name));
    }
    faults.judge();
}

/// A result that another process has stored meanwhile is handed on in place of a computation.
#[tokio::test]
async fn late_answer_to_a_second_look_reaches_no_caller_after_a_clear() {
    let mut faults = Faults::default();
    for pair in pairs() {
        let origin = Origin::quick();
        let (question, answer) =
            (pair.relay.hold(When::Before, Asked::Lease), pair.relay.hold(When::After, Asked::Lease));
        let first = call(&pair, 27, &origin);
        until("it has looked", || pair.relay.n_sent(Asked::Lease) == 1).await;
        let stored = scoped_async(&pair.elsewhere, value(27, Arc::clone(&origin))).await;
        assert_eq!(stored, 1);
        question.close();
        until("it finds what was stored", || pair.relay.n_answered(Asked::Lease) == 1).await;
        clear_elsewhere(&pair, 27, &origin).await;
        let late = late(&pair, 27, &origin).await;
        answer.close();
        assert_eq!(first.await.unwrap(), 1, "on {}", pair.name);
        judge(format!("on {}", pair.name), late, &origin, &mut faults).await;
    }
    faults.judge();
}

/// The store takes the result, its answer is there, and the executor polls the caller later: nothing is held back but its
/// wake-ups.
#[tokio::test]
async fn late_poll_of_a_leader_reaches_no_caller_after_a_clear() {
    let mut faults = Faults::default();
    // The reference adapter wakes nobody: it answers at once.
    for pair in pairs().filter(|pair| pair.name != "reference") {
        // A poll for an earlier wake-up may meet the answer, and then the leader is through: the next key has another.
        let mut keys = 100..200;
        let (id, origin, executor, first) = loop {
            let id = keys.next().expect("one of a hundred leaders is not polled");
            let (origin, executor) = (Origin::quick(), Arc::new(Executor::default()));
            let first = stored_and_not_polled(&pair, id, &origin, &executor).await;
            if !first.is_finished() {
                break (id, origin, executor, first);
            }
        };
        clear_elsewhere(&pair, id, &origin).await;
        let late = late(&pair, id, &origin).await;
        assert!(!first.is_finished(), "on {}: it is not polled", pair.name);
        executor.go_on();
        assert_eq!(first.await.unwrap(), 1, "on {}", pair.name);
        judge(format!("on {}", pair.name), late, &origin, &mut faults).await;
    }
    faults.judge();
}

/// A call whose result is in the store, polled only for what came before that, as far as can be told.
async fn stored_and_not_polled(
    pair: &Pair,
    id: u64,
    origin: &Arc<Origin>,
    executor: &Arc<Executor>,
) -> JoinHandle<u64> {
    let n_claims = pair.relay.n_answered(Asked::Lease);
    let leader = value(id, Arc::clone(origin));
    let leader = Late { future: Box::pin(scoped_async(&pair.here, leader)), executor: Arc::clone(executor) };
    let first = tokio::spawn(leader);
    until("it claims", || pair.relay.n_answered(Asked::Lease) > n_claims || executor.poll_once()).await;
    // It has computed in the same step.
    loop {
        let was_woken = executor.0.lock().unwrap().is_due;
        if scoped_async(&pair.elsewhere, value::get(id)).await.unwrap().is_some() {
            return first;
        }
        if was_woken {
            executor.poll_once();
        }
        tokio::task::yield_now().await;
    }
}

/// Nothing is held back: both workers of the executor are busy, and poll whom they come to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy_executor_gives_no_caller_what_was_cleared() {
    // Few, unless all of the machine is for this: its tasks take what processors there are from other tests.
    let n_clears = if std::env::var("LARDER_SCALE").as_deref() == Ok("full") { 150 } else { 15 };
    let mut faults = Faults::default();
    for pair in pairs() {
        let (origin, is_over) = (Origin::quick(), Arc::new(AtomicBool::new(false)));
        let busy: Vec<_> = (0..4).map(|_| tokio::spawn(be_busy(Arc::clone(&is_over)))).collect();
        let cleared = Arc::new(AtomicU64::new(0));
        let callers = (0..12).map(|_| {
            let call = (pair.here.clone(), Arc::clone(&origin));
            tokio::spawn(count_stale(call, Arc::clone(&cleared), Arc::clone(&is_over)))
        });
        let callers: Vec<_> = callers.collect();
        let (elsewhere, source) = (pair.elsewhere.clone(), Arc::clone(&origin));
        // On a thread of its own, which nobody keeps from clearing.
        tokio::task::spawn_blocking(move || {
            for _ in 0..n_clears {
                source.change();
                let version = source.version();
                scoped(&elsewhere, || block_on(value::clear(900))).unwrap();
                cleared.store(version, SeqCst);
                std::thread::sleep(Duration::from_millis(3));
            }
        })
        .await
        .unwrap();
        is_over.store(true, SeqCst);
        let mut n_stale = 0;
        for caller in callers {
            n_stale += caller.await.unwrap();
        }
        for busy in busy {
            busy.await.unwrap();
        }
        faults.unless(n_stale == 0, || format!("on {}: {n_stale} calls are given what was cleared", pair.name));
    }
    faults.judge();
}

/// Calls until it is over. How many calls are given a version older than what was cleared before they began?
async fn count_stale((here, origin): (Cache, Arc<Origin>), cleared: Arc<AtomicU64>, is_over: Arc<AtomicBool>) -> u64 {
    let mut n_stale = 0;
    while !is_over.load(SeqCst) {
        let oldest = cleared.load(SeqCst);
        let given = scoped_async(&here, value(900, Arc::clone(&origin))).await;
        n_stale += u64::from(given < oldest);
    }
    n_stale
}

async fn be_busy(is_over: Arc<AtomicBool>) {
    while !is_over.load(SeqCst) {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(4) {
            std::hint::spin_loop();
        }
        tokio::task::yield_now().await;
    }
}

/// A future that is polled when its [`Executor`] has time.
struct Late<F> {
    future: Pin<Box<F>>,
    executor: Arc<Executor>,
}

/// Keeps wake-ups until it is told to poll.
#[derive(Default)]
struct Executor(Mutex<Wakeups>);

#[derive(Default)]
struct Wakeups {
    waker: Option<Waker>,
    is_due: bool,
    goes_on: bool,
}

impl Executor {
    /// Polls the future if it was woken. Always `false`, as a step of a loop that waits for something else.
    fn poll_once(&self) -> bool {
        let mut wakeups = self.0.lock().unwrap();
        if std::mem::take(&mut wakeups.is_due) {
            wakeups.waker.iter().for_each(Waker::wake_by_ref);
        }
        false
    }

    /// Polls it whenever it is woken.
    fn go_on(&self) {
        self.0.lock().unwrap().goes_on = true;
        self.poll_once();
    }
}

impl Wake for Executor {
    fn wake(self: Arc<Self>) {
        let mut wakeups = self.0.lock().unwrap();
        wakeups.is_due = true;
        let waker = wakeups.waker.clone().filter(|_| wakeups.goes_on);
        drop(wakeups);
        waker.iter().for_each(Waker::wake_by_ref);
    }
}

impl<F: Future> Future for Late<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.executor.0.lock().unwrap().waker = Some(context.waker().clone());
        let waker = Waker::from(Arc::clone(&self.executor));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }
}
