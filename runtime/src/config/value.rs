//! A setting as it stands in its file. Formats differ in what they tell apart, so nothing is decided here: a number may be
//! written as text, as it is wherever settings come from the environment.

use std::fmt;

use serde_core::Deserialize;
use serde_core::de::{Deserializer, MapAccess, SeqAccess, Visitor};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// `null`, and whatever no setting can be: what is refused wherever it stands.
    Other,
    Flag(bool),
    Number(u64),
    Text(String),
    List(Vec<Self>),
    /// In the order of the file, and not yet checked for repetitions.
    Table(Vec<(String, Self)>),
}

impl Value {
    /// The text, if it is one.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// How serde_json writes a number where a crate of the program has asked it for arbitrary precision.
const JSON_NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("settings of caches")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(u64::try_from(number).map_or(Value::Other, Value::Number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = table.next_entry::<String, Value>()? {
            fields.push(field);
        }
        match &mut *fields {
            [(name, value)] if name == JSON_NUMBER => Ok(std::mem::replace(value, Value::Other)),
            _ => Ok(Value::Table(fields)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{JSON_NUMBER, Value};

    #[test]
    fn values_are_told_apart_as_far_as_settings_go() {
        let read = |json: serde_json::Value| serde_json::from_value::<Value>(json).unwrap();
        for (json, value) in [
            (json!(true), Value::Flag(true)),
            (json!(7), Value::Number(7)),
            (json!(u64::MAX), Value::Number(u64::MAX)),
            (json!("x"), Value::Text("x".into())),
            (json!(["x", 7]), Value::List(vec![Value::Text("x".into()), Value::Number(7)])),
            (json!({ "a": {} }), Value::Table(vec![("a".into(), Value::Table(vec![]))])),
            (json!({ JSON_NUMBER: "7" }), Value::Text("7".into())),
        ] {
            assert_eq!(read(json), value);
        }
        for json in [json!(null), json!(-1), json!(1.5)] {
            assert_eq!(read(json), Value::Other);
        }
    }
}
