//! Keys that cannot lie. A [`Key`] is text in the alphabet that every store accepts, written piece by piece by a
//! [`KeyWriter`] so that two different tuples of arguments never give the same text, and so that a hit allocates
//! nothing: up to 128 bytes live on the stack.

mod escape;
#[cfg(any(feature = "uuid", feature = "chrono", feature = "jiff", feature = "time"))]
mod foreign;
mod part;
mod writer;

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};

pub use part::KeyPart;
pub use writer::KeyWriter;

/// Longest text that is kept as it was written. A longer one is cut and ends in its digest, and is then exactly one
/// byte longer than this: so the two never meet.
const LONGEST: usize = 199;

/// The name of one entry inside its namespace.
///
/// Its text has 1 to 200 characters out of `A-Z a-z 0-9 % : / | # _ . ~ @ + = , -`, so no store can be injected into
/// through it. Text that holds anything else is escaped as `%XX` per byte; text past 199 characters keeps a readable
/// head and ends in the BLAKE2b-256 digest of the whole.
///
/// A key converted from text keeps its separators (`: / | #`): they are the caller's. What a placeholder of a template
/// renders has them escaped.
///
/// # Examples
/// ```
/// use larder::Key;
///
/// assert_eq!(Key::from("user:7").as_str(), "user:7");
/// assert_eq!(Key::from("user:Ada Lovelace\r\n").as_str(), "user:Ada%20Lovelace%0D%0A");
/// assert_eq!(Key::from("x".repeat(100_000)).as_str().len(), 200);
/// assert_eq!(Key::from("").as_str(), "%e");
/// ```
#[derive(Clone)]
pub struct Key(KeyWriter);

impl Key {
    /// The escaped text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The key that `write` writes.
    pub(crate) fn written(write: impl FnOnce(&mut KeyWriter)) -> Self {
        let mut key = Self(KeyWriter::new());
        KeyRef::written(&mut key.0, write);
        key
    }

    pub(crate) fn lend(&self) -> KeyRef<'_> {
        KeyRef(self.0.as_bytes())
    }

    /// Puts the key into an empty buffer.
    pub(crate) fn pour(self, writer: &mut KeyWriter) {
        *writer = self.0;
    }
}

/// A [`Key`] that somebody else holds. Moving a key costs about as much as writing it, so the hit path lends it.
#[derive(Clone, Copy)]
pub(crate) struct KeyRef<'a>(&'a [u8]);

impl<'a> KeyRef<'a> {
    /// The key that `write` writes into `writer`, which is empty.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn written(writer: &'a mut KeyWriter, write: impl FnOnce(&mut KeyWriter)) -> Self {
        write(writer);
        if !(1..=LONGEST).contains(&writer.as_bytes().len()) {
            mend(writer);
        }
        Self(writer.as_bytes())
    }

    /// The escaped text.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// Gives a text to what has none, and cuts what has too much.
#[cold]
fn mend(writer: &mut KeyWriter) {
    if writer.as_bytes().is_empty() {
        writer.literal("%e");
    } else if !writer.digested {
        *writer = digested(writer.as_str());
    }
}

/// The digest of text that is too long: a readable head, then `~` and 64 hexadecimal digits: `LONGEST + 1` bytes in all.
fn digested(text: &str) -> KeyWriter {
    const DIGEST: usize = 64;
    let mut writer = KeyWriter::new();
    // All pieces are ASCII, so any cut is a character boundary.
    writer.literal(&text[..LONGEST - DIGEST]);
    writer.literal("~");
    let digest = blake2b_simd::Params::new().hash_length(DIGEST / 2).hash(text.as_bytes());
    writer.literal(&digest.to_hex());
    writer.digested = true;
    writer
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::written(|key| key.template(text))
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&String> for Key {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.as_str())
    }
}

#[cfg(test)]
mod tests;
