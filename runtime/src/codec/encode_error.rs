//! Why a value is not stored. It names the codec, the type and what to change, and never shows a value.

use std::error::Error;
use std::fmt;

/// A value that cannot be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EncodeError {
    codec: &'static str,
    type_name: &'static str,
    unfit: Unfit,
}

/// What is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unfit {
    TooLong,
    TooDeep,
    NestedNone,
    NotFinite,
    Wide,
    SkipsField,
    #[cfg_attr(not(feature = "json"), expect(dead_code, reason = "no other format is so particular"))]
    MapKey,
    NoLength,
    NotText,
    Nothing,
    Failed,
    Panicked,
}

impl EncodeError {
    pub(super) fn new(codec: &'static str, type_name: &'static str, unfit: Unfit) -> Self {
        Self { codec, type_name, unfit }
    }

    /// What is in the way.
    pub(crate) fn unfit(&self) -> Unfit {
        self.unfit
    }
}

impl Unfit {
    const fn reason(self) -> &'static str {
        match self {
            Self::TooLong => "it is longer than 1 MiB, or than the store takes",
            Self::TooDeep => "it is nested too deeply to be read back",
            Self::NestedNone => "it holds a `Some(None)` or `Some(())`, which would be read back as `None`",
            Self::NotFinite => "it holds a float that is not finite, which would be read back as nothing",
            Self::Wide => "it holds a `u128` past `i128::MAX`, which would be read back as a negative number",
            Self::SkipsField => "it skips a field (`skip_serializing_if`), and fields go by position; use `msgpack`",
            Self::MapKey => "it holds a map whose keys are neither strings nor numbers; use `msgpack`",
            Self::NoLength => {
                "it holds a map or sequence that does not know its length (`flatten` makes one); use `msgpack`"
            }
            Self::NotText => "it is neither one string nor bytes; use `msgpack`",
            Self::Nothing => "it is `None`, for which raw bytes without an envelope have no form; use `json`",
            Self::Failed => "its `Serialize` failed, or asked for what the codec has not",
            Self::Panicked => "its `Serialize` panicked",
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { codec, type_name, unfit } = self;
        write!(f, "cannot encode `{type_name}` as {codec}: {}", unfit.reason())
    }
}

impl Error for EncodeError {}
