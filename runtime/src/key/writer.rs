//! The buffer a key is written into: 128 bytes on the stack, the heap past that.

use std::fmt::{self, Write};

use super::{Key, escape};

const INLINE: usize = 128;

/// Writes the pieces of one [`Key`].
///
/// Generated code makes one, and a [`KeyPart`](crate::KeyPart) writes into it. Whatever a part writes through
/// [`value`](Self::value) or [`display`](Self::display) is escaped, so a part cannot break out of its place.
///
/// # Examples
/// ```
/// use larder::{KeyPart, KeyWriter};
///
/// struct Sku { shelf: u16, label: String }
///
/// impl KeyPart for Sku {
///     fn write_key(&self, key: &mut KeyWriter) {
///         (self.shelf, &self.label).write_key(key);
///     }
/// }
///
/// let mut key = KeyWriter::new();
/// Sku { shelf: 4, label: "tea: green".into() }.write_key(&mut key);
/// assert_eq!(key.finish().as_str(), "%l4,tea%3A%20green,%.");
/// ```
#[derive(Clone)]
pub struct KeyWriter {
    len: usize,
    inline: [u8; INLINE],
    /// Holds the whole text once it has outgrown `inline`; then `len` and `inline` mean nothing.
    spilled: Option<Vec<u8>>,
}

impl KeyWriter {
    /// An empty one.
    #[inline]
    pub const fn new() -> Self {
        Self { len: 0, inline: [0; INLINE], spilled: None }
    }

    /// Writes `text` with everything escaped that is not plain, separators included.
    #[inline]
    pub fn value(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Writes bytes that need not be text, escaped like [`value`](Self::value).
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.escaping(bytes, escape::plain_prefix);
    }

    /// Writes what `value` displays, escaped like [`value`](Self::value).
    pub fn display(&mut self, value: impl fmt::Display) {
        struct Values<'a>(&'a mut KeyWriter);
        impl Write for Values<'_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.value(text);
                Ok(())
            }
        }
        // A `Display` that fails has written a part of its text; the mark keeps it from meeting the whole.
        if write!(Values(self), "{value}").is_err() {
            self.literal("%f");
        }
    }

    /// The key, cut and digested if it grew past 199 characters.
    #[inline]
    pub fn finish(self) -> Key {
        Key::finish(self)
    }

    /// Writes text of a template: separators stand, the rest is escaped.
    #[inline]
    pub(crate) fn template(&mut self, text: &str) {
        self.escaping(text.as_bytes(), escape::literal_prefix);
    }

    /// Appends text that is in the alphabet already.
    #[inline]
    pub(crate) fn literal(&mut self, text: &str) {
        self.ascii(text.as_bytes());
    }

    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.spilled {
            None => &self.inline[..self.len],
            Some(whole) => whole,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("only ASCII is ever written")
    }

    #[inline]
    fn escaping(&mut self, bytes: &[u8], prefix: fn(&[u8]) -> usize) {
        let mut rest = bytes;
        loop {
            let (plain, tail) = rest.split_at(prefix(rest));
            self.ascii(plain);
            let Some((&odd, tail)) = tail.split_first() else {
                return;
            };
            self.ascii(&escape::escaped(odd));
            rest = tail;
        }
    }

    #[inline]
    fn ascii(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.is_ascii());
        let end = self.len + bytes.len();
        if self.spilled.is_none() && end <= INLINE {
            self.inline[self.len..end].copy_from_slice(bytes);
            self.len = end;
        } else {
            self.spill(bytes);
        }
    }

    #[cold]
    fn spill(&mut self, bytes: &[u8]) {
        let mut whole = self.spilled.take().unwrap_or_else(|| {
            let mut whole = Vec::with_capacity(4 * INLINE);
            whole.extend_from_slice(self.as_bytes());
            whole
        });
        whole.extend_from_slice(bytes);
        self.spilled = Some(whole);
    }
}

impl Default for KeyWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for KeyWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyWriter({})", self.as_str())
    }
}
