//! One connection through a proxy: a thread for what the client says, and two for what the server says, of which one
//! notes when it came and the other sends it when it is due.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use super::Behaviour;
use super::gate::{Allowance, Gate, Turn};
use super::replies::Replies;

/// What the server said, and when it came: whole replies, unless it speaks in a way that nobody understands.
type Said = (Instant, Vec<Vec<u8>>);

/// The sockets and threads of a connection; dropped, it is closed and they have ended.
#[derive(Debug)]
pub(super) struct Link {
    ends: Vec<TcpStream>,
    threads: Vec<JoinHandle<()>>,
}

impl Link {
    /// Begins to carry; without a `server`, into nowhere.
    pub(super) fn between(client: TcpStream, server: Option<TcpStream>, gate: &Arc<Gate>) -> io::Result<Self> {
        let mut link = Self { ends: vec![client.try_clone()?], threads: Vec::new() };
        let silent = Arc::new(AtomicBool::new(server.is_none()));
        client.set_nodelay(true)?;
        if let Some(server) = &server {
            server.set_nodelay(true)?;
            link.ends.push(server.try_clone()?);
            let (sender, replies) = mpsc::channel();
            let from = server.try_clone()?;
            link.threads.push(thread::spawn(move || receive(from, &sender)));
            let (to, gate, silent) = (client.try_clone()?, Arc::clone(gate), Arc::clone(&silent));
            link.threads.push(thread::spawn(move || answer(&replies, &to, &gate, &silent)));
        }
        let gate = Arc::clone(gate);
        link.threads.push(thread::spawn(move || ask(client, server, &gate, &silent)));
        Ok(link)
    }

    pub(super) fn is_over(&self) -> bool {
        self.threads.iter().all(JoinHandle::is_finished)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        for end in &self.ends {
            // It fails if the other side was faster.
            let _ = end.shutdown(Shutdown::Both);
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Carries what the client says, until it has no more to say.
fn ask(mut client: TcpStream, server: Option<TcpStream>, gate: &Gate, silent: &AtomicBool) {
    each_chunk(&mut client, |chunk| {
        if gate.behaviour() == Behaviour::BlackHole {
            silent.store(true, Ordering::Relaxed);
        }
        let mut server = server.as_ref().filter(|_| !silent.load(Ordering::Relaxed));
        server.as_mut().map_or(Ok(()), |server| server.write_all(chunk))
    });
    // It may still listen for the answer, or be gone: the server will see.
    let _ = server.map(|server| server.shutdown(Shutdown::Write));
}

/// Notes what the server says.
fn receive(mut server: TcpStream, said: &Sender<Said>) {
    let mut replies = Replies::default();
    each_chunk(&mut server, |chunk| said.send((Instant::now(), replies.after(chunk))).map_err(io::Error::other));
    // It has closed in the middle of one.
    let _ = said.send((Instant::now(), vec![replies.rest()]));
}

/// Sends what was `said` on, each reply when it is due, and in its turn.
fn answer(said: &Receiver<Said>, client: &TcpStream, gate: &Gate, silent: &AtomicBool) {
    let mut speaker = Speaker { client, gate, silent, sent: Instant::now(), is_mute: false, has_lost: false };
    let mut held = None;
    for (arrived, replies) in said {
        let mut now = Vec::new();
        for reply in replies {
            match gate.turn() {
                Turn::Never => {
                    speaker.has_lost = true;
                    continue;
                }
                Turn::Next if held.is_none() => {
                    held = Some(reply);
                    continue;
                }
                Turn::Next | Turn::Now => {}
            }
            let n_misplaced = 2 * u64::from(held.is_some()) + u64::from(speaker.has_lost && held.is_none());
            gate.n_misplaced.fetch_add(n_misplaced, Ordering::Relaxed);
            now.extend(reply);
            now.extend(held.take().unwrap_or_default());
        }
        if speaker.say(arrived, &now).is_err() {
            return;
        }
    }
    // The server has closed; in silence not even that is heard.
    if !silent.load(Ordering::Relaxed) && !speaker.is_mute {
        let _ = client.shutdown(Shutdown::Write);
    }
}

/// Who says to the client what it is to hear.
struct Speaker<'a> {
    client: &'a TcpStream,
    gate: &'a Gate,
    /// Nothing goes either way any more.
    silent: &'a AtomicBool,
    sent: Instant,
    is_mute: bool,
    /// Each reply is that to the question before.
    has_lost: bool,
}

impl Speaker<'_> {
    fn say(&mut self, arrived: Instant, mut rest: &[u8]) -> io::Result<()> {
        while !rest.is_empty() && !self.silent.load(Ordering::Relaxed) && !self.is_mute {
            let (now, later) = match self.gate.wait(arrived, self.sent) {
                Allowance::All => (rest, &[][..]),
                Allowance::Byte => rest.split_at(1),
                Allowance::Nothing => {
                    self.silent.store(true, Ordering::Relaxed);
                    break;
                }
                Allowance::NoReply => {
                    self.is_mute = true;
                    break;
                }
            };
            self.client.write_all(now)?;
            self.sent = Instant::now();
            rest = later;
        }
        Ok(())
    }
}

/// Reads until the end, or until either side fails.
fn each_chunk(from: &mut TcpStream, mut carry: impl FnMut(&[u8]) -> io::Result<()>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(n_bytes @ 1..) = from.read(&mut buffer) {
        if carry(&buffer[..n_bytes]).is_err() {
            return;
        }
    }
}
