//! Parts of a URL.

use super::Place;
use crate::error::{Error, ErrorKind, Result};

pub(super) fn login(credentials: Option<&str>) -> Result<(Option<String>, Option<String>)> {
    let Some(credentials) = credentials else { return Ok((None, None)) };
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let given = |part, text| match decoded(part, text) {
        Ok(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        Err(error) => Err(error),
    };
    Ok((given("user", user)?, given("password", password)?))
}

pub(super) fn tcp(address: &str, usual_port: u16) -> Result<Place> {
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
        None => usual_port,
        Some(Ok(port)) if port != 0 => port,
        Some(_) => return wrong("port", "is a number from 1 to 65535"),
    };
    Ok(Place::Tcp(decoded("host", host)?, port))
}

pub(super) fn socket(address: &str, path: &str) -> Result<Place> {
    if !address.is_empty() {
        return wrong("path", "of a socket is absolute: redis+unix:///run/redis.sock");
    }
    if path.is_empty() {
        return wrong("path", "of the socket is missing");
    }
    Ok(Place::Socket(format!("/{}", decoded("path", path)?).into()))
}

pub(super) fn database(text: &str) -> Result<u32> {
    match text.trim_end_matches('/').parse() {
        Ok(number) => Ok(number),
        Err(_) => wrong("database", "is a number"),
    }
}

/// What `%41` and the like stand for.
pub(super) fn decoded(part: &str, text: &str) -> Result<String> {
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

pub(super) fn wrong<T>(part: &str, what: &str) -> Result<T> {
    Err(Error::new(ErrorKind::Config, format!("the {part} of a redis URL {what}")))
}
