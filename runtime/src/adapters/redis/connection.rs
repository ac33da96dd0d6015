//! The connection that all verbs share: made when the first needs it, made anew when it is lost.
//!
//! Whoever needs a connection while there is none waits for the one attempt under way, which is a task of its own on the
//! I/O runtime: a caller that goes away does not undo it, and a thousand callers are not a thousand attempts. An attempt
//! ends within [`LIMIT`] and is not repeated: the next verb makes the next.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::clears::Rounds;
use super::health::Health;
use super::link::{Line, Link, Wire};
use super::reply::Failure;
use super::sentinel::Sentinels;
use super::socket::{self, Target};
use crate::error::Error;
use crate::io;
use crate::sync::Mutex;

/// How long connecting may take, all in all.
const LIMIT: Duration = Duration::from_secs(2);

/// Where connections come from.
pub(super) enum Source {
    /// Made by us.
    Server(Target),
    /// The same, to a node of a cluster, which may be a replica.
    Node(Target),
    /// Made by us, to wherever sentinels say that the master is.
    Sentinels(Arc<Sentinels>),
    /// Handed in. It stays, and what it does when it is lost is its own business.
    Given(Box<dyn Wire>),
}

pub(super) struct Connector {
    source: Source,
    /// How errors call the server.
    name: String,
    state: Mutex<State>,
    /// Of those who wait for replicas by this connection.
    pub(super) rounds: Rounds,
}

enum State {
    Idle,
    Connecting(Outcome),
    Up(Arc<Link>),
}

/// Of an attempt to connect, once there is one.
type Outcome = watch::Receiver<Option<Result<Arc<Link>, Failure>>>;

impl Connector {
    pub(super) fn new(source: Source, name: String) -> Arc<Self> {
        Arc::new(Self { source, name, state: Mutex::new(State::Idle), rounds: Rounds::default() })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A connection that was up a moment ago.
    pub(super) async fn link(self: &Arc<Self>) -> Result<Arc<Link>, Error> {
        let mut outcome = match self.look() {
            Ok(link) => return Ok(link),
            Err(outcome) => outcome,
        };
        let outcome = outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        let given_up = || Failure { attempted: self.attempt(), cause: "the attempt was given up".into() };
        outcome.unwrap_or_else(|| Err(given_up())).map_err(Error::from)
    }

    /// Forgets the connection. It is closed as soon as those who use it have their answers.
    pub(super) fn close(&self) {
        let before = std::mem::replace(&mut *self.state.lock(), State::Idle);
        drop(before);
    }

    /// The same, if somebody has waited for it in vain: whoever gets answers keeps it.
    pub(super) fn close_if_doubted(&self) {
        let mut state = self.state.lock();
        if matches!(&*state, State::Up(link) if link.is_doubted()) {
            let before = std::mem::replace(&mut *state, State::Idle);
            drop(state);
            drop(before);
        }
    }

    /// The connection, or the attempt to make one, which is begun if need be.
    fn look(self: &Arc<Self>) -> Result<Arc<Link>, Outcome> {
        let mut state = self.state.lock();
        match &*state {
            State::Up(link) if link.is_up() => return Ok(link.clone()),
            // An attempt whose task is gone never ends.
            State::Connecting(outcome) if outcome.has_changed().is_ok() => return Err(outcome.clone()),
            _ => {}
        }
        let (sender, outcome) = watch::channel(None);
        let before = std::mem::replace(&mut *state, State::Connecting(outcome.clone()));
        drop(state);
        drop(before);
        let connector = self.clone();
        let own = outcome.clone();
        io::spawn(async move {
            let made = connector.connect().await;
            connector.settle(&own, made.as_ref().ok());
            sender.send_replace(Some(made));
        });
        Err(outcome)
    }

    async fn connect(&self) -> Result<Arc<Link>, Failure> {
        let health = Health::new();
        let made = timeout(LIMIT, async {
            let line = match &self.source {
                Source::Server(server) => {
                    let link = Link::meet(Line::Own(socket::open(server, &health).await?), health.clone()).await?;
                    link.expect_master();
                    return Ok(link);
                }
                Source::Node(node) => Line::Own(socket::open(node, &health).await?),
                Source::Sentinels(sentinels) => return sentinels.connect(health.clone()).await,
                Source::Given(wire) => Line::Given(wire.another()),
            };
            Link::meet(line, health.clone()).await
        });
        let made = made.await.unwrap_or_else(|_| {
            Err(Failure { attempted: String::new(), cause: format!("no answer within {} s", LIMIT.as_secs()) })
        });
        made.map_err(|failure| {
            health.give_up();
            let Failure { attempted, cause } = failure;
            let separator = if attempted.is_empty() { "" } else { ": " };
            Failure { attempted: format!("{}{separator}{attempted}", self.attempt()), cause }
        })
    }

    /// Keeps what an attempt has made, unless it was forgotten in the meantime.
    fn settle(&self, own: &Outcome, made: Option<&Arc<Link>>) {
        let mut state = self.state.lock();
        if matches!(&*state, State::Connecting(outcome) if outcome.same_channel(own)) {
            *state = made.cloned().map_or(State::Idle, State::Up);
        }
    }

    fn attempt(&self) -> String {
        format!("cannot reach redis at {}", self.name)
    }
}
