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
use super::gate::{Allowance, Gate};

/// What the server said, and when it came.
type Reply = (Instant, Vec<u8>);

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
fn receive(mut server: TcpStream, replies: &Sender<Reply>) {
    each_chunk(&mut server, |chunk| replies.send((Instant::now(), chunk.into())).map_err(io::Error::other));
}

/// Sends the `replies` on, each when it is due.
fn answer(replies: &Receiver<Reply>, mut client: &TcpStream, gate: &Gate, silent: &AtomicBool) {
    let mut sent = Instant::now();
    for (arrived, reply) in replies {
        let mut rest = &*reply;
        while !rest.is_empty() && !silent.load(Ordering::Relaxed) {
            let (now, later) = match gate.wait(arrived, sent) {
                Allowance::All => (rest, &[][..]),
                Allowance::Byte => rest.split_at(1),
                Allowance::Nothing => {
                    silent.store(true, Ordering::Relaxed);
                    break;
                }
            };
            if client.write_all(now).is_err() {
                return;
            }
            sent = Instant::now();
            rest = later;
        }
    }
    // The server has closed; in silence not even that is heard.
    if !silent.load(Ordering::Relaxed) {
        let _ = client.shutdown(Shutdown::Write);
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
