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
    /// How much of `inline` is written; [`SPILLED`] once the text has outgrown it.
    len: usize,
    inline: [u8; INLINE],
    /// The whole text, once it has outgrown `inline`.
    spilled: Vec<u8>,
    /// The whole text is a head and a digest already.
    pub(super) digested: bool,
}

/// So large that nothing fits behind it: the one comparison that a write makes anyway finds it.
const SPILLED: usize = usize::MAX / 2;

impl KeyWriter {
    /// An empty one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub const fn new() -> Self {
        Self { len: 0, inline: [0; INLINE], spilled: Vec::new(), digested: false }
    }

    /// Writes `text` with everything escaped that is not plain, separators included.
    #[cfg_attr(not(debug_assertions), inline)]
    pub fn value(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Writes bytes that need not be text, escaped like [`value`](Self::value).
    // Not inlined: it has two loops, and was a third of what a release build spends on a function with a text in its key.
    #[inline(never)]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.checked(bytes, &escape::PLAIN);
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

    /// Writes the name of `T` in this build, escaped. Where the compiler has made up a part of it, as for closures, which all have
    /// one name in a function, the type's id in this build comes too.
    pub(crate) fn type_name<T: ?Sized>(&mut self) {
        let name = std::any::type_name::<T>();
        self.value(name);
        // In braces, which no name of a person's has.
        if name.contains('{') {
            self.literal("%i");
            self.display(format_args!("{:?}", typeid::of::<T>()));
        }
    }

    /// The key, cut and digested if it grew past 199 characters.
    #[inline]
    pub fn finish(self) -> Key {
        Key::written(|key| *key = self)
    }

    /// Writes text of a template: separators stand, the rest is escaped.
    pub(crate) fn template(&mut self, text: &str) {
        self.checked(text.as_bytes(), &escape::LITERAL);
    }

    /// Appends text that is in the alphabet already.
    // Inlined in release builds, because where it is called the length is known and the copy is a move or two; a debug build
    // would only take longer to make.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn literal(&mut self, text: &str) {
        self.ascii(text.as_bytes());
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self.inline.get(..self.len) {
            Some(inline) => inline,
            None => &self.spilled,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("only ASCII is ever written")
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn checked(&mut self, bytes: &[u8], stands: &[bool; 256]) {
        if escape::all(bytes, stands) {
            self.ascii(bytes);
        } else {
            self.escaping(bytes, stands);
        }
    }

    #[cold]
    fn escaping(&mut self, bytes: &[u8], stands: &[bool; 256]) {
        for &byte in bytes {
            if stands[usize::from(byte)] {
                self.ascii(&[byte]);
            } else {
                self.ascii(&escape::escaped(byte));
            }
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ascii(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.is_ascii());
        let end = self.len + bytes.len();
        match self.inline.get_mut(self.len..end) {
            Some(free) => {
                // The copy comes last, so that it can be a jump and nothing has to be kept for behind it.
                self.len = end;
                free.copy_from_slice(bytes);
            }
            None => self.spill(bytes),
        }
    }

    #[cold]
    fn spill(&mut self, bytes: &[u8]) {
        if self.len != SPILLED {
            self.spilled.reserve(4 * INLINE);
            self.spilled.extend_from_slice(&self.inline[..self.len]);
            self.len = SPILLED;
        }
        self.spilled.extend_from_slice(bytes);
        self.digested = false;
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
