//! Changes that replicas have confirmed, where that is asked for.
//!
//! `WAIT` keeps its connection waiting, so it has one of its own beside that of the calls, by which everything is changed. It
//! speaks of what came by its own connection: so a round writes a mark first. A server has one stream of changes for its
//! replicas, and who has the mark has all that was acknowledged before the mark was written, whichever connection it came by.
//! One round is under way for each server at most, and whatever is changed meanwhile shares the next.

use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout_at};

use super::connection::Connector;
use super::link::Link;
use super::{command, reply};
use crate::adapter::join_all;
use crate::error::{Error, ErrorKind, Result};
use crate::io;
use crate::sync::Mutex;

/// How long replicas have. Servers look ten times a second whether that is over.
const LIMIT_MS: u32 = 300;
/// How long one round may take, all in all.
const ROUND: Duration = Duration::from_millis(440);
/// How long a change may take with its confirmation: two rounds, as it may have to wait for the end of another; and less than
/// the second that helpers have, so that what is late is not the store.
const CHANGE: Duration = Duration::from_millis(900);

/// Which connection to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    Calls,
    /// By which replicas are waited for.
    Confirmations,
}

/// How many replicas have to confirm what is changed; 0 is not to ask.
#[derive(Clone, Copy, Default)]
pub(super) struct Confirmation(pub(super) u32);

/// A change that a server has acknowledged.
pub(super) struct Written {
    /// By which it went.
    pub(super) link: Arc<Link>,
    /// Another to the same server.
    pub(super) waiting: Arc<Connector>,
    pub(super) mark: Mark,
}

/// Keys that are written to for nothing but to be replicated: the first that the server takes is enough.
#[derive(Clone)]
pub(super) struct Mark(pub(super) Vec<String>);

/// The rounds of one connection.
#[derive(Default)]
pub(super) struct Rounds(Mutex<State>);

#[derive(Default)]
struct State {
    is_running: bool,
    next: Option<(Mark, watch::Sender<Option<Confirmed>>)>,
}

/// What a round comes to.
#[derive(Clone)]
enum Confirmed {
    /// So many replicas of the server at the end of this connection have the mark.
    By(Arc<Link>, i64),
    /// The server is a replica itself.
    Demoted,
    Failed(String),
}

impl Confirmation {
    pub(super) fn is_asked(self) -> bool {
        self.0 > 0
    }

    /// How long that may take.
    pub(super) fn within(self) -> Duration {
        if self.is_asked() { CHANGE } else { Duration::ZERO }
    }

    /// Waits for as many replicas of each server that has just changed something, for a caller that began then.
    pub(super) async fn of(self, written: Vec<Written>, began: Instant) -> Result<()> {
        let mut each: Vec<Written> = Vec::new();
        for one in written {
            let is_same =
                |other: &Written| Arc::ptr_eq(&one.link, &other.link) && Arc::ptr_eq(&one.waiting, &other.waiting);
            if !each.iter().any(is_same) {
                each.push(one);
            }
        }
        let confirmed = join_all(each.into_iter().map(|one| self.of_one(one, began + CHANGE))).await;
        let failures = confirmed.into_iter().filter_map(Result::err);
        // What may be undone already is worse than what could be.
        failures.max_by_key(|error| error.kind() == ErrorKind::Unavailable).map_or(Ok(()), Err)
    }

    async fn of_one(self, Written { link, waiting, mark }: Written, until: Instant) -> Result<()> {
        let mut round = Rounds::join(&waiting, self.0, mark);
        let (sender, confirmed) = oneshot::channel();
        // On the I/O runtime, as whoever waits may have no timers.
        io::spawn(async move {
            let confirmed = timeout_at(until, round.wait_for(Option::is_some)).await;
            let _ = sender.send(confirmed.ok().and_then(Result::ok).and_then(|confirmed| confirmed.clone()));
        });
        self.check(confirmed.await.ok().flatten(), &link)
    }

    fn check(self, confirmed: Option<Confirmed>, link: &Link) -> Result<()> {
        match confirmed {
            Some(Confirmed::By(other, _)) if !link.is_to_the_server_of(&other) => {
                Err(gone("another has taken its place"))
            }
            Some(Confirmed::Demoted) => Err(gone("it is a replica by now")),
            Some(Confirmed::By(_, n_replicas)) => self.suffices(n_replicas),
            Some(Confirmed::Failed(cause)) => {
                Err(lacking(format!("how many replicas have it cannot be told: {cause}")))
            }
            None => Err(lacking("no replica has confirmed it in time".into())),
        }
    }

    fn suffices(self, n_replicas: i64) -> Result<()> {
        if n_replicas >= i64::from(self.0) {
            return Ok(());
        }
        Err(lacking(format!("{n_replicas} replicas have confirmed it within {LIMIT_MS} ms, and not {}", self.0)))
    }
}

fn lacking(what: String) -> Error {
    Error::new(ErrorKind::NotReplicated, format!("changed on the redis server, but {what}"))
}

/// A change may have gone with its server: that is to be made good, as one that was never acknowledged.
fn gone(cause: &'static str) -> Error {
    Error::unavailable("the redis server that has acknowledged a change is the master no more", cause)
}

impl Rounds {
    /// The next round that begins.
    fn join(waiting: &Arc<Connector>, n_replicas: u32, mark: Mark) -> watch::Receiver<Option<Confirmed>> {
        let mut state = waiting.rounds.0.lock();
        if let Some((_, sender)) = &state.next {
            return sender.subscribe();
        }
        let (sender, outcome) = watch::channel(None);
        state.next = Some((mark, sender));
        if !std::mem::replace(&mut state.is_running, true) {
            drop(state);
            io::spawn(Self::run(Arc::clone(waiting), n_replicas));
        }
        outcome
    }

    /// One round after the other, as long as somebody waits for one.
    async fn run(waiting: Arc<Connector>, n_replicas: u32) {
        loop {
            let next = {
                let mut state = waiting.rounds.0.lock();
                state.is_running = state.next.is_some();
                state.next.take()
            };
            let Some((mark, sender)) = next else { return };
            let confirmed = round(&waiting, n_replicas, &mark).await;
            sender.send_replace(Some(confirmed));
        }
    }
}

async fn round(waiting: &Arc<Connector>, n_replicas: u32, mark: &Mark) -> Confirmed {
    let until = Instant::now() + ROUND;
    let failed = |error: Error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Confirmed::Failed(format!("{error}{cause}"))
    };
    let late = || Confirmed::Failed("the server did not say in time".into());
    let link = match timeout_at(until, waiting.link()).await {
        Ok(Ok(link)) => link,
        Ok(Err(error)) => return failed(error),
        Err(_) => return late(),
    };
    let asked = async {
        if let Some(refused) = write(&link, mark).await? {
            let is_demoted = reply::is_by_replica(&refused);
            return if is_demoted { Ok(Confirmed::Demoted) } else { reply::integer(refused).map(|_| late()) };
        }
        let mut wait = redis::cmd("WAIT");
        wait.arg(n_replicas).arg(LIMIT_MS);
        reply::integer(link.ask(&wait).await?).map(|n_replicas| Confirmed::By(Arc::clone(&link), n_replicas))
    };
    match timeout_at(until, asked).await {
        Ok(confirmed) => confirmed.unwrap_or_else(failed),
        Err(_) => {
            // The next round is not to stand behind this one.
            link.give_up();
            late()
        }
    }
}

/// Writes the mark. Answers why not, if no key of it is taken.
async fn write(link: &Link, Mark(keys): &Mark) -> Result<Option<Value>> {
    let mut refused = Value::Nil;
    for key in keys {
        refused = link.ask(&command::mark(key)).await?;
        if refused == Value::Int(0) {
            // It is gone, or was never there: a full server makes no other.
            link.run(&command::epochs([key.as_str()])).await?;
            refused = link.ask(&command::mark(key)).await?;
        }
        if refused == Value::Int(1) {
            return Ok(None);
        }
    }
    Ok(Some(refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_are_an_error_that_does_not_say_that_the_store_is_down() {
        let error = Confirmation(2).suffices(1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotReplicated);
        let said = "changed on the redis server, but 1 replicas have confirmed it within 300 ms, and not 2";
        assert_eq!(error.to_string(), said);
        assert!(Confirmation(2).suffices(2).is_ok());
        assert!(!Confirmation(0).is_asked() && Confirmation(1).is_asked());
    }

    #[test]
    fn two_rounds_fit_into_a_change_and_that_into_what_helpers_have() {
        assert!(Duration::from_millis(LIMIT_MS.into()) + Duration::from_millis(100) < ROUND && ROUND * 2 < CHANGE);
        assert!(CHANGE < crate::layer::Limits::default().helper_request);
    }
}
