//! Which bytes stand for themselves in a key, and how the others are written: `%` and two hexadecimal digits.
//! Pure tables and slices; `writer` does the storing.

/// What a byte may do in a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Stands for itself anywhere.
    Plain,
    /// Separates parts: stands for itself in literal text only.
    Separator,
    /// Never stands for itself.
    Escaped,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Escaped; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'~' | b'@' | b'+' | b'=' | b'-' => Class::Plain,
            // The comma separates the elements of a list, inside one placeholder.
            b':' | b'/' | b'|' | b'#' | b',' => Class::Separator,
            _ => Class::Escaped,
        };
        byte += 1;
    }
    classes
};

/// Bytes that a value writes as they are.
pub(super) const PLAIN: [bool; 256] = table([true, false, false]);
/// Bytes that literal text writes as they are.
pub(super) const LITERAL: [bool; 256] = table([true, true, false]);

/// Which bytes are of the classes that are asked for, in the order of their declaration.
const fn table(classes: [bool; 3]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = classes[CLASSES[byte] as usize];
        byte += 1;
    }
    table
}

/// Does `table` hold for all of them? Looks at each, without a branch, as nearly always the answer is yes. In numbers, of
/// which the compiler makes fewer instructions than of truths.
#[inline]
pub(super) fn all(bytes: &[u8], table: &[bool; 256]) -> bool {
    bytes.iter().fold(1, |all, &byte| all & u8::from(table[usize::from(byte)])) != 0
}

/// `%XX`, in upper case: lower-case letters after `%` are markers of `KeyPart`.
pub(super) fn escaped(byte: u8) -> [u8; 3] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    [b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}
