//! A client of few words: a line there, a line back.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// Longer than any server takes; what does not come within it does not come.
pub(crate) const NEVER: Duration = Duration::from_millis(300);

pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn to(port: u16) -> io::Result<Self> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map(|stream| Self(BufReader::new(stream)))
    }

    pub(crate) fn say(&mut self, line: &str) -> io::Result<()> {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes())
    }

    /// The next line of what the server says; of a bulk string, its text.
    pub(crate) fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ if line.starts_with('$') && !line.starts_with("$-") => self.hear(),
            _ => Ok(line.trim_end().into()),
        }
    }

    /// The next bytes, however slowly they come.
    pub(crate) fn hear_bytes(&mut self, n_bytes: usize) -> Vec<u8> {
        let mut bytes = vec![0; n_bytes];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    pub(crate) fn ask(&mut self, line: &str) -> io::Result<String> {
        self.say(line)?;
        self.hear()
    }

    pub(crate) fn hears_nothing(&mut self) -> bool {
        self.0.get_mut().set_read_timeout(Some(NEVER)).unwrap();
        let heard = self.hear();
        self.0.get_mut().set_read_timeout(None).unwrap();
        matches!(heard, Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
    }
}

/// One question on a connection of its own.
pub(crate) fn ask(port: u16, line: &str) -> io::Result<String> {
    Client::to(port)?.ask(line)
}

pub(crate) fn is_refused(port: u16) -> bool {
    Client::to(port).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}
