//! Writing a record. The codec writes behind room that is kept for the header, so that a payload is never copied.

use super::layout::{
    CHECKED_AT, CHECKSUM_AT, CODEC_AT, COMPUTED_AT, DEADLINE_AT, FLAGS_AT, FORMAT, FORMAT_AT, FRESH_AT, GRACE_AT,
    HEADER_LEN, KEY_AT, LENGTH_AT, MAGIC, NAMESPACE_AT, OUTCOME_AT, OUTER_AT, SCHEMA_AT, TEMPLATE_AT, WHOSE_AT, write,
};
use super::{Head, Meta};
use crate::adapter::layout;

/// A record whose payload is being written.
#[derive(Debug)]
pub(crate) struct Draft(Vec<u8>);

impl Draft {
    /// Room for the header, and for a small payload.
    pub(crate) fn new() -> Self {
        let mut bytes = Vec::with_capacity(HEADER_LEN + 168);
        bytes.resize(HEADER_LEN, 0);
        Self(bytes)
    }

    /// Where the payload goes: append, and touch nothing before.
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }

    /// What of the payload is written.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.0[HEADER_LEN..]
    }

    /// Takes the payload back.
    pub(crate) fn clear(&mut self) {
        self.0.truncate(HEADER_LEN);
    }

    /// The payload alone, without an envelope.
    pub(crate) fn into_payload(self) -> Vec<u8> {
        let Self(mut record) = self;
        record.drain(..HEADER_LEN);
        record
    }

    /// The record.
    pub(crate) fn seal(self, head: Head, meta: &Meta) -> Vec<u8> {
        let Self(mut record) = self;
        // The codec's sink is bounded far below 4 GiB.
        let n_payload = u32::try_from(record.len() - HEADER_LEN).unwrap_or(u32::MAX);
        write(&mut record, 0, MAGIC);
        write(&mut record, FORMAT_AT, [FORMAT]);
        write(&mut record, FLAGS_AT, [if head.is_counted { layout::COUNTED } else { 0 }]);
        write(&mut record, DEADLINE_AT, head.deadline_ms.to_le_bytes());
        write(&mut record, CODEC_AT, [meta.codec.0]);
        write(&mut record, OUTCOME_AT, [meta.outcome as u8]);
        write(&mut record, OUTER_AT, [meta.outer.to_byte()]);
        write(&mut record, KEY_AT, meta.key.0);
        write(&mut record, SCHEMA_AT, meta.schema.to_le_bytes());
        write(&mut record, NAMESPACE_AT, meta.epochs.namespace.to_le_bytes());
        write(&mut record, TEMPLATE_AT, meta.epochs.template.to_le_bytes());
        write(&mut record, WHOSE_AT, meta.template.to_le_bytes());
        write(&mut record, FRESH_AT, meta.fresh_for.as_millis().to_le_bytes());
        write(&mut record, GRACE_AT, meta.grace.as_millis().to_le_bytes());
        let micros = u32::try_from(meta.computed_in.as_micros()).unwrap_or(u32::MAX);
        write(&mut record, COMPUTED_AT, micros.to_le_bytes());
        write(&mut record, LENGTH_AT, n_payload.to_le_bytes());
        let checksum = crc32fast::hash(&record[CHECKED_AT..]);
        write(&mut record, CHECKSUM_AT, checksum.to_le_bytes());
        record
    }
}

/// The record of a payload that exists already.
#[cfg(test)]
pub(crate) fn encode(head: Head, meta: &Meta, payload: &[u8]) -> Vec<u8> {
    let mut draft = Draft::new();
    draft.bytes().extend_from_slice(payload);
    draft.seal(head, meta)
}
