//! What visitors meet of a container: elements are counted, claims are cut, and the bounds go on to each element.

use serde_core::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::deserializer::Seed;
use super::visitor::Watching;
use super::{Asked, Spot};

pub(super) struct Seq<'a, 'b, A> {
    pub(super) inner: &'a mut A,
    pub(super) spot: Spot<'b>,
    /// Is its length in the bytes, and not the type's?
    pub(super) is_counted: bool,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Seq<'_, '_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let element = self.inner.next_element_seed(Seed { inner: seed, spot: self.spot })?;
        if self.is_counted && element.is_some() {
            self.spot.count()?;
        }
        Ok(element)
    }

    fn size_hint(&self) -> Option<usize> {
        self.spot.hint(self.inner.size_hint())
    }
}

pub(super) struct Map<'a, 'b, A> {
    pub(super) inner: &'a mut A,
    pub(super) spot: Spot<'b>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Map<'_, '_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let key = self.inner.next_key_seed(Seed { inner: seed, spot: self.spot })?;
        if key.is_some() {
            self.spot.count()?;
        }
        Ok(key)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(Seed { inner: seed, spot: self.spot })
    }

    fn size_hint(&self) -> Option<usize> {
        self.spot.hint(self.inner.size_hint())
    }
}

pub(super) struct Enum<'b, A> {
    pub(super) inner: A,
    pub(super) spot: Spot<'b>,
}

impl<'de, 'b, A: EnumAccess<'de>> EnumAccess<'de> for Enum<'b, A> {
    type Error = A::Error;
    type Variant = Enum<'b, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(Seed { inner: seed, spot: self.spot })?;
        Ok((value, Enum { inner: variant, spot: self.spot }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Enum<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(Seed { inner: seed, spot: self.spot })
    }

    fn tuple_variant<V: Visitor<'de>>(self, n: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(n, Watching { inner: visitor, spot: self.spot, asked: Asked::Tuple })
    }

    fn struct_variant<V>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, A::Error>
    where
        V: Visitor<'de>,
    {
        self.inner.struct_variant(fields, Watching { inner: visitor, spot: self.spot, asked: Asked::Struct })
    }
}
