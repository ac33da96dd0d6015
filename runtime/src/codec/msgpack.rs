//! MessagePack, structs as maps by name.

use rmp_serde::{decode, encode};
use serde_core::de::DeserializeOwned;
use serde_core::{Deserialize, Serialize};

use super::bounded::{Bounded, Bounds, Undecoded};
use super::{Codec, Format, Kind, Sink, Unfit};
use crate::record::CodecId;

pub(super) const CODEC: Option<Codec> = Some(Codec::MSGPACK);

impl Codec {
    /// MessagePack with the names of fields and variants: reads back whatever serde writes. The default of far stores.
    pub const MSGPACK: Self = Self {
        kind: Kind::MsgPack,
        name: "msgpack",
        id: CodecId(2),
        format: Format { named: true, nested_none: false, not_finite: true, wide: false },
    };
}

pub(super) fn write(value: &impl Serialize, sink: &mut Sink<'_>) -> Result<(), Unfit> {
    let mut serializer = rmp_serde::Serializer::new(sink).with_struct_map();
    value.serialize(&mut serializer).map_err(|error| match error {
        encode::Error::UnknownLength => Unfit::NoLength,
        encode::Error::DepthLimitExceeded => Unfit::TooDeep,
        _ => Unfit::Failed,
    })
}

/// From the bytes where they stand: of a reader, each text would be copied once more.
pub(super) fn read<T: DeserializeOwned>(payload: &[u8], bounds: &Bounds) -> Undecoded<T> {
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(payload);
    let value = T::deserialize(Bounded::new(&mut deserializer, bounds)).map_err(drop)?;
    // It does not say how much it has left. Whatever there is begins with a marker, and that is what a `bool` reads first.
    let is_end = matches!(bool::deserialize(&mut deserializer), Err(decode::Error::InvalidMarkerRead(_)));
    Ok((value, usize::from(!is_end)))
}
