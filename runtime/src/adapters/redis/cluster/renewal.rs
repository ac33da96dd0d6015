//! Learns who holds which slot: one attempt at a time, shared by all who wait for it, and a task of its own.
//!
//! Several nodes are asked at once, as one that was frozen or cut off may know less than it thinks: whoever is in contact with
//! most of the cluster and has heard of the latest failover is believed.

use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::map::{Address, SlotMap, knowledge};
use super::router::Router;
use crate::adapters::redis::clears::Lane;
use crate::adapters::redis::reply::Failure;
use crate::error::{Error, Result};
use crate::io;
use crate::sync::Mutex;

/// How many nodes are asked at once.
const MOST_ASKED: usize = 8;
/// How long the first answer is waited for.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How long further answers are waited for, after one of a node in contact with the others.
const MORE: Duration = Duration::from_millis(30);
/// Between two attempts that nobody waits for.
const BETWEEN: Duration = Duration::from_millis(100);

#[derive(Default)]
pub(super) struct Renewal(Mutex<State>);

#[derive(Default)]
struct State {
    running: Option<Outcome>,
    ended: Option<Instant>,
}

type Outcome = watch::Receiver<Option<Result<Arc<SlotMap>, Failure>>>;

/// What a node says, and how much it knows.
type Told = Result<((bool, u64), Arc<SlotMap>), Failure>;

impl Router {
    /// Learns the map anew, with whoever is at it already.
    pub(super) async fn renew(self: &Arc<Self>) -> Result<Arc<SlotMap>> {
        let mut outcome = self.begin();
        let outcome = outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        let given_up = || Failure { attempted: ATTEMPT.into(), cause: "the attempt was given up".into() };
        outcome.unwrap_or_else(|| Err(given_up())).map_err(Error::from)
    }

    /// The map may be wrong: it is learned anew, behind the callers.
    pub(super) fn doubt(self: &Arc<Self>) {
        let is_recent = self.renewal.0.lock().ended.is_some_and(|ended| ended.elapsed() < BETWEEN);
        if !is_recent {
            drop(self.begin());
        }
    }

    fn begin(self: &Arc<Self>) -> Outcome {
        let mut state = self.renewal.0.lock();
        // An attempt whose task is gone never ends.
        if let Some(running) = state.running.as_ref().filter(|running| running.has_changed().is_ok()) {
            return running.clone();
        }
        let (sender, outcome) = watch::channel(None);
        state.running = Some(outcome.clone());
        drop(state);
        let router = self.clone();
        io::spawn(async move {
            let learned = router.learn().await;
            if let Ok(map) = &learned {
                router.settle(map.clone());
            }
            let mut state = router.renewal.0.lock();
            (state.running, state.ended) = (None, Some(Instant::now()));
            drop(state);
            sender.send_replace(Some(learned));
        });
        outcome
    }

    async fn learn(self: &Arc<Self>) -> Result<Arc<SlotMap>, Failure> {
        let known = self.known();
        let masters: Vec<_> = known.iter().flat_map(|map| map.masters()).cloned().collect();
        let replicas = known.iter().flat_map(|map| map.replicas()).cloned();
        let mut others: Vec<_> = replicas.chain(self.seeds.iter().cloned()).collect();
        others.retain(|address| !masters.contains(address));
        let mut failure = None;
        for nodes in [masters, others] {
            match self.best_of(&nodes).await {
                Ok(map) => return Ok(map),
                Err(error) => failure = failure.or(error),
            }
        }
        Err(failure.unwrap_or(Failure { attempted: ATTEMPT.into(), cause: "no node answers".into() }))
    }

    /// What the one of these nodes says that knows most, or why none says anything.
    async fn best_of(self: &Arc<Self>, nodes: &[Address]) -> Result<Arc<SlotMap>, Option<Failure>> {
        let sender = Arc::new(watch::Sender::new(Vec::<Told>::new()));
        let mut told = sender.subscribe();
        // Elsewhere each time, should those be the ones that are lost.
        let start = self.renewal.0.lock().ended.map_or(0, |ended| ended.elapsed().subsec_micros() as usize);
        let from = if nodes.len() > MOST_ASKED { start % nodes.len() } else { 0 };
        for address in nodes.iter().cycle().skip(from).take(nodes.len().min(MOST_ASKED)) {
            let (router, sender, address) = (self.clone(), sender.clone(), address.clone());
            io::spawn(async move {
                let answer = router.ask_for_map(&address).await;
                sender.send_modify(|told| told.push(answer));
            });
        }
        // Once all have answered, nobody is left who could send.
        drop(sender);
        let mut until = Instant::now() + PATIENCE;
        while let Ok(Ok(())) = timeout_at(until, told.changed()).await {
            if told.borrow_and_update().iter().flatten().any(|(knowledge, _)| knowledge.0) {
                until = until.min(Instant::now() + MORE);
            }
        }
        let told = told.borrow();
        let best = told.iter().flatten().max_by_key(|(knowledge, _)| *knowledge);
        best.map(|(_, map)| map.clone()).ok_or_else(|| told.iter().find_map(|told| told.as_ref().err().cloned()))
    }

    async fn ask_for_map(self: &Arc<Self>, address: &Address) -> Told {
        let failed = |error: Error| Failure {
            attempted: error.to_string(),
            cause: std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default(),
        };
        let link = self.node(address, Lane::Calls).map_err(failed)?.link().await.map_err(failed)?;
        let mut replies = link.run_all(&[cluster("SLOTS"), cluster("INFO")]).await.map_err(failed)?.into_iter();
        let map = SlotMap::read(replies.next().unwrap_or_default(), address).map_err(failed)?;
        // One that is in no cluster any more. Who believed it would know nobody whom to ask again.
        if map.masters().is_empty() {
            return Err(Failure { attempted: ATTEMPT.into(), cause: "who answers knows of no slots".into() });
        }
        Ok((knowledge(&replies.next().unwrap_or(Value::Nil)), Arc::new(map)))
    }
}

const ATTEMPT: &str = "cannot learn who holds what in the redis cluster";

fn cluster(what: &str) -> Cmd {
    let mut command = redis::cmd("CLUSTER");
    command.arg(what);
    command
}
