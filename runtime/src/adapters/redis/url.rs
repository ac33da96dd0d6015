//! The URL of a server, taken apart; pure.
//!
//! By hand, because an error must name the part that is wrong and may show none: whoever forgets to escape a password has it
//! split at any character, and a piece of it can end up anywhere.

use std::path::PathBuf;

use crate::adapters::named::not_yet;
use crate::error::{Error, ErrorKind, Result};

const DEFAULT_PORT: u16 = 6379;

/// Where a server is, and how to get in.
#[derive(Default)]
pub(super) struct Server {
    pub(super) place: Place,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    Tcp(String, u16),
    Socket(PathBuf),
}

impl Place {
    /// Host and port, the usual ones in the place of a socket.
    pub(super) fn into_tcp(self) -> (String, u16) {
        match self {
            Self::Tcp(host, port) => (host, port),
            Self::Socket(_) => ("127.0.0.1".into(), DEFAULT_PORT),
        }
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::Tcp("127.0.0.1".into(), DEFAULT_PORT)
    }
}

/// Reads a URL.
pub(super) fn parse(url: &str) -> Result<Server> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return wrong("scheme", "comes first: redis://…");
    };
    let is_socket = match scheme.to_ascii_lowercase().as_str() {
        "redis" | "valkey" => false,
        "redis+unix" | "valkey+unix" | "unix" => true,
        other => match not_yet(other) {
            Some(what) => return wrong("scheme", &format!("asks for {what}, which larder does not do yet")),
            None => return wrong("scheme", "is redis, valkey, redis+unix or valkey+unix"),
        },
    };
    if rest.contains('#') {
        return wrong("fragment", "means nothing; `#` in a password is written %23");
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    if !is_socket && rest[authority.len()..].contains('@') {
        return wrong("password", "has `/` written as %2F and `?` as %3F");
    }
    let (credentials, address) = authority.rsplit_once('@').map_or((None, authority), |(login, at)| (Some(login), at));
    let (user, password) = login(credentials)?;
    let mut server = Server { user, password, ..Server::default() };
    if is_socket {
        server.place = socket(address, path)?;
    } else {
        server.place = tcp(address)?;
        if !path.is_empty() {
            server.database = database(path)?;
        }
    }
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        match setting.split_once('=') {
            Some(("db", number)) => server.database = database(number)?,
            _ => return unknown(setting, query),
        }
    }
    Ok(server)
}

fn login(credentials: Option<&str>) -> Result<(Option<String>, Option<String>)> {
    let Some(credentials) = credentials else { return Ok((None, None)) };
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let given = |part, text| match decoded(part, text) {
        Ok(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        Err(error) => Err(error),
    };
    Ok((given("user", user)?, given("password", password)?))
}

fn tcp(address: &str) -> Result<Place> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, "")) => (host, None),
            Some((host, port)) if port.starts_with(':') => (host, Some(&port[1..])),
            _ => return wrong("host", "is closed by `]` if it begins with `[`"),
        },
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return wrong("host", "is missing");
    }
    let port = match port.map(str::parse) {
        None => DEFAULT_PORT,
        Some(Ok(port)) if port != 0 => port,
        Some(_) => return wrong("port", "is a number from 1 to 65535"),
    };
    Ok(Place::Tcp(decoded("host", host)?, port))
}

fn socket(address: &str, path: &str) -> Result<Place> {
    if !address.is_empty() {
        return wrong("path", "of a socket is absolute: redis+unix:///run/redis.sock");
    }
    if path.is_empty() {
        return wrong("path", "of the socket is missing");
    }
    Ok(Place::Socket(format!("/{}", decoded("path", path)?).into()))
}

fn database(text: &str) -> Result<u32> {
    match text.trim_end_matches('/').parse() {
        Ok(number) => Ok(number),
        Err(_) => wrong("database", "is a number"),
    }
}

/// What `%41` and the like stand for.
fn decoded(part: &str, text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        let Some(byte) = byte else {
            return wrong(part, "has a `%` without two hexadecimal digits; `%` itself is written %25");
        };
        bytes.push(byte);
        rest = &after[2..];
    }
    String::from_utf8(bytes).or_else(|_| wrong(part, "is UTF-8"))
}

/// A setting is named, unless it may be what is left of a password.
fn unknown<T>(setting: &str, query: &str) -> Result<T> {
    let name = setting.split('=').next().unwrap_or_default();
    let is_plain = name.len() <= 32 && name.chars().all(|char| char.is_ascii_lowercase() || char == '_');
    if is_plain && !query.contains(['@', ':']) {
        return wrong("query", &format!("has no setting `{name}`: known is db"));
    }
    wrong("query", "has a setting that is not known: known is db")
}

fn wrong<T>(part: &str, what: &str) -> Result<T> {
    Err(Error::new(ErrorKind::Config, format!("the {part} of a redis URL {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Place {
        Place::Tcp(host.into(), port)
    }

    #[test]
    fn urls_are_read() {
        let read = |url| {
            let Server { place, user, password, database } = parse(url).unwrap();
            (place, user.unwrap_or_default(), password.unwrap_or_default(), database)
        };
        let cases = [
            ("redis://h", (tcp("h", 6379), "", "", 0)),
            ("redis://h/", (tcp("h", 6379), "", "", 0)),
            ("valkey://h:1/5", (tcp("h", 1), "", "", 5)),
            ("REDIS://h:1?db=5", (tcp("h", 1), "", "", 5)),
            ("redis://ann:pass@h", (tcp("h", 6379), "ann", "pass", 0)),
            ("redis://:pass@h", (tcp("h", 6379), "", "pass", 0)),
            ("redis://:p@ss:w@h", (tcp("h", 6379), "", "p@ss:w", 0)),
            ("redis://:p%40%2f%23@h", (tcp("h", 6379), "", "p@/#", 0)),
            ("redis://[::1]:7/1", (tcp("::1", 7), "", "", 1)),
            ("redis://[::1]", (tcp("::1", 6379), "", "", 0)),
            ("redis+unix:///run/r.sock?db=3", (Place::Socket("/run/r.sock".into()), "", "", 3)),
            ("unix:///run/r%20s", (Place::Socket("/run/r s".into()), "", "", 0)),
            ("valkey+unix://:pass@/r", (Place::Socket("/r".into()), "", "pass", 0)),
        ];
        for (url, (place, user, password, database)) in cases {
            assert_eq!(read(url), (place, user.into(), password.into(), database), "{url}");
        }
    }

    #[test]
    fn an_error_names_the_part_and_shows_none_of_it() {
        let cases = [
            ("secret", "scheme"),
            ("secret://h", "scheme"),
            ("rediss://:secret@h", "TLS"),
            ("redis+cluster://:secret@h", "Redis Cluster"),
            ("redis://", "host"),
            ("redis://:secret@", "host"),
            ("redis://h:secret", "port"),
            ("redis://h:0", "port"),
            ("redis://h:99999", "port"),
            ("redis://h/secret", "database"),
            ("redis://h/-1", "database"),
            ("redis://h?db=secret", "database"),
            ("redis://h?secret:x=1", "query"),
            ("redis://h?namespace=x", "`namespace`"),
            ("redis://[::1", "host"),
            ("redis://[::1]secret", "host"),
            ("redis+unix://secret/path", "path"),
            ("redis+unix://", "path"),
            ("redis://:sec%ret@h", "password"),
            ("redis://:%ff@h", "password"),
            // Passwords that nobody escaped.
            ("redis://:se/cret@h", "password"),
            ("redis://:se?cret@h", "password"),
            ("redis://:se#cret@h", "fragment"),
        ];
        for (url, part) in cases {
            let Err(error) = parse(url) else { panic!("{url} was read") };
            let text = format!("{error:?}");
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(text.contains(part), "{url}: {text}");
            assert!(!text.contains("secret") && !text.contains("cret"), "{url}: {text}");
        }
    }
}
