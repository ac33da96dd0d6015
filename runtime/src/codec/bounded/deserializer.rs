//! The `Deserializer` of [`super`].

use serde_core::de::{DeserializeSeed, Deserializer, Error, Visitor};

use super::visitor::{Watching, Wide};
use super::{Asked, Bounds, Spot};
use crate::record::Outer;

pub(in crate::codec) struct Bounded<'b, D> {
    inner: D,
    spot: Spot<'b>,
    /// The layers of `Option` that are still to come; the format knows nothing of them.
    outer: Outer,
}

impl<'b, D> Bounded<'b, D> {
    /// The whole value.
    pub(in crate::codec) fn new(inner: D, bounds: &'b Bounds) -> Self {
        Self { inner, spot: Spot { bounds, depth: 0 }, outer: bounds.outer }
    }

    /// A part of it.
    pub(super) fn inside(inner: D, spot: Spot<'b>) -> Self {
        Self { inner, spot, outer: Outer::default() }
    }

    fn watching<V>(&self, visitor: V, asked: Asked) -> Watching<'b, V> {
        Watching { inner: visitor, spot: self.spot, asked }
    }

    /// Whatever is not asked for as an `Option` is not `None`.
    fn some<E: Error>(&self) -> Result<(), E> {
        if self.outer.none { Err(E::custom("expected an option")) } else { Ok(()) }
    }
}

macro_rules! hand_on {
    ($($method:ident($($arg:ident: $type:ty),*) as $asked:ident => $to:ident;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.some()?;
            let visitor = self.watching(visitor, Asked::$asked);
            self.inner.$to($($arg,)* visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Bounded<'_, D> {
    type Error = D::Error;

    hand_on! {
        deserialize_bool() as Any => deserialize_bool;
        deserialize_i8() as Any => deserialize_i8;
        deserialize_i16() as Any => deserialize_i16;
        deserialize_i32() as Any => deserialize_i32;
        deserialize_i64() as Any => deserialize_i64;
        deserialize_i128() as Any => deserialize_i128;
        deserialize_u8() as Any => deserialize_u8;
        deserialize_u16() as Any => deserialize_u16;
        deserialize_u32() as Any => deserialize_u32;
        deserialize_u64() as Any => deserialize_u64;
        deserialize_f32() as Any => deserialize_f32;
        deserialize_f64() as Any => deserialize_f64;
        deserialize_char() as Any => deserialize_char;
        deserialize_str() as Any => deserialize_str;
        // Owned ones are asked for as borrowed: some formats set memory aside for what a length claims.
        deserialize_string() as Any => deserialize_str;
        deserialize_bytes() as Any => deserialize_bytes;
        deserialize_byte_buf() as Any => deserialize_bytes;
        deserialize_unit() as Any => deserialize_unit;
        deserialize_unit_struct(name: &'static str) as Any => deserialize_unit_struct;
        deserialize_newtype_struct(name: &'static str) as Any => deserialize_newtype_struct;
        deserialize_seq() as Any => deserialize_seq;
        deserialize_map() as Any => deserialize_map;
        deserialize_tuple(n: usize) as Tuple => deserialize_tuple;
        deserialize_tuple_struct(name: &'static str, n: usize) as Tuple => deserialize_tuple_struct;
        deserialize_struct(name: &'static str, fields: &'static [&'static str]) as Struct => deserialize_struct;
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) as Any => deserialize_enum;
        deserialize_identifier() as Name => deserialize_identifier;
        deserialize_ignored_any() as Any => deserialize_ignored_any;
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.some()?;
        if self.spot.bounds.format.wide {
            return self.inner.deserialize_u128(visitor);
        }
        // The format has one form for both; it was not written if it needed the last bit.
        self.inner.deserialize_i128(Wide(visitor))
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        if self.outer != Outer::default() {
            return self.deserialize_option(visitor);
        }
        let visitor = self.watching(visitor, Asked::Any);
        self.inner.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        match self.outer {
            Outer { n_somes: 0, none: true } => visitor.visit_none(),
            Outer { n_somes: 0, none: false } => {
                let visitor = self.watching(visitor, Asked::Any);
                self.inner.deserialize_option(visitor)
            }
            Outer { n_somes, none } => visitor.visit_some(Self { outer: Outer { n_somes: n_somes - 1, none }, ..self }),
        }
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Asks for a part of the value.
pub(super) struct Seed<'b, S> {
    pub(super) inner: S,
    pub(super) spot: Spot<'b>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Bounded::inside(deserializer, self.spot))
    }
}
