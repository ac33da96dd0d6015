//! Is what a closure has made by hand an error? Where all that is known of its type is that it may be stored, serde can tell.

use std::any::type_name;
use std::fmt::{self, Display};

use serde_core::ser::{Error, Impossible, Serialize, Serializer};

/// Is it an `Err`? Of a `Result` alone: whatever else has a variant of that name means something of its own by it.
pub(super) fn is_err<T: Serialize>(value: &T) -> bool {
    type_name::<T>().starts_with("core::result::Result<") && value.serialize(Variant).is_err_and(|found| found.is_err)
}

/// Looks at the variant, and ends there.
struct Variant;

#[derive(Debug)]
struct Found {
    is_err: bool,
}

const NO_ERR: Found = Found { is_err: false };

impl Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("found")
    }
}

impl std::error::Error for Found {}

impl Error for Found {
    fn custom<T: Display>(_: T) -> Self {
        NO_ERR
    }
}

macro_rules! no_result {
    ($($method:ident($($argument:ty),*) -> $output:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$output, Found> {
            Err(NO_ERR)
        }
    )*};
}

type Never = Impossible<(), Found>;

impl Serializer for Variant {
    type Ok = ();
    type Error = Found;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<(), Found> {
        Err(Found { is_err: variant == "Err" })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<(), Found> {
        Err(NO_ERR)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Found> {
        Err(NO_ERR)
    }

    no_result! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}

#[cfg(test)]
mod tests {
    use super::is_err;

    #[derive(serde::Serialize)]
    enum Own {
        Err(u8),
    }

    #[test]
    fn an_error_is_told_from_all_else() {
        assert!(is_err(&Err::<u8, _>("no luck")) && is_err(&Err::<(), _>(())));
        assert!(!is_err(&Ok::<_, u8>(7)) && !is_err(&Ok::<_, u8>(Err::<u8, u8>(7))));
        assert!(!is_err(&Some(Err::<u8, u8>(7))) && !is_err(&Own::Err(7)) && !is_err(&"Err"));
    }
}
