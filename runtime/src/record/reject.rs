//! Why stored bytes are a miss. Each reason is counted on its own: a rise of one says what to look for.

/// A reason. None is an error of anybody's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
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

impl Reject {
    /// All, in the order of their numbers: for tables of counters.
    pub(crate) const ALL: [Self; 15] = [
        Self::TooLong,
        Self::Short,
        Self::Magic,
        Self::Format,
        Self::Key,
        Self::Checksum,
        Self::Nonsense,
        Self::Epoch,
        Self::Codec,
        Self::Schema,
        Self::Malformed,
        Self::Trailing,
        Self::TooDeep,
        Self::TooMany,
        Self::Panicked,
    ];

    /// Its place in [`ALL`](Self::ALL).
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// The name for labels of metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Short => "short",
            Self::Magic => "magic",
            Self::Format => "format",
            Self::Key => "key",
            Self::Checksum => "checksum",
            Self::Nonsense => "nonsense",
            Self::Epoch => "epoch",
            Self::Codec => "codec",
            Self::Schema => "schema",
            Self::Malformed => "malformed",
            Self::Trailing => "trailing",
            Self::TooDeep => "too_deep",
            Self::TooMany => "too_many",
            Self::Panicked => "panicked",
        }
    }
}
