//! One connection that answers: what goes through it, and the watch over it.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, RedisResult, Value};
use tokio::time::timeout;

use super::clock::ServerClock;
use super::health::{Health, Unbounded};
use super::reply::{self, Failure};
use super::scripts::SCRIPTS;
use crate::error::Result;
use crate::io::{self, Waiting};

/// How often the server's clock is read while a connection lasts, and whether it is the master still. That also keeps servers and firewalls from closing it.
const RENEWAL: Duration = Duration::from_secs(30);
/// How long a server may be silent, once somebody has given up waiting for it, before its connection is given up too.
const SILENCE: Duration = Duration::from_secs(2);
/// Between two looks at a connection that callers keep giving up on.
const BETWEEN: Duration = Duration::from_secs(1);

/// What commands go through: the client's connection, ours or handed in. Clones send over one socket.
pub(super) trait Wire: ConnectionLike + Send + Sync {
    fn another(&self) -> Box<dyn Wire>;
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> Wire for C {
    fn another(&self) -> Box<dyn Wire> {
        Box::new(self.clone())
    }
}

/// The connection of a link. One of our own is used without a box for each command.
pub(super) enum Line {
    Own(MultiplexedConnection),
    Given(Box<dyn Wire>),
}

impl Line {
    async fn one(&self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::Own(connection) => connection.clone().send_packed_command(command).await,
            Self::Given(wire) => wire.another().req_packed_command(command).await,
        }
    }

    async fn many(&self, pipeline: &Pipeline, offset: usize, count: usize) -> RedisResult<Vec<Value>> {
        match self {
            Self::Own(connection) => connection.clone().send_packed_commands(pipeline, offset, count).await,
            Self::Given(wire) => wire.another().req_packed_commands(pipeline, offset, count).await,
        }
    }
}

/// A connection that has answered once. It is closed when its last user drops it, or when it is given up.
pub(super) struct Link {
    line: Line,
    health: Health,
    pub(super) clock: ServerClock,
    /// Which server it is, where that is told.
    server: OnceLock<String>,
    expects_master: OnceLock<()>,
}

impl Link {
    /// Meets the server behind `line`: is it one that we can use, and what time is it there? It is told our scripts.
    pub(super) async fn meet(line: Line, health: Health) -> Result<Arc<Self>, Failure> {
        let link = Arc::new(Self {
            line,
            health,
            clock: ServerClock::new(),
            server: OnceLock::new(),
            expects_master: OnceLock::new(),
        });
        let mut info = redis::cmd("INFO");
        info.arg("server");
        let mut commands = SCRIPTS.load();
        commands.insert(0, info);
        // A script that cannot be loaded is missed, and reported, by the verb that needs it.
        let replies = link.send(&commands).await.map_err(|error| Failure {
            attempted: "the redis server did not answer".into(),
            cause: reply::cause(&error),
        })?;
        if let Some(Err(cause)) = replies.first().map(reply::check_version) {
            return Err(Failure { attempted: cause, cause: "it lacks commands that are used".into() });
        }
        if let Some(server) = replies.first().and_then(reply::server) {
            let _ = link.server.set(server);
        }
        link.learn().await.map_err(|error| Failure {
            attempted: error.to_string(),
            cause: std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default(),
        })?;
        io::spawn(watch(Arc::downgrade(&link), link.health.clone()));
        Ok(link)
    }

    pub(super) fn is_up(&self) -> bool {
        self.health.is_up()
    }

    pub(super) fn is_doubted(&self) -> bool {
        self.health.is_doubted()
    }

    /// For commands of the program's own: until this is dropped, what is larger than may be stored is read too.
    pub(super) fn unbounded(&self) -> Unbounded {
        self.health.unbounded()
    }

    /// Where it leads to a replica, now or later, it is given up: another may lead to the master.
    pub(super) fn expect_master(&self) {
        let _ = self.expects_master.set(());
    }

    /// Whether it does is the server's own word. Where it may not be asked, or something in between answers, nothing follows.
    async fn look_for_master(&self) {
        if self.expects_master.get().is_some()
            && let Ok(role) = self.ask(&redis::cmd("ROLE")).await
            && reply::is_master(&role) == Some(false)
        {
            self.give_up();
        }
    }

    pub(super) fn give_up(&self) {
        self.health.give_up();
    }

    /// Does `other` lead to the same server? Where none is told, that is so as long as nobody has left this one.
    pub(super) fn is_to_the_server_of(&self, other: &Self) -> bool {
        match (self.server.get(), other.server.get()) {
            (Some(own), Some(other)) => own == other,
            _ => self.is_up(),
        }
    }

    /// Sends one command and awaits its answer.
    pub(super) async fn ask(&self, command: &Cmd) -> Result<Value> {
        let reply = self.one(command).await.map_err(|error| lost(&error))?;
        self.notice(&reply);
        Ok(reply)
    }

    /// Runs one script.
    pub(super) async fn run(&self, script: &Cmd) -> Result<Value> {
        let reply = self.ask(script).await?;
        if !reply::is_unknown_script(&reply) {
            return Ok(reply);
        }
        self.teach(vec![script.clone()]).await.map(|mut replies| replies.pop().unwrap_or_default())
    }

    /// Runs one script, or another command, on a node of a cluster to which its slot is on the way.
    pub(super) async fn run_asking(&self, script: &Cmd) -> Result<Value> {
        let commands = vec![redis::cmd("ASKING"), script.clone()];
        let mut replies = self.send(&commands).await.map_err(|error| lost(&error))?;
        let reply = replies.pop().unwrap_or_default();
        self.notice(&reply);
        replies.iter().try_for_each(reply::permits)?;
        if !reply::is_unknown_script(&reply) {
            return Ok(reply);
        }
        self.teach(commands).await.map(|mut replies| replies.pop().unwrap_or_default())
    }

    /// Runs scripts one after the other, in one round trip; answers as many replies.
    pub(super) async fn run_all(&self, scripts: &[Cmd]) -> Result<Vec<Value>> {
        let mut replies = self.send(scripts).await.map_err(|error| lost(&error))?;
        replies.iter().for_each(|reply| self.notice(reply));
        if replies.len() != scripts.len() {
            self.give_up();
        }
        let is_missed: Vec<_> = replies.iter().map(reply::is_unknown_script).collect();
        if is_missed.contains(&true) {
            let missed = scripts.iter().zip(&is_missed).filter(|(_, is_missed)| **is_missed);
            let taught = self.teach(missed.map(|(script, _)| script.clone()).collect()).await?;
            let places = replies.iter_mut().zip(is_missed).filter(|(_, is_missed)| *is_missed);
            places.zip(taught).for_each(|((place, _), reply)| *place = reply);
        }
        Ok(replies)
    }

    /// Runs scripts on a server that has forgotten them, and so has not run them.
    async fn teach(&self, scripts: Vec<Cmd>) -> Result<Vec<Value>> {
        let mut commands = SCRIPTS.load();
        let n_loads = commands.len();
        commands.extend(scripts);
        let mut replies = self.send(&commands).await.map_err(|error| lost(&error))?;
        let taught = replies.split_off(n_loads.min(replies.len()));
        replies.iter().try_for_each(reply::permits)?;
        Ok(taught)
    }

    /// Asks the server for its time, which also shows that it answers.
    pub(super) async fn learn(&self) -> Result<()> {
        let sent = self.clock.local();
        let reply = self.ask(&redis::cmd("TIME")).await?;
        let received = self.clock.local();
        self.clock.learn(sent, received, reply::time(reply)?);
        Ok(())
    }

    /// For who speaks with the client's own words.
    pub(super) async fn one(&self, command: &Cmd) -> RedisResult<Value> {
        let asking = Asking::through(self);
        let reply = self.line.one(command).await;
        asking.ended(&reply);
        reply
    }

    pub(super) async fn many(&self, pipeline: &Pipeline, offset: usize, count: usize) -> RedisResult<Vec<Value>> {
        let asking = Asking::through(self);
        let replies = self.line.many(pipeline, offset, count).await;
        asking.ended(&replies);
        replies
    }

    async fn send(&self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        let mut pipeline = Pipeline::with_capacity(commands.len());
        for command in commands {
            pipeline.add_command(command.clone());
        }
        self.many(&pipeline, 0, commands.len()).await
    }

    /// Where the server itself says that another connection may fare better, the next verb makes one.
    fn notice(&self, reply: &Value) {
        if reply::is_wrong_connection(reply) {
            self.give_up();
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.give_up();
    }
}

fn lost(error: &redis::RedisError) -> crate::error::Error {
    Failure { attempted: "the redis server did not answer".into(), cause: reply::cause(error) }.into()
}

/// A question under way. One that is dropped unanswered casts doubt on the connection: its caller may have waited long.
struct Asking<'a> {
    health: &'a Health,
    is_answered: bool,
    _waiting: Waiting<'a>,
}

impl<'a> Asking<'a> {
    fn through(link: &'a Link) -> Self {
        Self { health: &link.health, is_answered: false, _waiting: link.health.crowd().join() }
    }

    /// What the server refuses is an answer; what fails on the way is the end of the connection.
    fn ended<T>(mut self, outcome: &RedisResult<T>) {
        self.is_answered = true;
        if outcome.is_err() {
            self.health.give_up();
        }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.health.doubt();
        }
    }
}

/// Reads the server's clock now and then, and whenever a caller gave up; a server that is silent then loses its connection,
/// which TCP alone would keep for a quarter of an hour.
async fn watch(link: Weak<Link>, health: Health) {
    // Soon again at first: the answer on connecting may have been a slow one.
    let mut wait = BETWEEN;
    loop {
        let _ = timeout(wait, health.doubted()).await;
        wait = RENEWAL;
        let Some(link) = link.upgrade().filter(|link| link.is_up()) else { return };
        match timeout(SILENCE, link.learn()).await {
            Ok(Ok(())) => {
                health.confirm();
                let _ = timeout(SILENCE, link.look_for_master()).await;
            }
            // Refused, or lost and given up already.
            Ok(Err(_)) => {}
            Err(_) => health.give_up(),
        }
        drop(link);
        let _ = timeout(BETWEEN, health.dead()).await;
    }
}
