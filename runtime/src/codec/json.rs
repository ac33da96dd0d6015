//! JSON, in one line.

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use super::bounded::{Bounded, Bounds, Undecoded};
use super::{Codec, Format, Kind, Sink, Unfit};
use crate::record::CodecId;

pub(super) const CODEC: Option<Codec> = Some(Codec::JSON);

impl Codec {
    /// For stores that people and other languages read.
    pub const JSON: Self = Self {
        kind: Kind::Json,
        name: "json",
        id: CodecId(5),
        format: Format { named: true, nested_none: false, not_finite: false, wide: true },
    };
}

pub(super) fn write(value: &impl Serialize, sink: &mut Sink<'_>) -> Result<(), Unfit> {
    value.serialize(&mut serde_json::Serializer::new(sink)).map_err(|error| {
        // It tells by its text alone; nothing of that is shown, as a type's own error may hold its value.
        let text = error.to_string();
        let is_key = ["key must be a string", "float key must be finite"].contains(&&*text);
        if is_key { Unfit::MapKey } else { Unfit::Failed }
    })
}

pub(super) fn read<T: DeserializeOwned>(payload: &[u8], bounds: &Bounds) -> Undecoded<T> {
    let mut deserializer = serde_json::Deserializer::from_slice(payload);
    let value = T::deserialize(Bounded::new(&mut deserializer, bounds)).map_err(drop)?;
    // Whitespace behind a value is none of ours either, and other programs may write it.
    let n_left = usize::from(deserializer.end().is_err());
    Ok((value, n_left))
}
