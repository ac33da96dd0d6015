//! Learns who holds which slot: one attempt at a time, shared by all who wait for it, and a task of its own.
//!
//! Several nodes are asked at once, as one that was frozen or cut off may know less than it thinks: whoever is in contact with
//! most of the cluster and has heard of the latest failover is believed, if it is still in the cluster that is known: see `choice`.

use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::choice::{Next, Round, Told, choose};
use super::map::{Address, SlotMap, knowledge};
use super::router::Router;
use crate::adapters::redis::clears::Lane;
use crate::adapters::redis::reply::{self, Failure};
use crate::error::{Error, Result};
use crate::io;
use crate::sync::Mutex;

/// How many nodes are asked at once.
const MOST_ASKED: usize = 8;
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

    /// Asks the known masters and the seeds, and the others where these are silent.
    async fn learn(self: &Arc<Self>) -> Result<Arc<SlotMap>, Failure> {
        let known = self.known();
        let known = known.as_deref();
        let mut first =
            self.some_of(known.map(|known| known.masters().into_iter().cloned().collect()).unwrap_or_default());
        let seeds = self.some_of(self.seeds.clone());
        first.extend(seeds.into_iter().filter(|seed| !first.contains(seed)).collect::<Vec<_>>());
        let all = known.into_iter().flat_map(SlotMap::addresses).chain(&self.seeds).cloned();
        let mut others: Vec<_> = all.filter(|address| !first.contains(address)).collect();
        others.dedup();

        let (mut asked, mut round) = (JoinSet::new(), Round::new(Instant::now()));
        let (mut told, mut failure) = (Vec::new(), None);
        self.ask_each(first, &mut asked);
        loop {
            round.n_silent = asked.len();
            let until = match round.next(Instant::now()) {
                Next::Wait(until) => until,
                Next::AskOthers => {
                    round.has_asked_others = true;
                    self.ask_each(self.some_of(std::mem::take(&mut others)), &mut asked);
                    continue;
                }
                Next::End => break,
            };
            let Ok(Some(Ok(answer))) = timeout_at(until, asked.join_next()).await else { continue };
            round.answered(known, answer.as_ref().ok(), Instant::now());
            match answer {
                Ok(answer) => told.push(answer),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        // Whoever is late is not cast into doubt by that.
        asked.detach_all();
        let silent = || Failure { attempted: ATTEMPT.into(), cause: "no node answers".into() };
        match choose(known, &told) {
            Some(map) => Ok(map),
            None if told.is_empty() => Err(failure.unwrap_or_else(silent)),
            None => Err(Failure {
                attempted: ATTEMPT.into(),
                cause: "those that answer are nodes of another cluster than the one that is known".into(),
            }),
        }
    }

    /// No more of these than are asked at once: elsewhere each time, should those be the ones that are lost.
    fn some_of(&self, nodes: Vec<Address>) -> Vec<Address> {
        let start = self.renewal.0.lock().ended.map_or(0, |ended| ended.elapsed().subsec_micros() as usize);
        let from = if nodes.len() > MOST_ASKED { start % nodes.len() } else { 0 };
        let n_asked = nodes.len().min(MOST_ASKED);
        nodes.into_iter().cycle().skip(from).take(n_asked).collect()
    }

    fn ask_each(self: &Arc<Self>, nodes: Vec<Address>, asked: &mut JoinSet<Result<Told, Failure>>) {
        for address in nodes {
            let router = self.clone();
            asked.spawn(async move { router.ask_for_map(address).await });
        }
    }

    async fn ask_for_map(self: &Arc<Self>, from: Address) -> Result<Told, Failure> {
        let failed = |error: Error| Failure {
            attempted: error.to_string(),
            cause: std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default(),
        };
        let link = self.node(&from, Lane::Calls).map_err(failed)?.link().await.map_err(failed)?;
        let mut replies = link.run_all(&[cluster("SLOTS"), cluster("INFO")]).await.map_err(failed)?.into_iter();
        let map = SlotMap::read(replies.next().unwrap_or_default(), &from, &self.access.addresses).map_err(failed)?;
        // One that is in no cluster any more. Who believed it would know nobody whom to ask again.
        if map.masters().is_empty() {
            let cause = if map.ids().is_empty() { "who answers knows of no slots" } else { map.lack() };
            return Err(Failure { attempted: ATTEMPT.into(), cause: cause.into() });
        }
        let info = replies.next().unwrap_or(Value::Nil);
        reply::permits(&info).map_err(failed)?;
        let is_seed = self.seeds.contains(&from);
        Ok(Told { from, is_seed, knowledge: knowledge(&info), map: Arc::new(map) })
    }
}

const ATTEMPT: &str = "cannot learn who holds what in the redis cluster";

fn cluster(what: &str) -> Cmd {
    let mut command = redis::cmd("CLUSTER");
    command.arg(what);
    command
}
