//! What the serializers of ours say to whatever they are not made for.

use std::fmt;

use serde_core::{de, ser};

/// It is something else. What it is instead is nobody's business.
#[derive(Debug)]
pub(super) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not what is expected here")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl de::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Methods of a `Serializer` that refuse, by what stands behind `serialize_`.
macro_rules! refuse {
    ($($name:tt)*) => { $(refuse_one! { $name })* };
}

macro_rules! refuse_one {
    (bool) => { refuse_one! { @ serialize_bool(bool) -> Self::Ok } };
    (i8) => { refuse_one! { @ serialize_i8(i8) -> Self::Ok } };
    (i16) => { refuse_one! { @ serialize_i16(i16) -> Self::Ok } };
    (i32) => { refuse_one! { @ serialize_i32(i32) -> Self::Ok } };
    (i64) => { refuse_one! { @ serialize_i64(i64) -> Self::Ok } };
    (u8) => { refuse_one! { @ serialize_u8(u8) -> Self::Ok } };
    (u16) => { refuse_one! { @ serialize_u16(u16) -> Self::Ok } };
    (u32) => { refuse_one! { @ serialize_u32(u32) -> Self::Ok } };
    (u64) => { refuse_one! { @ serialize_u64(u64) -> Self::Ok } };
    (f32) => { refuse_one! { @ serialize_f32(f32) -> Self::Ok } };
    (f64) => { refuse_one! { @ serialize_f64(f64) -> Self::Ok } };
    (char) => { refuse_one! { @ serialize_char(char) -> Self::Ok } };
    (str) => { refuse_one! { @ serialize_str(&str) -> Self::Ok } };
    (bytes) => { refuse_one! { @ serialize_bytes(&[u8]) -> Self::Ok } };
    (none) => { refuse_one! { @ serialize_none() -> Self::Ok } };
    (unit) => { refuse_one! { @ serialize_unit() -> Self::Ok } };
    (unit_struct) => { refuse_one! { @ serialize_unit_struct(&'static str) -> Self::Ok } };
    (unit_variant) => { refuse_one! { @ serialize_unit_variant(&'static str, u32, &'static str) -> Self::Ok } };
    (seq) => { refuse_one! { @ serialize_seq(Option<usize>) -> Self::SerializeSeq } };
    (tuple) => { refuse_one! { @ serialize_tuple(usize) -> Self::SerializeTuple } };
    (tuple_struct) => {
        refuse_one! { @ serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct }
    };
    (tuple_variant) => {
        refuse_one! {
            @ serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant
        }
    };
    (map) => { refuse_one! { @ serialize_map(Option<usize>) -> Self::SerializeMap } };
    (struct) => { refuse_one! { @ serialize_struct(&'static str, usize) -> Self::SerializeStruct } };
    (struct_variant) => {
        refuse_one! {
            @ serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant
        }
    };
    (some) => {
        fn serialize_some<T: serde_core::Serialize + ?Sized>(self, _: &T) -> Result<Self::Ok, Refused> {
            Err(Refused)
        }
    };
    (newtype_variant) => {
        fn serialize_newtype_variant<T: serde_core::Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<Self::Ok, Refused> {
            Err(Refused)
        }
    };
    (@ $method:ident($($type:ty),*) -> $ok:ty) => {
        fn $method(self, $(_: $type),*) -> Result<$ok, Refused> {
            Err(Refused)
        }
    };
}

pub(super) use {refuse, refuse_one};
