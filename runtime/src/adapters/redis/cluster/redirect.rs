//! Where else a node of a cluster says that something is; pure.

use redis::Value;

use super::map::Address;
use crate::adapters::redis::addresses::AddressMap;

/// What an answer asks for in the place of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// The slot is there, for good.
    Moved(Address),
    /// This key may be there already, as its slot is on its way.
    Ask(Address),
    /// Of several keys, some are here and some there.
    Again,
}

/// What `reply` asks for, given by a node at `asked`. Others are where `addresses` says that they are reached.
pub(super) fn of(reply: &Value, asked: &Address, addresses: &AddressMap) -> Option<Redirect> {
    let Value::ServerError(error) = reply else { return None };
    let elsewhere = || {
        let (_slot, address) = error.details()?.split_once(' ')?;
        let (host, port) = address.trim().rsplit_once(':')?;
        let port = port.parse().ok()?;
        match host {
            // It is where we have asked.
            "" => Some((asked.0.clone(), port)),
            // A node whose name nobody knows yet, or has set.
            "?" => None,
            host => Some(addresses.reached((host.to_owned(), port))),
        }
    };
    match error.code() {
        "MOVED" => elsewhere().map(Redirect::Moved),
        "ASK" => elsewhere().map(Redirect::Ask),
        "TRYAGAIN" => Some(Redirect::Again),
        _ => None,
    }
}

/// Does it say that of several keys some are elsewhere, as while their slot is on its way?
pub(super) fn is_split(reply: &Value) -> bool {
    matches!(reply, Value::ServerError(error) if matches!(error.code(), "TRYAGAIN" | "ASK"))
}

/// Does it say that the cluster is not what it was: without a master, or with another?
pub(super) fn is_upheaval(reply: &Value) -> bool {
    let Value::ServerError(error) = reply else { return false };
    matches!(error.code(), "MOVED" | "CLUSTERDOWN" | "READONLY" | "MASTERDOWN" | "LOADING")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirections_are_read() {
        let asked = ("h".to_owned(), 1);
        let addresses = AddressMap::new(&[("10.0.0.9".into(), "gate".into())]).unwrap();
        let parse = |line: &str| redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        let read = |line: &str| of(&parse(line), &asked, &addresses);
        let at = |host: &str, port| (host.to_owned(), port);
        let table = [
            ("MOVED 3999 127.0.0.1:6381", Some(Redirect::Moved(at("127.0.0.1", 6381)))),
            ("MOVED 3999 10.0.0.9:6381", Some(Redirect::Moved(at("gate", 6381)))),
            ("MOVED 3999 :6381", Some(Redirect::Moved(at("h", 6381)))),
            ("MOVED 3999 ::1:6381", Some(Redirect::Moved(at("::1", 6381)))),
            ("ASK 3999 node.internal:6381", Some(Redirect::Ask(at("node.internal", 6381)))),
            ("TRYAGAIN Multiple keys request during rehashing of slot", Some(Redirect::Again)),
            ("CLUSTERDOWN The cluster is down", None),
            ("MOVED 3999 ?:6381", None),
            ("MOVED 3999", None),
            ("MOVED 3999 127.0.0.1:port", None),
        ];
        for (line, redirect) in table {
            assert_eq!(read(line), redirect, "{line}");
        }
        assert_eq!(of(&Value::Nil, &asked, &addresses), None);
    }
}
