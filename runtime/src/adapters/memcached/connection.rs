//! One connection to one server, shared by all callers: commands are written as they come and replies are read as they
//! come, by a task on the I/O runtime. So no caller holds the connection, none can leave it half used, and commands of
//! this process reach the server in the order in which they were given: what was cancelled cannot arrive after what
//! followed it.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::queue::{Failure, Queue};
use super::wire::{Command, Decoded, Garbage, Reply, decode, undecoded};
use crate::error::{Error, Result};
use crate::io::spawn;
use crate::sync::{AtomicU64, Ordering};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(2);
/// A server that is asked and sends nothing for this long, and at most twice as long, is connected anew.
const SILENCE: Duration = Duration::from_secs(2);
/// What is read at once; the buffer grows for a longer value and shrinks after it.
const CHUNK: usize = 64 << 10;

/// A connection. It ends when it fails, or when it is dropped.
pub(super) struct Connection {
    queue: Arc<Queue>,
    id: u64,
}

impl Connection {
    /// Begins to connect; commands may be given at once.
    pub(super) fn open(address: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let queue = Arc::new(Queue::new(address.into()));
        let ends = Ends(queue.clone());
        spawn(async move { ends.0.close(run(&ends.0).await) });
        Self { queue, id: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    /// No other connection of this process has it, so it also tells apart the lives of a server, which counts from 1 again
    /// after a restart: what was read from one connection must never be compared on another.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn is_open(&self) -> bool {
        self.queue.is_open()
    }

    /// The replies to `commands`, in order, one for each. A dropped future leaves no trace; the commands may still arrive.
    pub(super) async fn call(&self, commands: &[Command<'_>]) -> Result<Vec<Reply>> {
        self.queue.call(commands).await
    }

    /// The same where it is known how many.
    pub(super) async fn call_each<const N: usize>(&self, commands: [Command<'_>; N]) -> Result<[Reply; N]> {
        each(self.call(&commands).await?)
    }
}

/// The replies to so many commands.
pub(super) fn each<const N: usize>(replies: Vec<Reply>) -> Result<[Reply; N]> {
    let wrong =
        |replies: Vec<Reply>| Error::unavailable("memcached gave a wrong number of answers", replies.len().to_string());
    replies.try_into().map_err(wrong)
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.queue.close(Failure::new("use", "the connection is closed"));
    }
}

/// Tells who waits, even if the runtime refuses the task or drops it.
struct Ends(Arc<Queue>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.close(Failure::new("use", "the thread of far stores has ended"));
    }
}

/// Connects and moves bytes until something fails.
async fn run(queue: &Queue) -> Failure {
    let connected = timeout(CONNECT, TcpStream::connect(queue.address())).await;
    let stream = match connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(stream) => stream,
        Err(error) => return Failure::new("connect to", error),
    };
    if let Err(error) = stream.set_nodelay(true) {
        return Failure::new("connect to", error);
    }
    let stream = Arc::new(stream);
    queue.connected(stream.clone());
    let mut write = pin!(write(queue, &stream));
    let mut read = pin!(read(queue, &stream));
    let mut watch = pin!(watch(queue));
    let failed = std::future::poll_fn(|context| {
        if let Poll::Ready(failed) = read.as_mut().poll(context) {
            return Poll::Ready(failed);
        }
        if let Poll::Ready(failed) = write.as_mut().poll(context) {
            return Poll::Ready(failed);
        }
        watch.as_mut().poll(context)
    });
    let Err(failure) = failed.await;
    failure
}

async fn write(queue: &Queue, stream: &TcpStream) -> Result<Infallible, Failure> {
    let failed = |error| Failure::new("write to", error);
    let mut bytes = Vec::new();
    loop {
        queue.take(&mut bytes)?;
        if bytes.is_empty() {
            queue.filled.notified().await;
            continue;
        }
        let mut n_sent = 0;
        while n_sent < bytes.len() {
            match stream.try_write(&bytes[n_sent..]) {
                Ok(n_bytes) => n_sent += n_bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.writable().await.map_err(failed)?,
                Err(error) => return Err(failed(error)),
            }
        }
        bytes.clear();
        bytes.shrink_to(CHUNK);
    }
}

async fn read(queue: &Queue, stream: &TcpStream) -> Result<Infallible, Failure> {
    let failed = |error| Failure::new("read from", error);
    let mut buffer = vec![0; CHUNK];
    // What was read and is not decoded yet.
    let mut unread = 0..0;
    loop {
        match stream.try_read(&mut buffer[unread.end..]) {
            Ok(0) => return Err(failed(io::ErrorKind::UnexpectedEof.into())),
            Ok(n_bytes) => {
                unread.end += n_bytes;
                queue.received(n_bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                stream.readable().await.map_err(failed)?;
                continue;
            }
            Err(error) => return Err(failed(error)),
        }
        while let Decoded::Reply(reply, length) = next(queue, &buffer[unread.clone()])? {
            unread.start += length;
            queue.deliver(reply)?;
        }
        buffer.copy_within(unread.clone(), 0);
        unread = 0..unread.len();
        if unread.is_empty() {
            buffer.truncate(CHUNK);
            buffer.shrink_to(CHUNK);
        } else if unread.len() == buffer.len() {
            // By what has come, not by what was announced.
            buffer.resize(2 * unread.len(), 0);
        }
    }
}

/// The first reply in `bytes`: whose turn it is decides how it is read.
fn next(queue: &Queue, bytes: &[u8]) -> Result<Decoded, Garbage> {
    match queue.shape() {
        None => decode(bytes),
        Some(shape) => undecoded(shape, bytes),
    }
}

/// Fails once the server has been silent for too long.
async fn watch(queue: &Queue) -> Result<Infallible, Failure> {
    let mut before = queue.progress();
    loop {
        sleep(SILENCE).await;
        let now = queue.progress();
        let (is_asked, _) = now;
        if is_asked && now == before {
            return Err(Failure::new("hear from", io::Error::from(io::ErrorKind::TimedOut)));
        }
        before = now;
    }
}
