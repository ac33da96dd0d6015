//! What all servers have in common: a port, a folder, and a process that comes and goes.

use std::env;
use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::port::free_port;
use crate::process::{Process, is_missing};

/// How long a server may take to answer after its start; they need milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often another may be faster to a port that was free.
const N_RACES: usize = 10;

/// What tells one kind of server from another.
pub(crate) struct Kind {
    pub(crate) program: fn() -> &'static str,
    pub(crate) scheme: &'static str,
    /// What makes it listen on 127.0.0.1 and this port, and keep nothing but what lies in its folder.
    pub(crate) arguments: fn(u16) -> Vec<String>,
    /// A file in its folder that it makes once it listens: an answer on the port alone could be another's.
    pub(crate) proof: &'static str,
    /// A line to which it has an answer, whoever asks.
    pub(crate) question: &'static str,
}

/// A server of this process's own, on a port that stays the same while the server comes and goes.
///
/// It ends when it is dropped, or when this process ends, in whatever way; what it kept goes with it.
pub struct Server {
    kind: &'static Kind,
    settings: Vec<String>,
    port: u16,
    folder: PathBuf,
    process: Option<Process>,
}

impl Server {
    /// Starts it and waits until it answers.
    pub(crate) fn start(kind: &'static Kind, settings: Vec<String>) -> io::Result<Self> {
        let mut server = Self { kind, settings, port: 0, folder: free_folder(), process: None };
        for _ in 1..N_RACES {
            server.port = free_port()?;
            match server.restart() {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                outcome => return outcome.map(|()| server),
            }
        }
        Err(io::Error::new(io::ErrorKind::AddrInUse, format!("{}: each free port was taken at once", (kind.program)())))
    }

    /// Where it listens, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What a client is given to find it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.kind.scheme, self.port)
    }

    /// Where its log and its sockets lie. It is there while the server runs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The number of its process, while there is one.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Stops it in its tracks: connections are still accepted, by the system, and nothing is answered.
    ///
    /// # Errors
    /// When it does not run, or the signal cannot be sent.
    pub fn freeze(&self) -> io::Result<()> {
        self.running()?.freeze()
    }

    /// Lets it go on where it was frozen.
    ///
    /// # Errors
    /// When it does not run, or the signal cannot be sent.
    pub fn thaw(&self) -> io::Result<()> {
        self.running()?.thaw()
    }

    /// Ends it as a crash would, without a word to its clients. Its port refuses them from then on.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it anew on the same port, with nothing stored; one that still runs is killed first.
    ///
    /// # Errors
    /// `NotFound` when the program is not installed, `AddrInUse` when another has taken the port; else with what the
    /// server says about it.
    pub fn restart(&mut self) -> io::Result<()> {
        self.kill();
        let arguments = [(self.kind.arguments)(self.port), self.settings.clone()].concat();
        let process = Process::start((self.kind.program)(), &arguments, &self.folder)?;
        self.process = Some(self.ready(process)?);
        Ok(())
    }

    fn running(&self) -> io::Result<&Process> {
        self.process.as_ref().ok_or_else(|| io::Error::other(format!("{} does not run", (self.kind.program)())))
    }

    /// The `process`, once it answers.
    fn ready(&self, mut process: Process) -> io::Result<Process> {
        let start = Instant::now();
        loop {
            if self.folder.join(self.kind.proof).exists() && self.answers().is_ok() {
                return Ok(process);
            }
            if let Some(status) = process.ended()? {
                let kind = match process.log() {
                    _ if is_missing(status) => io::ErrorKind::NotFound,
                    log if log.contains("Address already in use") => io::ErrorKind::AddrInUse,
                    _ => io::ErrorKind::Other,
                };
                return Err(self.failed(kind, &status.to_string(), &process));
            }
            if start.elapsed() > PATIENCE {
                return Err(self.failed(io::ErrorKind::TimedOut, "it does not answer", &process));
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn failed(&self, kind: io::ErrorKind, what: &str, process: &Process) -> io::Error {
        let program = (self.kind.program)();
        io::Error::new(
            kind,
            format!("cannot start {program} on port {}: {what}; its log:\n{}", self.port, process.log()),
        )
    }

    /// Asks, and reads the first line of the answer.
    fn answers(&self) -> io::Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(self.kind.question.as_bytes())?;
        match BufReader::new(stream).read_line(&mut String::new())? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Without the settings, among which may be a password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("url", &self.url()).field("pid", &self.pid()).finish_non_exhaustive()
    }
}

/// A name that nobody has, and short: the path of a socket may have no more than 104 bytes.
fn free_folder() -> PathBuf {
    static N_FOLDERS: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = N_FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("larder-{}-{number}", process::id()));
        // One of an earlier process of this number can have stayed when the machine lost power.
        if !folder.exists() {
            return folder;
        }
    }
}
