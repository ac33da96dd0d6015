//! Commands that the program writes itself, checked before they share a connection with others: each is exactly one command,
//! it is answered, and where its answer ends is known. Pure.

use super::wire::{Garbage, LONGEST_VALUE};
use crate::error::{Error, ErrorKind, Result};

/// A command of the program's, as it goes over the wire.
pub(super) struct Raw {
    pub(super) bytes: Vec<u8>,
    pub(super) shape: Shape,
}

/// How far the answer to a command goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// One line, and a value where it says so.
    Meta,
    /// Lines, up to the first that is no entry of a list.
    List,
}

/// The server itself cuts lines off at 2,048 bytes.
const LONGEST_LINE: usize = 1_000;
const LONGEST_KEY: usize = 250;
/// The server takes 20 words at most. Past them it would take the value of an `ms` for the next commands.
const MOST_FLAGS: usize = 12;

impl Raw {
    /// A command that is one line.
    pub(super) fn line(line: &str) -> Result<Self> {
        let words = words(line)?;
        let shape = match *words {
            ["mn" | "version"] => Shape::Meta,
            ["mg" | "md" | "ma" | "me", key, ref flags @ ..] => meta(key, flags).map(|()| Shape::Meta)?,
            // The list that memcached 1.6 answers these with has no end.
            ["stats", "sizes_enable" | "sizes_disable", ..] => return refused("is answered without an end"),
            ["stats"] | ["stats", _] | ["stats", _, _] | ["stats", _, _, _] => Shape::List,
            ["ms", ..] => return refused("has a value: call `store`"),
            _ => {
                return refused(
                    "is none of `mg`, `md`, `ma`, `mn`, `me`, `version` and `stats`, with what belongs to it",
                );
            }
        };
        Ok(Self { bytes: format!("{line}\r\n").into_bytes(), shape })
    }

    /// An `ms` without the length, and its value.
    pub(super) fn store(line: &str, value: &[u8]) -> Result<Self> {
        let words = words(line)?;
        let ["ms", key, ref flags @ ..] = *words else { return refused("that stores is `ms`, a key and flags") };
        meta(key, flags)?;
        if flags.first().is_some_and(|flag| flag.starts_with(|first: char| first.is_ascii_digit())) {
            return refused("that stores takes no length: it is put in");
        }
        let mut head = format!("ms {key} {}", value.len());
        flags.iter().for_each(|flag| head.extend([" ", flag]));
        let bytes = [head.as_bytes(), b"\r\n", value, b"\r\n"].concat();
        Ok(Self { bytes, shape: Shape::Meta })
    }
}

/// The words of one line: nothing in it can end it.
fn words(line: &str) -> Result<Vec<&str>> {
    if line.len() > LONGEST_LINE {
        return refused(&format!("has more than {LONGEST_LINE} bytes"));
    }
    let words: Vec<_> = line.split(' ').collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
    if !words.iter().all(is_word) {
        return refused("is one line of visible ASCII, with one space between its words");
    }
    Ok(words)
}

fn meta(key: &str, flags: &[&str]) -> Result<()> {
    if key.len() > LONGEST_KEY {
        return refused(&format!("has a key of more than {LONGEST_KEY} bytes"));
    }
    if flags.len() > MOST_FLAGS {
        return refused(&format!("has more than {MOST_FLAGS} flags"));
    }
    if flags.iter().any(|flag| flag.starts_with('q')) {
        return refused(
            "cannot have the flag `q`: the server would not answer, and the next answer would be taken for its own",
        );
    }
    Ok(())
}

/// What was written is not shown.
fn refused<T>(what: &str) -> Result<T> {
    Err(Error::new(ErrorKind::Config, format!("a command for memcached {what}")))
}

/// How many bytes the answer has that stands at the beginning of `bytes`; `None`: not all of it is there.
pub(super) fn length(shape: Shape, bytes: &[u8]) -> Result<Option<usize>, Garbage> {
    let mut length = 0;
    while let Some(line) = line(&bytes[length..])? {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        length += line.len() + 2;
        match (shape, word) {
            (Shape::Meta, "VA") => {
                let n_bytes = rest.split(' ').next().unwrap_or_default().parse::<usize>().ok();
                let n_bytes =
                    n_bytes.filter(|n_bytes| *n_bytes <= LONGEST_VALUE).ok_or(Garbage("a length is absurd"))?;
                let end = length + n_bytes + 2;
                return match bytes.get(end - 2..end) {
                    Some(b"\r\n") => Ok(Some(end)),
                    Some(_) => Err(Garbage("a value is not as long as was said")),
                    None => Ok(None),
                };
            }
            (Shape::Meta, "HD" | "EN" | "NF" | "NS" | "EX" | "MN" | "ME" | "VERSION")
            | (Shape::List, "END" | "RESET" | "OK")
            | (_, "ERROR" | "CLIENT_ERROR" | "SERVER_ERROR") => return Ok(Some(length)),
            (Shape::List, "STAT" | "ITEM" | "PREFIX") => {}
            _ => return Err(Garbage("an answer is none that memcached gives")),
        }
    }
    Ok(None)
}

/// The first line, if it has an end.
fn line(bytes: &[u8]) -> Result<Option<&str>, Garbage> {
    const LONGEST: usize = 4_096;
    let Some(end) = bytes.iter().take(LONGEST).position(|byte| *byte == b'\n') else {
        return if bytes.len() < LONGEST { Ok(None) } else { Err(Garbage("a line has no end")) };
    };
    let line = bytes[..end].strip_suffix(b"\r").ok_or(Garbage("a line does not end in CR LF"))?;
    std::str::from_utf8(line).map(Some).map_err(|_| Garbage("a line is not text"))
}

#[cfg(test)]
mod tests {
    use super::{Garbage, Raw, Shape, length};

    #[test]
    fn one_command_is_let_through_and_nothing_else() {
        for line in ["mn", "version", "mg a v t", "md a:b O1", "ma n D5", "me a", "stats", "stats cachedump 1 5"] {
            assert_eq!(Raw::line(line).unwrap().bytes, format!("{line}\r\n").as_bytes(), "{line}");
        }
        let long = ["mg ", &"k".repeat(251)].concat();
        let longer = ["mg k O", &"1".repeat(1_000)].concat();
        let many = ["mg k", &" t".repeat(13)].concat();
        for (line, said) in [
            ("", "visible ASCII"),
            ("mg a\r\nflush_all", "visible ASCII"),
            ("mg a\nflush_all", "visible ASCII"),
            ("mg  a", "one space"),
            ("mg a ", "one space"),
            ("mg é", "visible ASCII"),
            ("mg a\0", "visible ASCII"),
            ("mg a q", "`q`"),
            ("mg a v q0", "`q`"),
            (&long, "key of more than 250"),
            (&longer, "more than 1000 bytes"),
            (&many, "more than 12 flags"),
            ("mg", "none of"),
            ("mn x", "none of"),
            ("get a", "none of"),
            ("quit", "none of"),
            ("watch fetchers", "none of"),
            ("flush_all", "none of"),
            ("stats sizes_enable", "without an end"),
            ("stats sizes_disable x", "without an end"),
            ("ms a 1", "call `store`"),
        ] {
            let error = Raw::line(line).err().unwrap_or_else(|| panic!("{line:?} is let through"));
            assert!(error.to_string().contains(said), "{line:?}: {error}");
        }
    }

    #[test]
    fn the_length_of_a_value_is_put_in_and_never_the_callers() {
        let stored = Raw::store("ms a T60 F1", b"x\r\nflush_all").unwrap();
        assert_eq!(stored.bytes, b"ms a 12 T60 F1\r\nx\r\nflush_all\r\n");
        assert_eq!(Raw::store("ms a", b"").unwrap().bytes, b"ms a 0\r\n\r\n");
        for line in ["ms a 1", "ms a 0 T60", "mg a", "ms", "set a", "ms a q", "ms a\r\nmn"] {
            assert!(Raw::store(line, b"x").is_err(), "{line:?}");
        }
    }

    #[test]
    fn an_answer_ends_where_it_says() {
        for (shape, answer) in [
            (Shape::Meta, "HD t60\r\n"),
            (Shape::Meta, "VA 4 t60\r\na\r\nb\r\n"),
            (Shape::Meta, "VA 0\r\n\r\n"),
            (Shape::Meta, "CLIENT_ERROR invalid flag\r\n"),
            (Shape::Meta, "VERSION 1.6.18\r\n"),
            (Shape::List, "END\r\n"),
            (Shape::List, "STAT pid 1\r\nSTAT uptime 2\r\nEND\r\n"),
            (Shape::List, "RESET\r\n"),
        ] {
            let followed = [answer, "HD O7\r\n"].concat();
            assert_eq!(length(shape, followed.as_bytes()), Ok(Some(answer.len())), "{answer:?}");
            for n_bytes in 0..answer.len() {
                assert_eq!(length(shape, &answer.as_bytes()[..n_bytes]), Ok(None), "{answer:?} up to {n_bytes}");
            }
        }
        for (shape, answer) in [
            (Shape::Meta, "STAT pid 1\r\n"),
            (Shape::Meta, "VA 1\r\nabc"),
            (Shape::Meta, "HD\n"),
            (Shape::List, "HD\r\n"),
        ] {
            assert!(matches!(length(shape, answer.as_bytes()), Err(Garbage(_))), "{answer:?}");
        }
    }
}
