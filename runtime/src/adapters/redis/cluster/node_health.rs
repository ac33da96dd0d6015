//! Whether a node of a cluster answers. Failures are counted for each node, whichever shards lie there, and one that has had too
//! many is asked nothing until it answers again: so a caller waits in vain for a frozen node a few times, and not a few times in
//! each shard; and a shard that lies on two nodes is not down with either.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::map::Address;
use super::router::Router;
use crate::adapters::redis::clears::Lane;
use crate::adapters::redis::reply::Failure;
use crate::clock::{Clock, Moment};
use crate::error::{ErrorKind, Result};
use crate::io;
use crate::layer::{BreakerState as State, Ended, Lately, Pass, Threshold, UNANSWERED};
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::timeout::Timeout;

/// As of the breaker of one server.
const MOST: Threshold = Threshold { failures: 5, window: Timeout::from_secs(1) };
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause before a node is asked again that has failed again soon after it answered.
const AFTER_RELAPSES: Duration = Duration::from_secs(2);
/// So long after it answered, a node that fails has failed anew.
const RELAPSE: Timeout = Timeout::from_secs(10);
/// How long a node may take to be connected to and to answer.
const LONGEST_TRY: Duration = Duration::from_millis(1_250);

/// A breaker of one node.
pub(super) struct NodeHealth {
    clock: Clock,
    state: Mutex<State>,
    /// When it answered again, in milliseconds, and how often it has failed again soon after that.
    reached_ms: AtomicU64,
    n_relapses: AtomicU64,
}

impl NodeHealth {
    pub(super) fn new() -> Arc<Self> {
        let state = Mutex::new(State::Closed(Lately::default()));
        Arc::new(Self { clock: Clock::default(), state, reached_ms: AtomicU64::new(0), n_relapses: AtomicU64::new(0) })
    }

    /// It was seen to answer.
    pub(super) fn answers(&self) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        if *state != State::Open {
            return;
        }
        state.answers(now);
        drop(state);
        self.reached_ms.store(now.as_millis(), Ordering::Relaxed);
    }

    fn is_open(&self) -> bool {
        *self.state.lock() == State::Open
    }

    /// Before the first attempt to reach it.
    fn first_pause(&self) -> Duration {
        let reached = Moment::from_millis(self.reached_ms.load(Ordering::Relaxed));
        let is_relapse = reached != Moment::from_millis(0) && self.clock.now() < reached.after(RELAPSE);
        let n_relapses = if is_relapse { self.n_relapses.load(Ordering::Relaxed) + 1 } else { 0 };
        self.n_relapses.store(n_relapses, Ordering::Relaxed);
        let doublings = u32::try_from(n_relapses).unwrap_or(u32::MAX).min(10);
        FIRST_PAUSE.saturating_mul(1 << doublings).min(AFTER_RELAPSES)
    }
}

/// A request to a node. Dropped before it is told, it was given up.
pub(super) struct Asked<'a> {
    router: &'a Arc<Router>,
    address: &'a Address,
    health: Arc<NodeHealth>,
    pass: Pass,
    since: Moment,
    is_told: bool,
}

impl<'a> Asked<'a> {
    /// A request to the node at `address`.
    ///
    /// # Errors
    /// `Unavailable`, at once, where the node does not answer.
    pub(super) fn of(router: &'a Arc<Router>, address: &'a Address) -> Result<Self> {
        let health = router.health(address);
        let since = health.clock.now();
        let pass = health.state.lock().ask(since);
        if pass == Pass::Not {
            // Another may have its slots by now.
            router.doubt();
            let (host, port) = address;
            let attempted = format!("redis at {host}:{port} is not asked while it does not answer");
            return Err(Failure { attempted, cause: "too many requests to it have failed".into() }.into());
        }
        Ok(Self { router, address, health, pass, since, is_told: false })
    }

    /// It has this answer.
    pub(super) fn told<T>(mut self, answer: Result<T>) -> Result<T> {
        self.is_told = true;
        let is_failure = answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unavailable);
        let ended = if is_failure { Ended::Failed } else { Ended::Answered };
        let now = self.health.clock.now();
        self.tell(|state, pass, since| state.tell(pass, ended, since, now, MOST));
        answer
    }

    fn tell(&self, tell: impl FnOnce(&mut State, Pass, Moment) -> bool) {
        if tell(&mut self.health.state.lock(), self.pass, self.since) {
            recover(self.router, self.address.clone(), Arc::clone(&self.health));
        }
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.is_told {
            return;
        }
        let now = self.health.clock.now();
        self.tell(|state, pass, since| state.give_up(pass, since, UNANSWERED, now, MOST));
    }
}

/// Asks the node until it answers, behind the callers, and as long as it belongs to the cluster.
fn recover(router: &Arc<Router>, address: Address, health: Arc<NodeHealth>) {
    let router: Weak<Router> = Arc::downgrade(router);
    let answers = Answers(health);
    io::spawn(async move {
        let health = &answers.0;
        let mut pause = health.first_pause();
        loop {
            sleep(pause).await;
            let Some(router) = router.upgrade() else { return };
            if !health.is_open() || !Arc::ptr_eq(&router.health(&address), health) {
                return;
            }
            let Ok(node) = router.node(&address, Lane::Calls) else { return };
            let answer = timeout(LONGEST_TRY, async { node.link().await?.learn().await }).await;
            if matches!(answer, Ok(Ok(()))) {
                return;
            }
            node.close();
            router.doubt();
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    });
}

/// Has the node asked again, however the task ends that waits for it.
struct Answers(Arc<NodeHealth>);

impl Drop for Answers {
    fn drop(&mut self) {
        self.0.answers();
    }
}
