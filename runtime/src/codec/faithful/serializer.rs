//! The `Serializer` of [`super`]: hands everything on, and its guard to what is inside.

use std::fmt::Display;

use serde_core::{Serialize, Serializer};

use super::compound::Compound;
use super::{Guard, Guarded, MAX_DEPTH, Place, Unfit};
use crate::record::Outer;

pub(super) struct Faithful<'a, S> {
    pub(super) inner: S,
    pub(super) guard: &'a Guard,
    pub(super) place: Place,
    pub(super) depth: u8,
}

impl<'a, S: Serializer> Faithful<'a, S> {
    /// What is inside, at `place`, so many levels deeper.
    fn inside<'b, T: ?Sized>(&self, value: &'b T, place: Place, deeper: u8) -> Guarded<'b, T>
    where
        'a: 'b,
    {
        Guarded { value, guard: self.guard, place, depth: self.depth + deeper }
    }

    /// What holds elements, so many levels deeper; levels are counted as `bounded` counts them.
    fn compound<C>(
        self,
        deeper: u8,
        begin: impl FnOnce(S) -> Result<C, S::Error>,
    ) -> Result<Compound<'a, C>, S::Error> {
        let depth = self.depth + deeper;
        if depth > MAX_DEPTH {
            return self.guard.refuse(Unfit::TooDeep);
        }
        Ok(Compound { inner: begin(self.inner)?, guard: self.guard, depth })
    }

    /// Hands on what formats write as they write `None`.
    fn nothing(self, write: impl FnOnce(S) -> Result<S::Ok, S::Error>) -> Result<S::Ok, S::Error> {
        if self.place == Place::InSome && !self.guard.format.nested_none {
            return self.guard.refuse(Unfit::NestedNone);
        }
        write(self.inner)
    }
}

macro_rules! hand_on {
    ($($method:ident($type:ty))*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        }
    )*};
}

impl<'a, S: Serializer> Serializer for Faithful<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Compound<'a, S::SerializeSeq>;
    type SerializeTuple = Compound<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Compound<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Compound<'a, S::SerializeTupleVariant>;
    type SerializeMap = Compound<'a, S::SerializeMap>;
    type SerializeStruct = Compound<'a, S::SerializeStruct>;
    type SerializeStructVariant = Compound<'a, S::SerializeStructVariant>;

    hand_on! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
    }

    fn serialize_u128(self, value: u128) -> Result<S::Ok, S::Error> {
        if !self.guard.format.wide && i128::try_from(value).is_err() {
            return self.guard.refuse(Unfit::Wide);
        }
        self.inner.serialize_u128(value)
    }

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        if !self.guard.format.not_finite && !value.is_finite() {
            return self.guard.refuse(Unfit::NotFinite);
        }
        self.inner.serialize_f32(value)
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        if !self.guard.format.not_finite && !value.is_finite() {
            return self.guard.refuse(Unfit::NotFinite);
        }
        self.inner.serialize_f64(value)
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        if self.place == Place::Outside {
            let outer = self.guard.outer.get();
            self.guard.outer.set(Outer { none: true, ..outer });
            return self.inner.serialize_none();
        }
        self.nothing(S::serialize_none)
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.nothing(S::serialize_unit)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.nothing(|inner| inner.serialize_unit_struct(name))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let outer = self.guard.outer.get();
        if self.place == Place::Outside && outer.n_somes < Outer::MOST {
            self.guard.outer.set(Outer { n_somes: outer.n_somes + 1, ..outer });
            let value = self.inside(value, Place::Outside, 0);
            return value.serialize(self.inner);
        }
        let value = self.inside(value, Place::InSome, 1);
        self.inner.serialize_some(&value)
    }

    fn serialize_newtype_struct<T>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error>
    where
        T: Serialize + ?Sized,
    {
        // Formats write it as what it holds, so it does not part a `Some` from a `None`.
        let place = if self.place == Place::InSome { Place::InSome } else { Place::Inside };
        let value = self.inside(value, place, 0);
        self.inner.serialize_newtype_struct(name, &value)
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        if self.depth == MAX_DEPTH {
            return self.guard.refuse(Unfit::TooDeep);
        }
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = self.inside(value, Place::Inside, 1);
        self.inner.serialize_newtype_variant(name, index, variant, &value)
    }

    fn serialize_seq(self, n: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.compound(1, |inner| inner.serialize_seq(n))
    }

    fn serialize_tuple(self, n: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.compound(1, |inner| inner.serialize_tuple(n))
    }

    fn serialize_tuple_struct(self, name: &'static str, n: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.compound(1, |inner| inner.serialize_tuple_struct(name, n))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        n: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.compound(2, |inner| inner.serialize_tuple_variant(name, index, variant, n))
    }

    fn serialize_map(self, n: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.compound(1, |inner| inner.serialize_map(n))
    }

    fn serialize_struct(self, name: &'static str, n: usize) -> Result<Self::SerializeStruct, S::Error> {
        self.compound(1, |inner| inner.serialize_struct(name, n))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        n: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.compound(2, |inner| inner.serialize_struct_variant(name, index, variant, n))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}
