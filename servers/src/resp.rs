//! A word with a Redis server, for who arranges servers: one question, one answer.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than whoever arranges servers needs to wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the server on this port says to these words: the parts of its answer, one after the other. What it refuses is an error.
pub(crate) fn ask(port: u16, words: &[&str]) -> io::Result<Vec<String>> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut command = format!("*{}\r\n", words.len());
    for word in words {
        command += &format!("${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(command.as_bytes())?;
    let mut parts = Vec::new();
    read(&mut BufReader::new(stream), &mut parts)?;
    Ok(parts)
}

/// The same, where the answer is one text.
pub(crate) fn ask_text(port: u16, words: &[&str]) -> io::Result<String> {
    ask(port, words).map(|parts| parts.into_iter().next().unwrap_or_default())
}

fn read(reader: &mut impl BufRead, parts: &mut Vec<String>) -> io::Result<()> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let line = line.trim_end();
    let (kind, rest) = line.split_at_checked(1).ok_or(io::ErrorKind::UnexpectedEof)?;
    let number = || rest.parse::<i64>().map_err(io::Error::other);
    match kind {
        "-" => return Err(io::Error::other(rest.to_owned())),
        "$" => {
            let n_bytes = u64::try_from(number()?).unwrap_or(0);
            let mut bytes = Vec::new();
            reader.by_ref().take(n_bytes).read_to_end(&mut bytes)?;
            parts.push(String::from_utf8_lossy(&bytes).into_owned());
            if number()? >= 0 {
                reader.read_line(&mut String::new())?;
            }
        }
        "*" => {
            for _ in 0..number()? {
                read(reader, parts)?;
            }
        }
        _ => parts.push(rest.to_owned()),
    }
    Ok(())
}
