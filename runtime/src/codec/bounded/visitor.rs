//! The visitor that formats meet: it goes deeper where they do, and takes nothing that was not asked for.

use std::fmt;

use serde_core::de::{Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

use super::access::{Enum, Map, Seq};
use super::deserializer::Bounded;
use super::{Asked, Spot};

pub(super) struct Watching<'b, V> {
    pub(super) inner: V,
    pub(super) spot: Spot<'b>,
    pub(super) asked: Asked,
}

impl<'de, V: Visitor<'de>> Watching<'_, V> {
    /// Where names are written, a number or a list in place of a name or a struct was written as something else; visitors
    /// would take it for positions.
    fn is_named<E: Error>(&self, positional: Asked, unexpected: Unexpected<'_>) -> Result<(), E> {
        if self.asked == positional && self.spot.bounds.format.named {
            return Err(E::invalid_type(unexpected, &self.inner));
        }
        Ok(())
    }
}

macro_rules! hand_on {
    ($($method:ident($type:ty))*) => {$(
        #[inline]
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )*};
}

macro_rules! hand_on_unless_name {
    ($($method:ident($type:ty))*) => {$(
        #[inline]
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.is_named(Asked::Name, Unexpected::Other("integer"))?;
            self.inner.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Watching<'_, V> {
    type Value = V::Value;

    hand_on! {
        visit_bool(bool) visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128) visit_u128(u128)
        visit_f32(f32) visit_f64(f64) visit_char(char) visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
    }

    hand_on_unless_name! { visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let spot = self.spot.deeper()?;
        self.inner.visit_some(Bounded::inside(deserializer, spot))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        // No type nests by these alone.
        self.inner.visit_newtype_struct(Bounded::inside(deserializer, self.spot))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<V::Value, A::Error> {
        self.is_named(Asked::Struct, Unexpected::Seq)?;
        let spot = self.spot.deeper()?;
        let is_counted = self.asked == Asked::Any;
        let value = self.inner.visit_seq(Seq { inner: &mut access, spot, is_counted })?;
        // What a visitor leaves would be taken for what comes next.
        match (Seq { inner: &mut access, spot, is_counted }).next_element::<IgnoredAny>()? {
            Some(_) => Err(A::Error::custom("elements are left")),
            None => Ok(value),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<V::Value, A::Error> {
        let spot = self.spot.deeper()?;
        let value = self.inner.visit_map(Map { inner: &mut access, spot })?;
        match (Map { inner: &mut access, spot }).next_key::<IgnoredAny>()? {
            Some(_) => Err(A::Error::custom("entries are left")),
            None => Ok(value),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let spot = self.spot.deeper()?;
        self.inner.visit_enum(Enum { inner: access, spot })
    }

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }
}

/// Takes an `i128` for a `u128`.
pub(super) struct Wide<V>(pub(super) V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Wide<V> {
    type Value = V::Value;

    fn visit_i128<E: Error>(self, value: i128) -> Result<V::Value, E> {
        let value = u128::try_from(value).map_err(|_| E::custom("negative"))?;
        self.0.visit_u128(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.visit_i128(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.0.visit_u64(value)
    }

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
}
