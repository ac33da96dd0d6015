//! Strings and bytes as they are, so that any program can read them. What says that it is one string or bytes is written;
//! a sequence of `u8`, which is what `Vec<u8>` says it is, counts as bytes.

use serde_core::de::value::SeqDeserializer;
use serde_core::de::{DeserializeOwned, Deserializer, Visitor};
use serde_core::ser::{Impossible, SerializeSeq, SerializeTuple, Serializer};
use serde_core::{Serialize, forward_to_deserialize_any};

use super::bounded::{Bounded, Bounds, Undecoded};
use super::decimal::{self, Decimal};
use super::refused::{Refused, refuse, refuse_one};
use super::sink::Full;
use super::{Codec, Format, Kind, Sink, Unfit};
use crate::record::CodecId;

pub(super) const CODEC: Option<Codec> = Some(Codec::RAW);

impl Codec {
    /// Strings and bytes as they are; other values but integers are refused.
    pub const RAW: Self = Self {
        kind: Kind::Raw,
        name: "raw",
        id: CodecId(6),
        format: Format { named: true, nested_none: true, not_finite: true, wide: true },
    };
}

pub(super) fn write(value: &impl Serialize, sink: &mut Sink<'_>) -> Result<(), Unfit> {
    value.serialize(Bare(sink)).map_err(|Refused| Unfit::NotText)
}

pub(super) fn read<T: DeserializeOwned>(payload: &[u8], bounds: &Bounds) -> Undecoded<T> {
    let value = T::deserialize(Bounded::new(Whole(payload), bounds)).map_err(drop)?;
    Ok((value, 0))
}

/// Writes one string, or bytes.
struct Bare<'a, 'b>(&'a mut Sink<'b>);

impl Bare<'_, '_> {
    fn append(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        self.0.append(bytes).map_err(|Full| Refused)
    }

    fn element(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Refused> {
        self.append(&[decimal::byte(value).ok_or(Refused)?])
    }
}

impl SerializeSeq for Bare<'_, '_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.element(value)
    }

    fn end(self) -> Result<(), Refused> {
        Ok(())
    }
}

impl SerializeTuple for Bare<'_, '_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.element(value)
    }

    fn end(self) -> Result<(), Refused> {
        Ok(())
    }
}

impl<'a, 'b> Serializer for Bare<'a, 'b> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Impossible<(), Refused>;
    type SerializeTupleVariant = Impossible<(), Refused>;
    type SerializeMap = Impossible<(), Refused>;
    type SerializeStruct = Impossible<(), Refused>;
    type SerializeStructVariant = Impossible<(), Refused>;

    fn serialize_str(mut self, text: &str) -> Result<(), Refused> {
        self.append(text.as_bytes())
    }

    fn serialize_bytes(mut self, bytes: &[u8]) -> Result<(), Refused> {
        self.append(bytes)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    // A `None` at the outside stands in the record; what is written for it is taken back.
    fn serialize_none(self) -> Result<(), Refused> {
        Ok(())
    }

    refuse! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char some unit unit_struct unit_variant newtype_variant
        tuple_struct tuple_variant map struct struct_variant
    }
}

/// The payload, whole.
pub(super) struct Whole<'de>(pub(super) &'de [u8]);

impl<'de> Deserializer<'de> for Whole<'de> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match std::str::from_utf8(self.0) {
            Ok(text) => visitor.visit_borrowed_str(text),
            Err(_) => visitor.visit_borrowed_bytes(self.0),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        // Of a type around a byte, too: that is what it was written as.
        visitor.visit_seq(SeqDeserializer::new(self.0.iter().map(Decimal::from)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string byte_buf option unit unit_struct
        tuple_struct map struct enum identifier ignored_any
    }
}
