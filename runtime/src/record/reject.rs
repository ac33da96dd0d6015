//! Why stored bytes are a miss.

/// A reason. None is an error of anybody's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reject {
    /// Longer than anything that is stored, or than its payload says.
    TooLong,
    /// Shorter than its header, or than its payload says.
    Short,
    /// No record.
    Magic,
    /// A record of another release.
    Format,
    /// Another key's record.
    Key,
    /// Damaged.
    Checksum,
    /// Intact, and it says what no release writes.
    Nonsense,
    /// Of an epoch that was cleared.
    Epoch,
    /// Written by another codec.
    Codec,
    /// Of another type, or of another version of it.
    Schema,
    /// The codec, or the type, made nothing of the payload.
    Malformed,
    /// Bytes are left behind the value.
    Trailing,
    /// Nested deeper than any value that is stored.
    TooDeep,
    /// More elements than its bytes can hold.
    TooMany,
    /// The type's `Deserialize` panicked.
    Panicked,
}
