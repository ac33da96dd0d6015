//! Bincode 2, its standard configuration: no names, lengths and integers in as few bytes as they need.

use bincode::config::{Configuration, Limit, LittleEndian, Varint, standard};
use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use bincode::serde::{encode_into_writer, seed_decode_from_slice};
use serde_core::Serialize;
use serde_core::de::{DeserializeOwned, DeserializeSeed, Deserializer};
use std::marker::PhantomData;

use super::bounded::{Bounded, Bounds, Undecoded};
use super::sink::Full;
use super::{Codec, Format, Kind, Sink, Unfit};
use crate::record::{CodecId, MAX_PAYLOAD};

/// Without a limit, 9 bytes that claim to be long abort the process. `bounded` lets it allocate nothing by such a claim;
/// this holds if that is ever forgotten.
const CONFIG: Configuration<LittleEndian, Varint, Limit<{ 64 * MAX_PAYLOAD }>> =
    standard().with_limit::<{ 64 * MAX_PAYLOAD }>();

impl Writer for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.append(bytes).map_err(|Full| EncodeError::UnexpectedEnd)
    }
}

pub(super) const CODEC: Option<Codec> = Some(Codec::BINCODE);

impl Codec {
    /// Like postcard. Nobody maintains its crate (RUSTSEC-2025-0141).
    pub const BINCODE: Self = Self {
        kind: Kind::Bincode,
        name: "bincode",
        id: CodecId(4),
        format: Format { named: false, nested_none: true, not_finite: true, wide: true },
    };
}

pub(super) fn write(value: &impl Serialize, sink: &mut Sink<'_>) -> Result<(), Unfit> {
    encode_into_writer(value, sink, CONFIG).map_err(|error| {
        // Its error is behind a private type; it says nothing of the value.
        let no_length = "SequenceMustHaveLength";
        if format!("{error:?}").contains(no_length) { Unfit::NoLength } else { Unfit::Failed }
    })
}

pub(super) fn read<T: DeserializeOwned>(payload: &[u8], bounds: &Bounds) -> Undecoded<T> {
    let seed = Seed(bounds, PhantomData);
    let (value, n_read) = seed_decode_from_slice(seed, payload, CONFIG).map_err(drop)?;
    Ok((value, payload.len() - n_read))
}

/// Bincode lends its deserializer only to seeds.
struct Seed<'b, T>(&'b Bounds, PhantomData<T>);

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::deserialize(Bounded::new(deserializer, self.0))
    }
}
