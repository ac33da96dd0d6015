//! Postcard: no names, lengths and integers in as few bytes as they need.

use postcard::ser_flavors::Flavor;
use postcard::{Deserializer, Error, Serializer};
use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use super::bounded::{Bounded, Bounds, Undecoded};
use super::sink::Full;
use super::{Codec, Format, Kind, Sink, Unfit};
use crate::record::CodecId;

struct Appending<'a, 'b>(&'a mut Sink<'b>);

impl Flavor for Appending<'_, '_> {
    type Output = ();

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.append(bytes).map_err(|Full| Error::SerializeBufferFull)
    }

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

pub(super) const CODEC: Option<Codec> = Some(Codec::POSTCARD);

impl Codec {
    /// Half the bytes and half the time, for values without `flatten`, `tag`, `untagged` and `skip_serializing_if`.
    pub const POSTCARD: Self = Self {
        kind: Kind::Postcard,
        name: "postcard",
        id: CodecId(3),
        format: Format { named: false, nested_none: true, not_finite: true, wide: true },
    };
}

pub(super) fn write(value: &impl Serialize, sink: &mut Sink<'_>) -> Result<(), Unfit> {
    value.serialize(&mut Serializer { output: Appending(sink) }).map_err(|error| match error {
        Error::SerializeSeqLengthUnknown => Unfit::NoLength,
        _ => Unfit::Failed,
    })
}

pub(super) fn read<T: DeserializeOwned>(payload: &[u8], bounds: &Bounds) -> Undecoded<T> {
    let mut deserializer = Deserializer::from_bytes(payload);
    let value = T::deserialize(Bounded::new(&mut deserializer, bounds)).map_err(drop)?;
    Ok((value, deserializer.finalize().map_err(drop)?.len()))
}
