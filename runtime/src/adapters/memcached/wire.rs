//! Memcached's meta protocol, as far as it is spoken here: commands into bytes, bytes into replies. Pure.
//!
//! Each command carries a number that its reply repeats. Replies come in order, so that nobody needs it to find whose a
//! reply is; it proves that the two have not come apart.

use super::raw::{self, Raw, Shape};

/// Something to do with what stands under a key, which is in the alphabet of [`StoreKey`](crate::adapter::StoreKey) or of
/// epochs: nothing in it can end a command.
#[derive(Clone, Copy)]
pub(super) enum Command<'a> {
    /// Says what stands there.
    Get { key: &'a str },
    /// Says that it stands there.
    Look { key: &'a str },
    /// Says the number of what stands there, and its size.
    Number { key: &'a str },
    /// Moves the deadline of whatever stands there, and says all about it but its value.
    Touch { key: &'a str, exptime: u32 },
    /// Stores a value.
    Store { key: &'a str, value: &'a [u8], exptime: u32, flags: u32, mode: Mode },
    /// Removes whatever stands there.
    Delete { key: &'a str },
    /// Removes what stands there if the number is still this.
    DeleteNumbered { key: &'a str, cas: u64 },
    /// Gives whatever stands there a new number. What else this does, which is to mark it as outdated, nobody here asks for.
    Renumber { key: &'a str },
    /// Moves the deadline if the number is still this, and gives it a new one.
    Retime { key: &'a str, cas: u64, exptime: u32 },
    /// Removes everything.
    Flush,
    /// Is anybody there?
    Noop,
    /// One that the program has written itself.
    Raw(&'a Raw),
}

/// When to store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    Always,
    /// Where nothing stands.
    Absent,
    /// Where what stands has this number.
    Numbered(u64),
}

impl Command<'_> {
    /// Appends its bytes.
    pub(super) fn encode(&self, number: u32, bytes: &mut Vec<u8>) {
        let mut text = |pieces: &[&str]| pieces.iter().for_each(|piece| bytes.extend_from_slice(piece.as_bytes()));
        let mut buffers = [itoa::Buffer::new(), itoa::Buffer::new(), itoa::Buffer::new(), itoa::Buffer::new()];
        let [a, b, c, d] = &mut buffers;
        let number = a.format(number);
        match *self {
            Self::Get { key } => text(&["mg ", key, " v c t f O", number]),
            Self::Look { key } => text(&["mg ", key, " t O", number]),
            Self::Number { key } => text(&["mg ", key, " c s O", number]),
            // In this order, so that the time that is told is the new one.
            Self::Touch { key, exptime } => text(&["mg ", key, " T", b.format(exptime), " c t f O", number]),
            Self::Delete { key } => text(&["md ", key, " O", number]),
            Self::DeleteNumbered { key, cas } => text(&["md ", key, " C", b.format(cas), " O", number]),
            Self::Renumber { key } => text(&["md ", key, " I O", number]),
            Self::Retime { key, cas, exptime } => {
                text(&["md ", key, " I C", b.format(cas), " T", c.format(exptime), " O", number]);
            }
            Self::Flush => text(&["flush_all"]),
            Self::Noop => text(&["mn"]),
            Self::Raw(raw) => return bytes.extend_from_slice(&raw.bytes),
            Self::Store { key, value, exptime, flags, mode } => {
                text(&["ms ", key, " ", b.format(value.len()), " c T", c.format(exptime), " F", d.format(flags), " O"]);
                text(&[number]);
                match mode {
                    Mode::Always => {}
                    Mode::Absent => text(&[" ME"]),
                    Mode::Numbered(cas) => text(&[" C", b.format(cas)]),
                }
                text(&["\r\n"]);
                bytes.extend_from_slice(value);
            }
        }
        bytes.extend_from_slice(b"\r\n");
    }

    /// About how many bytes it has.
    pub(super) fn len(&self) -> usize {
        let value = match self {
            Self::Store { value, .. } => value.len(),
            Self::Raw(raw) => raw.bytes.len(),
            _ => 0,
        };
        value + 280
    }
}

/// What became of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// `VA`: it stands in [`Reply::value`].
    Value,
    /// `HD`, `OK`, `MN`.
    Done,
    /// `EN`, `NF`: nothing stands there.
    Nothing,
    /// `EX`, `NS`: something stands there that the mode does not admit.
    Refused,
    /// `SERVER_ERROR` about this command alone.
    TooLarge,
    Failed(String),
    /// To a command of the program's own: whatever it is, it stands in [`Reply::value`] as it came.
    Raw,
}

/// A server's answer to one command.
#[derive(PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) outcome: Outcome,
    pub(super) value: Vec<u8>,
    /// The number of what stands there.
    pub(super) cas: u64,
    /// The client flags.
    pub(super) flags: u32,
    /// Seconds until it is dropped; -1 is never.
    pub(super) left: i64,
    /// How many bytes the value has that was not asked for.
    pub(super) size: usize,
    /// The number of the command, where the server repeats it.
    pub(super) number: Option<u32>,
}

/// Values are not shown.
impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { outcome, value, cas, flags, left, size, number } = self;
        write!(f, "Reply({outcome:?}, {} bytes, c{cas} f{flags} t{left} s{size} O{number:?})", value.len())
    }
}

/// Bytes that no command of ours is answered with: what follows them cannot be told apart either.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Garbage(pub(super) &'static str);

/// Values longer than this are not ours, nor anybody's; what announces one is garbage.
pub(super) const LONGEST_VALUE: usize = 1 << 30;
/// The longest line of a reply: a head, or an error's text.
const LONGEST_LINE: usize = 2048;

/// What stands at the beginning of `bytes`.
pub(super) enum Decoded {
    /// A reply, and how many bytes it has.
    Reply(Reply, usize),
    /// The beginning of one.
    Partial,
}

/// The first reply in `bytes`, to a command of the program's own.
pub(super) fn undecoded(shape: Shape, bytes: &[u8]) -> Result<Decoded, Garbage> {
    let Some(length) = raw::length(shape, bytes)? else { return Ok(Decoded::Partial) };
    Ok(Decoded::Reply(Reply { value: bytes[..length].to_vec(), ..Reply::of(Outcome::Raw, "")? }, length))
}

/// Decodes the first reply in `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Garbage> {
    let Some(end) = bytes.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n') else {
        return if bytes.len() < LONGEST_LINE { Ok(Decoded::Partial) } else { Err(Garbage("a line has no end")) };
    };
    let line = bytes[..end].strip_suffix(b"\r").ok_or(Garbage("a line does not end in CR LF"))?;
    let line = std::str::from_utf8(line).map_err(|_| Garbage("a line is not text"))?;
    let body = end + 1;
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let outcome = match word {
        "VA" => return value(rest, &bytes[body..]).map(|decoded| decoded.after(body)),
        "HD" | "OK" | "MN" => Outcome::Done,
        "EN" | "NF" => Outcome::Nothing,
        "EX" | "NS" => Outcome::Refused,
        "SERVER_ERROR" if rest.contains("too large") || rest.contains("out of memory") => Outcome::TooLarge,
        "SERVER_ERROR" => Outcome::Failed(rest.into()),
        "ERROR" => return Err(Garbage("it does not speak the meta protocol: memcached 1.6 or later does")),
        "CLIENT_ERROR" => return Err(Garbage("it does not understand a command")),
        _ => return Err(Garbage("an answer is none that memcached gives")),
    };
    let rest = if matches!(outcome, Outcome::Failed(_) | Outcome::TooLarge) { "" } else { rest };
    Ok(Decoded::Reply(Reply::of(outcome, rest)?, body))
}

/// A reply that has a value: its `head` after the word, and what follows the line.
fn value(head: &str, bytes: &[u8]) -> Result<Decoded, Garbage> {
    let (length, flags) = head.split_once(' ').unwrap_or((head, ""));
    let length: usize =
        length.parse().ok().filter(|length| *length <= LONGEST_VALUE).ok_or(Garbage("a length is absurd"))?;
    let Some(value) = bytes.get(..length + 2) else {
        return Ok(Decoded::Partial);
    };
    let value = value.strip_suffix(b"\r\n").ok_or(Garbage("a value is not as long as was said"))?;
    Ok(Decoded::Reply(Reply { value: value.to_vec(), ..Reply::of(Outcome::Value, flags)? }, length + 2))
}

impl Decoded {
    /// The same, counted from `n_bytes` earlier.
    fn after(self, n_bytes: usize) -> Self {
        match self {
            Self::Reply(reply, length) => Self::Reply(reply, n_bytes + length),
            Self::Partial => Self::Partial,
        }
    }
}

impl Reply {
    fn of(outcome: Outcome, flags: &str) -> Result<Self, Garbage> {
        let mut reply = Self { outcome, value: Vec::new(), cas: 0, flags: 0, left: -1, size: 0, number: None };
        for flag in flags.split_ascii_whitespace() {
            let (letter, token) = flag.split_at_checked(1).ok_or(Garbage("a flag is not text"))?;
            let is_read = match letter {
                "c" => token.parse().map(|cas| reply.cas = cas).is_ok(),
                "f" => token.parse().map(|flags| reply.flags = flags).is_ok(),
                "t" => token.parse().map(|left| reply.left = left).is_ok(),
                "s" => token.parse().map(|size| reply.size = size).is_ok(),
                "O" => token.parse().map(|number| reply.number = Some(number)).is_ok(),
                _ => true,
            };
            if !is_read {
                return Err(Garbage("a flag is no number"));
            }
        }
        Ok(reply)
    }
}

#[cfg(test)]
mod tests;
