//! Values without an envelope, for stores that programs in other languages use too. There is no record to say which codec
//! wrote the bytes, that they are a number, or how many layers of `Option` stood around the value: what a value is says the
//! type that is asked for, and what would come back as another value is refused.

use serde_core::de::{DeserializeOwned, Deserializer, Visitor};
use serde_core::forward_to_deserialize_any;

use super::bounded::{Bounded, Bounds, Undecoded};
use super::raw::Whole;
use super::refused::Refused;
use super::{Codec, EncodeError, Encoding, Kind, Unfit, decimal};
use crate::record::{Draft, Outer};

/// How JSON writes that there is nothing.
const NULL: &[u8] = b"null";

impl Codec {
    /// The same without an envelope; `None` if no other program would read it.
    pub(crate) fn plain(self) -> Option<Self> {
        let kind = match self.kind {
            Kind::Json | Kind::PlainJson => Kind::PlainJson,
            Kind::Raw | Kind::PlainRaw => Kind::PlainRaw,
            Kind::MsgPack | Kind::Postcard | Kind::Bincode | Kind::Custom(_) => return None,
        };
        Some(Self { kind, ..self })
    }

    /// Appends what a `None` is.
    ///
    /// # Errors
    /// Raw bytes have no form for it.
    pub(crate) fn write_nothing(self, draft: &mut Draft) -> Result<(), EncodeError> {
        if self.kind != Kind::PlainJson {
            return Err(EncodeError::new(self.name, "Option", Unfit::Nothing));
        }
        draft.bytes().extend_from_slice(NULL);
        Ok(())
    }

    /// May `payload` be a `None`?
    pub(crate) fn may_be_nothing(self, payload: &[u8]) -> bool {
        self.kind == Kind::PlainJson && payload.trim_ascii() == NULL
    }

    /// What a value without an envelope is said to be: written by this codec, with no layers around it that bytes do not tell.
    pub(crate) fn plain_encoding(self) -> Encoding {
        Encoding { codec: self.id, outer: Outer::default() }
    }
}

/// Is what was written enough to read it back, without the layers of `Option` that stood around it?
pub(super) fn check(codec: Codec, outer: Outer, draft: &Draft) -> Result<Encoding, Unfit> {
    match codec.kind {
        Kind::PlainRaw if outer.none => Err(Unfit::Nothing),
        Kind::PlainJson if outer.n_somes > 0 && draft.payload() == NULL => Err(Unfit::NestedNone),
        _ => Ok(codec.plain_encoding()),
    }
}

/// Text or bytes, as they are; else an integer, if that is what the type asks for.
pub(super) fn read_raw<T: DeserializeOwned>(payload: &[u8], bounds: &Bounds) -> Undecoded<T> {
    match T::deserialize(Bounded::new(Bare(payload), bounds)) {
        Ok(value) => Ok((value, 0)),
        Err(Refused) => decimal::read(payload, bounds),
    }
}

/// The payload, whole; and a `Some` if one is asked for.
struct Bare<'de>(&'de [u8]);

impl<'de> Deserializer<'de> for Bare<'de> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        Whole(self.0).deserialize_any(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        Whole(self.0).deserialize_bytes(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        Whole(self.0).deserialize_seq(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, n: usize, visitor: V) -> Result<V::Value, Refused> {
        Whole(self.0).deserialize_tuple(n, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string byte_buf unit unit_struct
        tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(feature = "json")]
#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn codecs() -> [Codec; 2] {
        [Codec::JSON, Codec::RAW].map(|codec| codec.plain().unwrap())
    }

    fn written(codec: Codec, value: &impl serde_core::Serialize) -> Result<String, Unfit> {
        let mut draft = Draft::new();
        codec.encode(value, &mut draft, 1 << 20).map_err(|error| error.unfit())?;
        Ok(String::from_utf8(draft.payload().to_vec()).unwrap())
    }

    fn read<T: DeserializeOwned>(codec: Codec, payload: &str) -> Option<T> {
        codec.decode(payload.as_bytes(), codec.plain_encoding()).ok()
    }

    #[test]
    fn json_is_what_other_programs_write_and_read() {
        let [json, _] = codecs();
        assert_eq!(written(json, &Some(Some(7))).unwrap(), "7");
        assert_eq!(written(json, &None::<u8>).unwrap(), "null");
        assert_eq!(written(json, &BTreeMap::from([("a", vec![1.5])])).unwrap(), r#"{"a":[1.5]}"#);
        assert_eq!(read::<Option<Option<i64>>>(json, " 7 \n"), Some(Some(Some(7))));
        assert_eq!(read::<Option<u8>>(json, "null"), Some(None));
        assert_eq!(read::<f64>(json, "42"), Some(42.0));
        assert_eq!(read::<String>(json, r#""caf\u00e9 \ud83d\ude00""#).as_deref(), Some("café 😀"));
        for foreign in ["NaN", "1.5", "'7'", "", "7 8", "{7: 8}", "\u{80}"] {
            assert_eq!(read::<i64>(json, foreign), None, "{foreign}");
        }
    }

    #[test]
    fn raw_is_text_bytes_and_decimal_integers() {
        let [_, raw] = codecs();
        assert_eq!(written(raw, &Some("7")).unwrap(), "7");
        assert_eq!(written(raw, &-7_i64).unwrap(), "-7");
        assert_eq!(written(raw, &b"ab".to_vec()).unwrap(), "ab");
        assert_eq!(read::<String>(raw, "7").as_deref(), Some("7"));
        assert_eq!(read::<Option<String>>(raw, "").unwrap().as_deref(), Some(""));
        assert_eq!(
            (read::<i64>(raw, "-7 "), read::<Option<u8>>(raw, "7"), read::<i64>(raw, "seven")),
            (Some(-7), Some(Some(7)), None)
        );
        assert_eq!(read::<Vec<u8>>(raw, "7").unwrap(), b"7");
    }

    #[test]
    fn what_bytes_alone_cannot_tell_is_refused() {
        let [json, raw] = codecs();
        assert_eq!(written(json, &Some(None::<u8>)), Err(Unfit::NestedNone));
        assert_eq!(written(json, &Some(())), Err(Unfit::NestedNone));
        assert_eq!(written(json, &f64::NAN), Err(Unfit::NotFinite));
        assert_eq!(written(raw, &None::<u8>), Err(Unfit::Nothing));
        assert!(raw.write_nothing(&mut Draft::new()).is_err() && json.write_nothing(&mut Draft::new()).is_ok());
        assert_eq!(written(raw, &1.5), Err(Unfit::NotText));
    }

    /// Its text for people, and a number for machines.
    #[derive(Debug, PartialEq)]
    struct Day(u8);

    impl serde_core::Serialize for Day {
        fn serialize<S: serde_core::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match serializer.is_human_readable() {
                true => serializer.serialize_str(&format!("day {}", self.0)),
                false => serializer.serialize_u8(self.0),
            }
        }
    }

    impl<'de> serde_core::Deserialize<'de> for Day {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            if !deserializer.is_human_readable() {
                return u8::deserialize(deserializer).map(Self);
            }
            let text = String::deserialize(deserializer)?;
            let day = text.strip_prefix("day ").and_then(|day| day.parse().ok());
            day.map(Self).ok_or_else(|| serde_core::de::Error::custom("no day"))
        }
    }

    #[test]
    fn what_people_and_machines_write_differently_is_read_as_it_was_written() {
        for (codec, text) in codecs().into_iter().zip([r#""day 7""#, "7"]) {
            assert_eq!(written(codec, &Day(7)).unwrap(), text);
            assert_eq!(read::<Day>(codec, text), Some(Day(7)));
        }
    }
}
