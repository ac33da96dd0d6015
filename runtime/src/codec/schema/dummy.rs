//! The `Deserializer` that makes values out of nothing, and tells the explorer what it was asked for.

use std::any::type_name;

use serde_core::de::{DeserializeSeed, Deserializer, Visitor};

use super::explorer::{Explorer, Unseen};
use super::parts::{Elements, Variant};

/// Texts that types with a syntax of their own take.
pub(super) const TEXTS: [&str; 8] = [
    "a",
    "1",
    "00000000-0000-0000-0000-000000000000",
    "2000-01-01T00:00:00Z",
    "2000-01-01T00:00:00",
    "2000-01-01",
    "00:00:00",
    "http://localhost/",
];

/// How many layers are told apart; deeper there are `None`s and empty lists.
const MOST_LAYERS: usize = 8;

#[derive(Clone, Copy)]
pub(super) struct Dummy<'e, 'a> {
    pub(super) explorer: &'e Explorer<'a>,
    /// The type that is being made.
    pub(super) of: &'static str,
    /// How many `Some`s and newtypes it is inside of: they ask for what they hold without telling its type.
    pub(super) layer: usize,
    pub(super) depth: usize,
}

impl Dummy<'_, '_> {
    pub(super) fn step(&self, word: &str, number: usize) -> Result<(), Unseen> {
        self.explorer.step(word, number, self.depth)
    }

    fn names(&self, names: &'static [&'static str]) {
        for (index, name) in names.iter().enumerate() {
            self.explorer.note(name, index);
        }
    }

    /// What is inside, of a type that is not told.
    fn inside(self) -> Self {
        Self { layer: self.layer + 1, depth: self.depth + 1, ..self }
    }

    /// Is it opened here for the first time? A newtype may hold itself, and ends too.
    fn opens(&self) -> bool {
        self.layer < MOST_LAYERS && self.explorer.opens(self.of, self.layer)
    }

    /// A part that `seed` asks for.
    pub(super) fn part<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Unseen> {
        let of = type_name::<S::Value>();
        self.step(of, 0)?;
        seed.deserialize(Self { of, layer: 0, ..self.inside() })
    }

    fn elements(self, n: usize) -> Elements<Self> {
        Elements { dummy: self, n_left: n }
    }
}

macro_rules! scalars {
    ($($method:ident => $visit:ident($($value:expr)?);)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unseen> {
            self.step(stringify!($method), 0)?;
            visitor.$visit($($value)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Dummy<'_, '_> {
    type Error = Unseen;

    scalars! {
        // 1, as some types are not zero.
        deserialize_bool => visit_bool(false);
        deserialize_i8 => visit_i8(1);
        deserialize_i16 => visit_i16(1);
        deserialize_i32 => visit_i32(1);
        deserialize_i64 => visit_i64(1);
        deserialize_i128 => visit_i128(1);
        deserialize_u8 => visit_u8(1);
        deserialize_u16 => visit_u16(1);
        deserialize_u32 => visit_u32(1);
        deserialize_u64 => visit_u64(1);
        deserialize_u128 => visit_u128(1);
        deserialize_f32 => visit_f32(1.0);
        deserialize_f64 => visit_f64(1.0);
        deserialize_char => visit_char('a');
        deserialize_unit => visit_unit();
    }

    /// The type asks the bytes what they are, and these say nothing of it.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unseen> {
        self.step("any", 0)?;
        Err(Unseen)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unseen> {
        self.deserialize_any(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unseen> {
        self.deserialize_any(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unseen> {
        self.step("str", 0)?;
        visitor.visit_borrowed_str(self.explorer.text(self.of))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unseen> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unseen> {
        self.step("bytes", 0)?;
        // As many as a UUID has, and no NUL, which C strings end at.
        visitor.visit_borrowed_bytes(&[1; 16])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unseen> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unseen> {
        self.step("option", 0)?;
        if self.opens() { visitor.visit_some(self.inside()) } else { visitor.visit_none() }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Unseen> {
        self.step(name, 0)?;
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Unseen> {
        self.step(name, 1)?;
        visitor.visit_newtype_struct(self.inside())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unseen> {
        self.step("seq", 0)?;
        visitor.visit_seq(self.elements(usize::from(self.opens())))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unseen> {
        self.step("map", 0)?;
        visitor.visit_map(self.elements(usize::from(self.opens())))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, n: usize, visitor: V) -> Result<V::Value, Unseen> {
        self.step("tuple", n)?;
        visitor.visit_seq(self.elements(n))
    }

    fn deserialize_tuple_struct<V>(self, name: &'static str, n: usize, visitor: V) -> Result<V::Value, Unseen>
    where
        V: Visitor<'de>,
    {
        self.step(name, n)?;
        visitor.visit_seq(self.elements(n))
    }

    fn deserialize_struct<V>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unseen>
    where
        V: Visitor<'de>,
    {
        self.step(name, fields.len())?;
        self.names(fields);
        visitor.visit_seq(self.elements(fields.len()))
    }

    fn deserialize_enum<V>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unseen>
    where
        V: Visitor<'de>,
    {
        self.step(name, variants.len())?;
        self.names(variants);
        let index = self.explorer.begin_variant(self.of, variants.len())?;
        self.explorer.note("variant", index);
        let value = visitor.visit_enum(Variant { dummy: self, index })?;
        self.explorer.end_variant(self.of, index);
        Ok(value)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
