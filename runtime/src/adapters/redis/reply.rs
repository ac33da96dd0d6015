//! What a server answers, taken apart; pure. What it says in an error is shown with care, as servers quote what they were
//! sent, passwords and values included.

use std::time::Duration;

use redis::{ErrorKind as ClientKind, RedisError, ServerError, Value};

use crate::adapter::{Counted, Fetched, Head, Left, Permitted, Token, layout};
use crate::error::{Error, ErrorKind};

/// Why something failed. It can be told to each of many who wait for one connection.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) attempted: String,
    pub(super) cause: String,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::unavailable(failure.attempted, failure.cause)
    }
}

/// The oldest server that has all we use: `SET … KEEPTTL`, users, effects of scripts replicated.
const OLDEST: (u32, u32) = (6, 0);

/// What stands under a key, by the server's time. A foreign value that is too short to be an entry is none.
pub(super) fn entry(record: Vec<u8>, now_ms: u64) -> Option<Fetched> {
    let left = left(&record, now_ms)?;
    Some(Fetched { record, left })
}

/// How much is left of the entry that begins with `head`.
fn left(head: &[u8], now_ms: u64) -> Option<Left> {
    let deadline = head.get(layout::DEADLINE)?.try_into().ok()?;
    Some(Left::until(u64::from_le_bytes(deadline), now_ms))
}

/// The head of an entry, by the server's time, if it is long enough to be one.
pub(super) fn head(reply: Value, now_ms: u64) -> Result<Option<Head>, Error> {
    let head = bytes(reply)?.and_then(|head| Some((left(&head, now_ms)?, head)));
    Ok(head.and_then(|(left, head)| Head::of(&head, left)))
}

/// What has stood under so many keys that were removed.
pub(super) fn removed(reply: Value, len: usize) -> Result<Vec<Option<Head>>, Error> {
    let mut replies = list_of(reply, len + 1)?.into_iter();
    let now_ms = integer(replies.next().unwrap_or_default())?.unsigned_abs();
    replies.map(|reply| head(reply, now_ms)).collect()
}

/// Bytes, or `None` for nil; and for what is of another type, which is another program's and not there for us.
pub(super) fn bytes(reply: Value) -> Result<Option<Vec<u8>>, Error> {
    match reply {
        Value::BulkString(bytes) => Ok(Some(bytes)),
        Value::Nil => Ok(None),
        Value::ServerError(error) if error.code() == "WRONGTYPE" => Ok(None),
        other => Err(unexpected(other)),
    }
}

pub(super) fn integer(reply: Value) -> Result<i64, Error> {
    match reply {
        Value::Int(integer) => Ok(integer),
        other => Err(unexpected(other)),
    }
}

pub(super) fn list(reply: Value) -> Result<Vec<Value>, Error> {
    match reply {
        Value::Array(values) => Ok(values),
        other => Err(unexpected(other)),
    }
}

/// A list of exactly so many.
pub(super) fn several<const N: usize>(reply: Value) -> Result<[Value; N], Error> {
    list(reply)?.try_into().map_err(|_| odd())
}

/// A list that is as long as what was asked for.
pub(super) fn list_of(reply: Value, len: usize) -> Result<Vec<Value>, Error> {
    list(reply).and_then(|values| if values.len() == len { Ok(values) } else { Err(odd()) })
}

/// For commands whose answer says nothing but that it is done.
pub(super) fn done(reply: Value) -> Result<(), Error> {
    match reply {
        Value::Okay => Ok(()),
        other => Err(unexpected(other)),
    }
}

/// The answer to `TIME`, in microseconds since 1970.
pub(super) fn time(reply: Value) -> Result<u64, Error> {
    let [seconds, micros] = several(reply)?;
    let number = |reply| {
        let text = bytes(reply)?.and_then(|bytes| String::from_utf8(bytes).ok());
        text.and_then(|text| text.parse::<u64>().ok()).ok_or_else(odd)
    };
    Ok(Duration::from_secs(number(seconds)?).as_micros() as u64 + number(micros)?)
}

pub(super) fn epochs(reply: Value, len: usize) -> Result<Vec<u64>, Error> {
    // Eight bytes each, as they are stored.
    let epoch = |reply| {
        let bytes = bytes(reply)?.and_then(|bytes| bytes.try_into().ok());
        bytes.map(u64::from_le_bytes).ok_or_else(odd)
    };
    list_of(reply, len)?.into_iter().map(epoch).collect()
}

/// The bytes of a permit's token. What another has put in its place is a permit that nobody holds.
pub(super) fn token(reply: Value) -> Result<Option<[u8; 16]>, Error> {
    let bytes = bytes(reply)?;
    bytes.map(|bytes| bytes.try_into().map_err(|_| odd())).transpose()
}

/// What a permit's script has answered to the claim of this id, with so many epochs.
pub(super) fn permitted(permitted: Value, holder: u64, n_epochs: usize) -> Result<Permitted, Error> {
    let mut permitted = list_of(permitted, 3 + n_epochs)?;
    let read = Value::Array(permitted.split_off(3));
    let [given, record, now_ms] = several(Value::Array(permitted))?;
    let now_ms = integer(now_ms)?.unsigned_abs();
    Ok(Permitted {
        token: token(given)?.map(|bytes| Token::new(bytes).with_holder(holder)),
        found: bytes(record)?.and_then(|record| entry(record, now_ms)),
        epochs: epochs(read, n_epochs)?,
    })
}

/// What an increment's script has come to.
pub(super) fn incremented(reply: Value) -> Result<Counted, Error> {
    let reply = match reply {
        Value::Array(_) => reply,
        reply => return sum(reply).map(Counted::Sum),
    };
    let [open] = <[_; 1]>::try_from(removed(reply, 1)?).map_err(|_| odd())?;
    open.map(Counted::Open).ok_or_else(odd)
}

/// What a counter has come to, or why it has not.
fn sum(reply: Value) -> Result<i64, Error> {
    let text = bytes(reply)?.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(odd)?;
    match text.as_str() {
        "type" => Err(layout::no_integer()),
        "range" => Err(layout::out_of_range()),
        sum => sum.parse().map_err(|_| odd()),
    }
}

/// What `INCRBY` has come to, or why it has not.
pub(super) fn counted(reply: Value) -> Result<i64, Error> {
    let Value::ServerError(error) = &reply else { return integer(reply) };
    let details = error.details().unwrap_or_default();
    match error.code() {
        "ERR" if details.contains("overflow") => sum(Value::BulkString(b"range".into())),
        "ERR" if details.contains("not an integer") => sum(Value::BulkString(b"type".into())),
        "WRONGTYPE" => sum(Value::BulkString(b"type".into())),
        _ => integer(reply),
    }
}

/// The position to go on at, and the keys of this step.
pub(super) fn scanned(reply: Value) -> Result<(String, Vec<String>), Error> {
    let [cursor, keys] = several(reply)?;
    let text = |reply| bytes(reply).map(|bytes| bytes.and_then(|bytes| String::from_utf8(bytes).ok()));
    let cursor = text(cursor)?.ok_or_else(odd)?;
    // A key that is no text is not ours.
    let keys = list(keys)?.into_iter().map(text).collect::<Result<Vec<_>, _>>()?;
    Ok((cursor, keys.into_iter().flatten().collect()))
}

/// Complains about a server that is too old, by its answer to `INFO`. Who may not ask is believed to know what they do.
pub(super) fn check_version(reply: &Value) -> Result<(), String> {
    let text = match reply {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes),
        Value::VerbatimString { text, .. } => text.into(),
        _ => return Ok(()),
    };
    // Valkey says which Redis it is compatible with.
    let Some(version) = text.lines().find_map(|line| line.strip_prefix("redis_version:")) else { return Ok(()) };
    let mut numbers = version.split('.').map_while(|part| part.trim().parse::<u32>().ok());
    let Some(major) = numbers.next() else { return Ok(()) };
    if (major, numbers.next().unwrap_or(0)) >= OLDEST {
        return Ok(());
    }
    let (major, minor) = OLDEST;
    let version: String = version.chars().take_while(|char| char.is_ascii_digit() || *char == '.').collect();
    Err(format!(
        "the server is Redis {version}, and the oldest that can be used is Redis {major}.{minor} or any Valkey"
    ))
}

/// Does the server ask for a script's text?
pub(super) fn is_unknown_script(reply: &Value) -> bool {
    matches!(reply, Value::ServerError(error) if error.code() == "NOSCRIPT")
}

/// Does it say that another connection may fare better: this one leads to a replica, or to a user that is gone?
pub(super) fn is_wrong_connection(reply: &Value) -> bool {
    is_by_replica(reply) || matches!(reply, Value::ServerError(error) if error.code() == "NOAUTH")
}

/// Is it what a replica says to a change?
pub(super) fn is_by_replica(reply: &Value) -> bool {
    let Value::ServerError(error) = reply else { return false };
    matches!(error.code(), "READONLY" | "MASTERDOWN")
        || error.details().is_some_and(|details| details.contains("READONLY"))
}

/// What the answer to `ROLE` says of the server: `None` where it may not be asked, or something in between has answered.
pub(super) fn is_master(reply: &Value) -> Option<bool> {
    let Value::Array(role) = reply else { return None };
    match role.first()? {
        Value::BulkString(role) if role == b"master" => Some(true),
        Value::BulkString(role) if role == b"slave" || role == b"replica" || role == b"sentinel" => Some(false),
        _ => None,
    }
}

/// Which server it is, by its answer to `INFO`: another after each start.
pub(super) fn server(reply: &Value) -> Option<String> {
    let text = match reply {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes),
        Value::VerbatimString { text, .. } => text.into(),
        _ => return None,
    };
    text.lines().find_map(|line| line.strip_prefix("run_id:")).map(|id| id.trim().to_owned())
}

/// Has it no room left?
pub(super) fn is_full(reply: &Value) -> bool {
    matches!(reply, Value::ServerError(error) if error.code() == "OOM")
}

fn unexpected(reply: Value) -> Error {
    match reply {
        full if is_full(&full) => {
            Error::new(ErrorKind::TooLarge, "the redis server has no room left, and evicts nothing")
        }
        Value::ServerError(error) => Failure { attempted: REFUSED.into(), cause: said(&error) }.into(),
        _ => odd(),
    }
}

/// What a node means that announces itself, or another, as a question mark.
pub(super) const NAMELESS: &str = "a node is announced without a host name, as none is set: set its `cluster-announce-hostname`, \
                                   or `cluster-preferred-endpoint-type ip` on all";

const REFUSED: &str = "the redis server refused";

pub(super) fn odd() -> Error {
    Failure { attempted: REFUSED.into(), cause: "it answered what no Redis server would".into() }.into()
}

/// What the server said, up to where it begins to quote.
fn said(error: &ServerError) -> String {
    let details = match error.code() {
        // Names the user.
        "NOPERM" => return not_permitted(error.details().unwrap_or_default()),
        // The same in a script.
        "ERR" if error.details().is_some_and(|details| details.contains("permissions to run the '")) => {
            return not_permitted(error.details().unwrap_or_default());
        }
        "MOVED" | "ASK" if error.details().is_some_and(|details| details.contains(" ?:")) => {
            return format!("it names another node of its cluster, and {NAMELESS}");
        }
        "MOVED" | "ASK" => {
            return "it is one of a cluster, and names another: the URL of a cluster begins with redis+cluster://"
                .into();
        }
        _ => error.details().unwrap_or_default(),
    };
    let details = details.split(['\'', '"', '`']).next().unwrap_or_default();
    format!("{} {details}", error.code()).trim_end_matches([' ', ',']).into()
}

/// Which right a user lacks that has no permission: the command that the server names, and no name of a user or a key.
fn not_permitted(details: &str) -> String {
    let is_of_command = |char: char| char.is_ascii_alphanumeric() || "|.-_".contains(char);
    let is_command = |word: &&str| (1..=64).contains(&word.len()) && word.chars().all(is_of_command);
    match details.split_once("run the '").and_then(|(_, rest)| rest.split('\'').next()).filter(is_command) {
        Some(command) => format!("NOPERM: its user may not run `{command}`, and needs the right +{command}"),
        None if details.contains("key") => "NOPERM: its user has no right to a key that is asked for".into(),
        None => "NOPERM: its user lacks a right".into(),
    }
}

/// Complains where the user may not ask what was asked.
pub(super) fn permits(reply: &Value) -> Result<(), Error> {
    match reply {
        Value::ServerError(error) if error.code() == "NOPERM" => Err(unexpected(reply.clone())),
        _ => Ok(()),
    }
}

/// What the client says, without what it was given.
pub(super) fn cause(error: &RedisError) -> String {
    if let Some(errors) = error.clone().into_server_errors()
        && let Some((_, error)) = errors.first()
    {
        return said(error);
    }
    let source = std::error::Error::source(error).map(ToString::to_string);
    match error.kind() {
        ClientKind::Io => source.unwrap_or_else(|| "the connection was lost".into()),
        _ => error.category().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> Value {
        redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap()
    }

    fn told(reply: Value) -> String {
        format!("{:?}", integer(reply).unwrap_err())
    }

    #[test]
    fn what_a_server_quotes_is_not_told() {
        let secret = told(error("ERR unknown command 'AUTH', with args beginning with: 'ann' 'secret'"));
        assert!(
            secret.contains("unknown command") && !secret.contains("secret") && !secret.contains("ann"),
            "{secret}"
        );
    }

    #[test]
    fn a_right_that_is_missing_is_named_and_its_user_is_not() {
        for (line, said) in [
            ("NOPERM User ann has no permissions to run the 'get' command", "+get"),
            ("NOPERM User ann has no permissions to run the 'cluster|slots' command", "+cluster|slots"),
            ("NOPERM this user has no permissions to run the 'evalsha' command or its subcommand", "+evalsha"),
            ("NOPERM No permissions to access a key", "a key"),
            ("NOPERM this user has no permissions to access one of the keys used as arguments", "a key"),
            ("NOPERM User ann has no permissions to run the 's3cret ann' command", "NOPERM"),
            ("NOPERM", "NOPERM"),
        ] {
            let told = told(error(line));
            assert!(told.contains("NOPERM") && told.contains(said), "{told}");
            assert!(!told.contains("ann") && !told.contains("s3cret"), "{told}");
        }
        let script = "ERR ACL failure in script: User ann has no permissions to run the 'set' command script: ab, on @user_script:2.";
        assert!(told(error(script)).contains("+set") && !told(error(script)).contains("ann"));
    }

    #[test]
    fn a_node_without_a_name_is_told_as_that() {
        assert!(told(error("MOVED 5 ?:6379")).contains("cluster-announce-hostname"));
        assert!(told(error("MOVED 5 h:6379")).contains("redis+cluster://"));
    }

    #[test]
    fn a_full_server_is_not_down() {
        let full = integer(error("OOM command not allowed when used memory > 'maxmemory'.")).unwrap_err();
        assert_eq!(full.kind(), ErrorKind::TooLarge);
    }

    #[test]
    fn only_the_servers_own_word_says_that_it_is_no_master() {
        let role = |role: &str| is_master(&Value::Array(vec![Value::BulkString(role.into()), Value::Int(0)]));
        assert_eq!((role("master"), role("slave"), role("replica")), (Some(true), Some(false), Some(false)));
        let unknown = error("ERR unknown command 'ROLE'");
        for other in [error("NOPERM this user has no permissions"), unknown, Value::Okay, Value::Array(vec![])] {
            assert_eq!(is_master(&other), None, "{other:?}");
        }
        assert_eq!(role("proxy"), None);
    }

    #[test]
    fn values_of_other_types_are_not_there() {
        let list = error("WRONGTYPE Operation against a key holding the wrong kind of value");
        assert_eq!(bytes(list).unwrap(), None);
        assert_eq!(entry(b"short".to_vec(), 5), None);
    }

    #[test]
    fn old_servers_are_named_and_new_ones_and_silent_ones_pass() {
        let info = |text: &str| check_version(&Value::BulkString(format!("# Server\r\n{text}\r\n").into()));
        for fine in
            ["redis_version:6.0.16", "redis_version:7.0.15", "redis_version:255.255.255", "other:1", "redis_version:x"]
        {
            assert_eq!(info(fine), Ok(()), "{fine}");
        }
        assert!(info("redis_version:5.0.14").unwrap_err().contains("Redis 5.0.14"));
        assert_eq!(check_version(&error("NOPERM this user has no permissions")), Ok(()));
    }

    #[test]
    fn garbage_is_an_error_and_no_panic() {
        for garbage in [Value::Nil, Value::Int(7), Value::Array(vec![]), Value::Array(vec![Value::Nil, Value::Nil])] {
            assert!(time(garbage.clone()).is_err());
            assert!(epochs(garbage.clone(), 1).is_err());
            assert!(token(garbage.clone()).is_err() || garbage == Value::Nil);
            assert!(scanned(garbage).is_err());
        }
    }

    #[test]
    fn time_is_seconds_and_microseconds() {
        let part = |text: &str| Value::BulkString(text.into());
        assert_eq!(time(Value::Array(vec![part("1767225600"), part("000042")])).unwrap(), 1_767_225_600_000_042);
    }
}
