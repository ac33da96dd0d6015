//! What visitors meet of a dummy: elements that are made one by one, and the variant that the explorer chose.

use serde_core::de::value::U32Deserializer;
use serde_core::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::dummy::Dummy;
use super::explorer::Unseen;

pub(super) struct Elements<D> {
    pub(super) dummy: D,
    pub(super) n_left: usize,
}

impl<'de> SeqAccess<'de> for Elements<Dummy<'_, '_>> {
    type Error = Unseen;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unseen> {
        let Some(n_left) = self.n_left.checked_sub(1) else {
            return Ok(None);
        };
        self.n_left = n_left;
        self.dummy.part(seed).map(Some)
    }
}

impl<'de> MapAccess<'de> for Elements<Dummy<'_, '_>> {
    type Error = Unseen;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unseen> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Unseen> {
        self.dummy.part(seed)
    }
}

pub(super) struct Variant<D> {
    pub(super) dummy: D,
    pub(super) index: usize,
}

impl<'de, 'e, 'a> EnumAccess<'de> for Variant<Dummy<'e, 'a>> {
    type Error = Unseen;
    type Variant = Dummy<'e, 'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), Unseen> {
        let index: U32Deserializer<Unseen> = (self.index as u32).into_deserializer();
        Ok((seed.deserialize(index)?, self.dummy))
    }
}

impl<'de> VariantAccess<'de> for Dummy<'_, '_> {
    type Error = Unseen;

    fn unit_variant(self) -> Result<(), Unseen> {
        self.step("unit", 0)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Unseen> {
        self.part(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, n: usize, visitor: V) -> Result<V::Value, Unseen> {
        self.deserialize_tuple(n, visitor)
    }

    fn struct_variant<V>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Unseen>
    where
        V: Visitor<'de>,
    {
        self.deserialize_struct("variant", fields, visitor)
    }
}
