//! What waits on a connection: bytes for the server, and callers for its replies.
//!
//! Both are appended under one lock, so that replies, which come in the order of the commands, meet their callers. A
//! caller that has gone away keeps its place: its reply is read and thrown away, and reaches nobody else.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};

use super::raw::Shape;
use super::wire::{Command, Garbage, Reply};
use crate::error::{Error, Result};
use crate::sync::{AtomicU64, Mutex, Ordering};

/// Bytes that may wait for the server; callers that bring more wait until it has taken some.
const ROOM: usize = 4 << 20;
/// No more bytes than this are sent by the caller, under the lock.
const SENT_BY_CALLERS: usize = 4 << 10;

/// What a connection's two ends share.
pub(super) struct Queue {
    address: String,
    state: Mutex<State>,
    /// Once it is connected.
    stream: OnceLock<Arc<TcpStream>>,
    /// There are bytes to send, or the queue is closed.
    pub(super) filled: Notify,
    /// Bytes were sent, or the queue is closed.
    emptied: Notify,
    /// Bytes that the server has sent: does it still do anything?
    n_received: AtomicU64,
}

#[derive(Default)]
struct State {
    outgoing: Vec<u8>,
    /// The connection's task has bytes in hand: nobody else may send. Their replies may be here already, as a value that is
    /// too large is refused before it has arrived.
    is_sending: bool,
    waiting: VecDeque<Waiting>,
    /// The number of the next command.
    next: u32,
    closed: Option<Failure>,
}

/// A caller that waits for the replies to some commands in a row.
struct Waiting {
    /// The number of the first of them.
    first: u32,
    n_commands: usize,
    /// Of a command of the program's own, which is alone: how its reply ends.
    shape: Option<Shape>,
    replies: Vec<Reply>,
    sender: oneshot::Sender<Result<Vec<Reply>>>,
}

/// Why a connection has ended.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// What was attempted: "cannot {attempt} memcached at …".
    pub(super) attempt: &'static str,
    pub(super) cause: String,
}

impl Failure {
    pub(super) fn new(attempt: &'static str, cause: impl fmt::Display) -> Self {
        Self { attempt, cause: cause.to_string() }
    }

    fn at(&self, address: &str) -> Error {
        Error::unavailable(format!("cannot {} memcached at {address}", self.attempt), self.cause.clone())
    }
}

impl From<Garbage> for Failure {
    fn from(Garbage(cause): Garbage) -> Self {
        Self::new("understand", cause)
    }
}

impl Queue {
    pub(super) fn new(address: String) -> Self {
        let (state, stream, filled, emptied) = Default::default();
        Self { address, state, stream, filled, emptied, n_received: AtomicU64::new(0) }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Sends the commands in a row and waits for their replies.
    pub(super) async fn call(&self, commands: &[Command<'_>]) -> Result<Vec<Reply>> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let receiver = loop {
            let emptied = self.emptied.notified();
            match self.push(commands)? {
                Some(receiver) => break receiver,
                None => emptied.await,
            }
        };
        receiver
            .await
            .unwrap_or_else(|_| Err(Failure::new("hear from", "the connection was given up").at(&self.address)))
    }

    /// `None`: there is no room.
    fn push(&self, commands: &[Command<'_>]) -> Result<Option<oneshot::Receiver<Result<Vec<Reply>>>>> {
        let mut state = self.state.lock();
        if let Some(failure) = &state.closed {
            return Err(failure.at(&self.address));
        }
        let was_empty = state.outgoing.is_empty();
        let n_bytes = commands.iter().map(Command::len).sum::<usize>();
        if !was_empty && state.outgoing.len() + n_bytes > ROOM {
            return Ok(None);
        }
        let is_idle = was_empty && !state.is_sending && state.waiting.is_empty();
        let (sender, receiver) = oneshot::channel();
        let first = state.next;
        for command in commands {
            let number = state.next;
            command.encode(number, &mut state.outgoing);
            state.next = number.wrapping_add(1);
        }
        let (n_commands, replies) = (commands.len(), Vec::with_capacity(commands.len()));
        let shape = match commands {
            [Command::Raw(raw)] => Some(raw.shape),
            _ => None,
        };
        state.waiting.push_back(Waiting { first, n_commands, shape, replies, sender });
        if is_idle {
            self.send(&mut state.outgoing);
        }
        let is_filled = was_empty && !state.outgoing.is_empty();
        drop(state);
        if is_filled {
            self.filled.notify_one();
        }
        Ok(Some(receiver))
    }

    /// Where nothing is under way, the caller itself sends what it has, if that is little: to wake the task for it would
    /// take longer. What is left, and what goes wrong, is the task's.
    fn send(&self, outgoing: &mut Vec<u8>) {
        if let Some(stream) = self.stream.get()
            && outgoing.len() <= SENT_BY_CALLERS
            && let Ok(n_bytes) = stream.try_write(outgoing)
        {
            outgoing.drain(..n_bytes);
        }
    }

    /// It is connected.
    pub(super) fn connected(&self, stream: Arc<TcpStream>) {
        let _ = self.stream.set(stream);
    }

    /// Takes the bytes that wait, in exchange for an empty buffer. What was taken before has been sent by now.
    pub(super) fn take(&self, buffer: &mut Vec<u8>) -> Result<(), Failure> {
        let mut state = self.state.lock();
        if let Some(failure) = &state.closed {
            return Err(failure.clone());
        }
        std::mem::swap(&mut state.outgoing, buffer);
        state.is_sending = !buffer.is_empty();
        drop(state);
        self.emptied.notify_waiters();
        Ok(())
    }

    /// How the next reply ends, if its command is the program's own.
    pub(super) fn shape(&self) -> Option<Shape> {
        self.state.lock().waiting.front()?.shape
    }

    /// Gives the next reply to whom it belongs.
    pub(super) fn deliver(&self, reply: Reply) -> Result<(), Failure> {
        let mut state = self.state.lock();
        let Some(waiting) = state.waiting.front_mut() else {
            return Err(Garbage("it answers where nobody has asked").into());
        };
        let number = waiting.first.wrapping_add(waiting.replies.len() as u32);
        if reply.number.is_some_and(|repeated| repeated != number) {
            return Err(Garbage("it answers out of turn").into());
        }
        waiting.replies.push(reply);
        if waiting.replies.len() == waiting.n_commands {
            let complete = state.waiting.pop_front();
            drop(state);
            if let Some(Waiting { sender, replies, .. }) = complete {
                // A caller that has gone away does not want it.
                let _ = sender.send(Ok(replies));
            }
        }
        Ok(())
    }

    /// Does anybody wait, and how many bytes have come so far?
    pub(super) fn progress(&self) -> (bool, u64) {
        (!self.state.lock().waiting.is_empty(), self.n_received.load(Ordering::Relaxed))
    }

    pub(super) fn is_open(&self) -> bool {
        self.state.lock().closed.is_none()
    }

    /// Ends it: who waits is told why, and so is who comes later. Only the first failure counts.
    pub(super) fn close(&self, failure: Failure) {
        let mut state = self.state.lock();
        let failure = state.closed.get_or_insert(failure).clone();
        let waiting = std::mem::take(&mut state.waiting);
        state.outgoing = Vec::new();
        drop(state);
        for Waiting { sender, .. } in waiting {
            let _ = sender.send(Err(failure.at(&self.address)));
        }
        self.filled.notify_one();
        self.emptied.notify_waiters();
    }

    pub(super) fn received(&self, n_bytes: usize) {
        self.n_received.fetch_add(n_bytes as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
