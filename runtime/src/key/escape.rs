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
    while byte < 128 {
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

/// The length of the run at the start of `bytes` that a value may write as it is.
#[inline]
pub(super) fn plain_prefix(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| CLASSES[usize::from(byte)] != Class::Plain).unwrap_or(bytes.len())
}

/// The length of the run at the start of `bytes` that literal text may write as it is.
#[inline]
pub(super) fn literal_prefix(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| CLASSES[usize::from(byte)] == Class::Escaped).unwrap_or(bytes.len())
}

/// `%XX`, in upper case: lower-case letters after `%` are markers of `KeyPart`.
pub(super) fn escaped(byte: u8) -> [u8; 3] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    [b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}
