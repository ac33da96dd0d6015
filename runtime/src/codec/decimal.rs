//! Integers as decimal text, so that a store can count: what it increments is what we read, whatever the cache's codec.

use serde_core::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde_core::forward_to_deserialize_any;
use serde_core::ser::{Impossible, Serialize, Serializer};

use super::bounded::{Bounded, Bounds, Undecoded};
use super::refused::{Refused, refuse, refuse_one};
use crate::record::Outer;

/// The integer that `value` serializes as, if that is all that it does, and it has 64 bits.
pub(super) fn of(value: &(impl Serialize + ?Sized)) -> Option<(i64, Outer)> {
    let found = value.serialize(Integer { n_somes: 0, is_outer: true }).ok()?;
    Some((found.integer, Outer { n_somes: found.n_somes, none: false }))
}

/// The byte that `value` serializes as.
pub(super) fn byte(value: &(impl Serialize + ?Sized)) -> Option<u8> {
    let found = value.serialize(Integer { n_somes: 0, is_outer: false }).ok()?;
    found.is_u8.then_some(found.integer as u8)
}

pub(super) fn write(integer: i64, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes());
}

/// The integer that stands in `payload`. Spaces may stand behind it: memcached leaves them when a number shrinks.
pub(crate) fn parse(payload: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(payload.trim_ascii_end()).ok()?;
    if text.starts_with('+') { None } else { text.parse().ok() }
}

/// The value of an integer; also the `None` that has no payload, as it is found before the codec is asked.
pub(super) fn read<T: DeserializeOwned>(payload: &[u8], bounds: &Bounds) -> Undecoded<T> {
    let integer = if bounds.expects_none() && payload.is_empty() { 0 } else { parse(payload).ok_or(())? };
    let value = T::deserialize(Bounded::new(Decimal(integer), bounds)).map_err(drop)?;
    Ok((value, 0))
}

/// Finds out whether a value is an integer.
struct Integer {
    n_somes: u8,
    is_outer: bool,
}

struct Found {
    integer: i64,
    n_somes: u8,
    is_u8: bool,
}

macro_rules! integers {
    ($($method:ident($type:ty))*) => {$(
        fn $method(self, integer: $type) -> Result<Found, Refused> {
            let is_u8 = size_of::<$type>() == 1 && <$type>::MIN == 0;
            let integer = i64::try_from(integer).map_err(|_| Refused)?;
            Ok(Found { integer, n_somes: self.n_somes, is_u8 })
        }
    )*};
}

impl Serializer for Integer {
    type Ok = Found;
    type Error = Refused;
    type SerializeSeq = Impossible<Found, Refused>;
    type SerializeTuple = Impossible<Found, Refused>;
    type SerializeTupleStruct = Impossible<Found, Refused>;
    type SerializeTupleVariant = Impossible<Found, Refused>;
    type SerializeMap = Impossible<Found, Refused>;
    type SerializeStruct = Impossible<Found, Refused>;
    type SerializeStructVariant = Impossible<Found, Refused>;

    integers! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
    }

    refuse! {
        bool f32 f64 char str bytes none unit unit_struct unit_variant newtype_variant seq tuple tuple_struct
        tuple_variant map struct struct_variant
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Found, Refused> {
        if !self.is_outer || self.n_somes == Outer::MOST {
            return Err(Refused);
        }
        value.serialize(Self { n_somes: self.n_somes + 1, is_outer: true })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Found, Refused> {
        value.serialize(Self { is_outer: false, ..self })
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// An integer to read a value from.
pub(super) struct Decimal(i64);

impl From<&u8> for Decimal {
    fn from(byte: &u8) -> Self {
        Self((*byte).into())
    }
}

impl IntoDeserializer<'_, Refused> for Decimal {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! signed {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            visitor.visit_i64(self.0)
        }
    )*};
}

impl<'de> Deserializer<'de> for Decimal {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match u64::try_from(self.0) {
            Ok(integer) => visitor.visit_u64(integer),
            Err(_) => visitor.visit_i64(self.0),
        }
    }

    signed! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        bool u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct enum identifier ignored_any
    }
}
