//! Reading a record. The checks go from cheap and telling to dear: length, magic and format, key, checksum; only then is
//! anything that the record says believed, and epochs and schema compared.

use std::time::Duration;

use super::layout::{
    CHECKED_AT, CHECKSUM_AT, CODEC_AT, COMPUTED_AT, DEADLINE_AT, FLAGS_AT, FORMAT, FORMAT_AT, FRESH_AT, GRACE_AT,
    HEAD_LEN, HEADER_LEN, KEY_AT, LENGTH_AT, MAGIC, NAMESPACE_AT, OUTCOME_AT, OUTER_AT, SCHEMA_AT, TEMPLATE_AT,
    WHOSE_AT, read, read_u32, read_u64,
};
use super::{CodecId, Epochs, Head, KeyFingerprint, Meta, Outcome, Outer, Reject};
use crate::adapter::layout;
use crate::timeout::Timeout;

/// What a reader can use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) key: KeyFingerprint,
    pub(crate) codec: CodecId,
    /// The schema of values, and of `None`s.
    pub(crate) value: u64,
    /// The schema of errors, where errors are stored.
    pub(crate) failed: Option<u64>,
    /// The schema of integers in decimal text; they carry no type.
    pub(crate) decimal: u64,
    pub(crate) namespace_epoch: u64,
    /// `None` for what was set by hand, which belongs to no template.
    pub(crate) template_epoch: Option<u64>,
    /// [`MAX_PAYLOAD`](super::MAX_PAYLOAD), unless the store is set up for less or more.
    pub(crate) max_payload: usize,
}

/// A record that passed all checks; its payload is still to be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) head: Head,
    pub(crate) meta: Meta,
    pub(crate) payload: &'a [u8],
}

/// The record that `bytes` are.
pub(crate) fn decode<'a>(bytes: &'a [u8], expected: &Expected) -> Result<Record<'a>, Reject> {
    if bytes.len().saturating_sub(HEADER_LEN) > expected.max_payload {
        return Err(Reject::TooLong);
    }
    let head = decode_head(bytes)?;
    let (meta, payload) = decode_body(&bytes[HEAD_LEN..], head.is_counted, expected)?;
    Ok(Record { head, meta, payload })
}

fn decode_head(bytes: &[u8]) -> Result<Head, Reject> {
    if read(bytes, 0)? != MAGIC {
        return Err(Reject::Magic);
    }
    if bytes.len() < HEADER_LEN {
        return Err(Reject::Short);
    }
    let [flags] = read(bytes, FLAGS_AT)?;
    if read(bytes, FORMAT_AT)? != [FORMAT] || flags & !layout::COUNTED != 0 || read(bytes, FLAGS_AT + 1)? != [0; 2] {
        return Err(Reject::Format);
    }
    Ok(Head { is_counted: flags == layout::COUNTED, deadline_ms: read_u64(bytes, DEADLINE_AT)? })
}

/// The body that `body` is: a record without its head, as a store keeps it that has columns for the head.
///
/// Length and checksum are those of the fill, so they say nothing once a store has counted in the payload. Then what the
/// header says is compared with what is expected, or not used, and the payload is a number or nothing.
pub(crate) fn decode_body<'a>(
    body: &'a [u8],
    is_counted: bool,
    expected: &Expected,
) -> Result<(Meta, &'a [u8]), Reject> {
    /// Where a part of the record stands in its body.
    const fn at(record: usize) -> usize {
        record - HEAD_LEN
    }
    let Some(payload) = body.get(at(HEADER_LEN)..) else {
        return Err(Reject::Short);
    };
    if payload.len() > expected.max_payload {
        return Err(Reject::TooLong);
    }
    if read(body, at(KEY_AT))? != expected.key.0 {
        return Err(Reject::Key);
    }
    let n_payload = read_u32(body, at(LENGTH_AT))? as usize;
    if payload.len() != n_payload && !is_counted {
        return Err(if payload.len() < n_payload { Reject::Short } else { Reject::TooLong });
    }
    if !is_counted && crc32fast::hash(&body[at(CHECKED_AT)..]) != read_u32(body, at(CHECKSUM_AT))? {
        return Err(Reject::Checksum);
    }
    let ([codec], [outcome]) = (read(body, at(CODEC_AT))?, read(body, at(OUTCOME_AT))?);
    let [outer, zero] = read(body, at(OUTER_AT))?;
    if zero != 0 {
        return Err(Reject::Nonsense);
    }
    let meta = Meta {
        codec: CodecId(codec),
        outcome: Outcome::from_byte(outcome)?,
        outer: Outer::from_byte(outer),
        key: expected.key,
        schema: read_u64(body, at(SCHEMA_AT))?,
        epochs: Epochs { namespace: read_u64(body, at(NAMESPACE_AT))?, template: read_u64(body, at(TEMPLATE_AT))? },
        template: read_u64(body, at(WHOSE_AT))?,
        fresh_for: Timeout::from_millis(read_u64(body, at(FRESH_AT))?),
        grace: Timeout::from_millis(read_u64(body, at(GRACE_AT))?),
        computed_in: Duration::from_micros(read_u32(body, at(COMPUTED_AT))?.into()),
    };
    if is_counted && (meta.codec, meta.outcome) != (CodecId::DECIMAL, Outcome::Value) {
        return Err(Reject::Checksum);
    }
    expected.admits(&meta)?;
    Ok((meta, payload))
}

impl Expected {
    fn admits(&self, meta: &Meta) -> Result<(), Reject> {
        // What was set by hand belongs to no template, and outlives the clearing of any.
        let is_of_template = self.template_epoch.is_none_or(|epoch| [0, epoch].contains(&meta.epochs.template));
        if meta.epochs.namespace != self.namespace_epoch || !is_of_template {
            return Err(Reject::Epoch);
        }
        let schema = match (meta.outcome, meta.codec) {
            (Outcome::Failed, _) if self.failed.is_none() => return Err(Reject::Schema),
            (_, CodecId::DECIMAL) => self.decimal,
            (_, codec) if codec != self.codec => return Err(Reject::Codec),
            (Outcome::Failed, _) => self.failed.unwrap_or_default(),
            (Outcome::Value | Outcome::Nothing, _) => self.value,
        };
        if meta.schema == schema { Ok(()) } else { Err(Reject::Schema) }
    }
}

impl Outcome {
    fn from_byte(byte: u8) -> Result<Self, Reject> {
        [Self::Value, Self::Nothing, Self::Failed]
            .into_iter()
            .find(|outcome| *outcome as u8 == byte)
            .ok_or(Reject::Nonsense)
    }
}
