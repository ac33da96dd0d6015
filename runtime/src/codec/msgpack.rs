//! MessagePack, structs as maps by name.

use rmp_serde::encode::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

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
        Error::UnknownLength => Unfit::NoLength,
        Error::DepthLimitExceeded => Unfit::TooDeep,
        _ => Unfit::Failed,
    })
}

pub(super) fn read<T: DeserializeOwned>(payload: &[u8], bounds: &Bounds) -> Undecoded<T> {
    let mut left = payload;
    let value = T::deserialize(Bounded::new(&mut rmp_serde::Deserializer::new(&mut left), bounds)).map_err(drop)?;
    Ok((value, left.len()))
}
