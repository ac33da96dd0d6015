//! How values become bytes and come back. A codec never gives a wrong value: what it could not read back is refused when
//! it is encoded, and bytes that are not of the type are a miss.
//!
//! The formats are others' crates. Ours is what stands around each of them, the same for all: [`faithful`] watches a value
//! on its way out, [`bounded`] watches bytes on their way in, and neither lets a panic of the user's through.
//!
//! [`Codec`] chooses among kinds because serde's methods are generic, and a `dyn` codec could have none. Those of users' own
//! are one kind more, [`custom`].

#[cfg(not(all(feature = "bincode", feature = "json", feature = "msgpack", feature = "postcard")))]
mod absent;
mod bounded;
mod decimal;
mod encode_error;
mod faithful;
mod plain;
mod raw;
mod refused;
mod schema;
mod sink;

#[cfg(feature = "custom-codec")]
mod custom;
#[cfg(not(feature = "custom-codec"))]
#[path = "custom_off.rs"]
mod custom;

#[cfg(feature = "bincode")]
mod bincode;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
#[cfg(feature = "postcard")]
mod postcard;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

#[cfg(feature = "custom-codec")]
pub use custom::{CodecFailure, CustomCodec, Reader};
pub(crate) use encode_error::{EncodeError, Unfit};
pub(crate) use schema::Schema;

#[cfg(not(feature = "bincode"))]
use self::absent as bincode;
#[cfg(not(feature = "json"))]
use self::absent as json;
#[cfg(not(feature = "msgpack"))]
use self::absent as msgpack;
#[cfg(not(feature = "postcard"))]
use self::absent as postcard;
use self::bounded::{Bounds, Undecoded};
use self::custom::Custom;
use self::faithful::{Guard, Guarded};
use self::sink::Sink;
use crate::error::{Error, ErrorKind, Result};
use crate::record::{CodecId, Draft, Outer, Reject};

/// How values are written for a far store. Each is a constant of this type, with the cargo feature of its name; one of your own
/// is made by `Codec::custom`, with the feature `custom-codec`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Codec {
    kind: Kind,
    name: &'static str,
    id: CodecId,
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    not(all(feature = "postcard", feature = "bincode", feature = "json", feature = "custom-codec")),
    expect(dead_code, reason = "codecs that the build leaves out")
)]
enum Kind {
    MsgPack,
    Postcard,
    Bincode,
    Json,
    Raw,
    /// Those two where no record says what they are.
    PlainJson,
    PlainRaw,
    Custom(Custom),
}

/// What a record has to say of a payload, beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) codec: CodecId,
    pub(crate) outer: Outer,
}

/// What a format can hold; decides what is refused and how bytes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Format {
    /// Fields and variants go by name; else by position, and then the type's shape is part of its schema.
    named: bool,
    /// `Some(None)` and `Some(())` read back as what they are.
    nested_none: bool,
    /// NaN and the infinities read back as what they are.
    not_finite: bool,
    /// A `u128` past `i128::MAX` reads back as what it is.
    wide: bool,
}

/// MessagePack.
impl Default for Codec {
    fn default() -> Self {
        msgpack::CODEC.expect("far stores come with their default codec")
    }
}

impl Codec {
    /// The codec that goes by `name`: `msgpack`, `postcard`, `bincode`, `json` or `raw`.
    ///
    /// # Errors
    /// No codec has the name, or its cargo feature is off.
    pub fn named(name: &str) -> Result<Self> {
        let codec = match name {
            "msgpack" => msgpack::CODEC,
            "postcard" => postcard::CODEC,
            "bincode" => bincode::CODEC,
            "json" => json::CODEC,
            "raw" => raw::CODEC,
            _ => {
                let message = "unknown codec; there are `msgpack`, `postcard`, `bincode`, `json` and `raw`";
                return Err(Error::new(ErrorKind::Config, message));
            }
        };
        codec.ok_or_else(|| {
            let message = format!("codec `{name}` is not built in; switch on the feature `{name}` of larder");
            Error::new(ErrorKind::FeatureOff, message)
        })
    }

    /// The name, as [`named`](Self::named) takes it.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Its number in records.
    pub(crate) const fn id(self) -> CodecId {
        self.id
    }

    /// Appends `value` to the `draft`. An integer is written as decimal text, so that stores can count.
    ///
    /// # Errors
    /// The value is longer than `max_payload`, or the codec could not read it back. Then the draft is as it was.
    pub(crate) fn encode<T>(
        self,
        value: &T,
        draft: &mut Draft,
        max_payload: usize,
    ) -> std::result::Result<Encoding, EncodeError>
    where
        T: Serialize + ?Sized,
    {
        let encoding = catch_unwind(AssertUnwindSafe(|| self.write(value, draft, max_payload)));
        encoding.unwrap_or(Err(Unfit::Panicked)).map_err(|unfit| {
            draft.clear();
            EncodeError::new(self.name, std::any::type_name::<T>(), unfit)
        })
    }

    fn write<T>(self, value: &T, draft: &mut Draft, max_payload: usize) -> std::result::Result<Encoding, Unfit>
    where
        T: Serialize + ?Sized,
    {
        // In plain JSON an integer is what JSON says it is: the same text, but for types that differ by who reads them.
        if self.kind != Kind::PlainJson
            && let Some((integer, outer)) = decimal::of(value)
        {
            decimal::write(integer, draft.bytes());
            return Ok(Encoding { codec: CodecId::DECIMAL, outer });
        }
        let guard = Guard::new(self.format);
        let guarded = Guarded::new(value, &guard);
        let mut sink = Sink::new(draft.bytes(), max_payload);
        let written = match self.kind {
            Kind::MsgPack => msgpack::write(&guarded, &mut sink),
            Kind::Postcard => postcard::write(&guarded, &mut sink),
            Kind::Bincode => bincode::write(&guarded, &mut sink),
            Kind::Json | Kind::PlainJson => json::write(&guarded, &mut sink),
            Kind::Raw | Kind::PlainRaw => raw::write(&guarded, &mut sink),
            Kind::Custom(custom) => custom.write(&guarded, &mut sink),
        };
        // A full sink and an unfit value end as an error of the format's; what it says of them is beside the point.
        if sink.is_full() {
            return Err(Unfit::TooLong);
        }
        if let Some(unfit) = guard.unfit() {
            return Err(unfit);
        }
        written?;
        let outer = guard.outer();
        if matches!(self.kind, Kind::PlainJson | Kind::PlainRaw) {
            return plain::check(self, outer, draft);
        }
        if outer.none {
            draft.clear();
        }
        Ok(Encoding { codec: self.id, outer })
    }

    /// The value that `payload` is.
    ///
    /// # Errors
    /// Why it is none: nothing that bytes or the type's `Deserialize` can do gets further.
    pub(crate) fn decode<T>(self, payload: &[u8], encoding: Encoding) -> std::result::Result<T, Reject>
    where
        T: DeserializeOwned,
    {
        catch_unwind(AssertUnwindSafe(|| self.read(payload, encoding))).unwrap_or(Err(Reject::Panicked))
    }

    fn read<T>(self, payload: &[u8], encoding: Encoding) -> std::result::Result<T, Reject>
    where
        T: DeserializeOwned,
    {
        let bounds = Bounds::new(payload.len(), self.format, encoding.outer);
        let read: Undecoded<T> = match self.kind {
            _ if encoding.codec == CodecId::DECIMAL || encoding.outer.none => decimal::read(payload, &bounds),
            _ if encoding.codec != self.id => return Err(Reject::Codec),
            Kind::MsgPack => msgpack::read(payload, &bounds),
            Kind::Postcard => postcard::read(payload, &bounds),
            Kind::Bincode => bincode::read(payload, &bounds),
            Kind::Json | Kind::PlainJson => json::read(payload, &bounds),
            Kind::Raw => raw::read(payload, &bounds),
            Kind::PlainRaw => plain::read_raw(payload, &bounds),
            Kind::Custom(custom) => custom.read(payload, &bounds),
        };
        match read {
            Ok((value, 0)) => Ok(value),
            Ok(_) => Err(Reject::Trailing),
            Err(()) => Err(bounds.tripped().unwrap_or(Reject::Malformed)),
        }
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Codec({})", self.name)
    }
}

#[cfg(all(feature = "bincode", feature = "json", feature = "msgpack", feature = "postcard"))]
#[cfg(test)]
mod tests;
