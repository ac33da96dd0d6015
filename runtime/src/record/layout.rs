//! Where each part of a record stands. Little endian, fixed, pinned by golden files: a change is a new [`FORMAT`].
//!
//! ```text
//!  0  magic 4 | format 1 | flags 1 | zero 2 | deadline 8            the head
//! 16  checksum 4                                                   of all that follows
//! 20  codec 1 | outcome 1 | outer 1 | zero 1 | key 16 | schema 8
//! 48  namespace epoch 8 | template epoch 8 | template 8
//! 72  fresh for 8 | grace 8 | computed in 4 | payload length 4
//! 96  payload
//! ```

use super::Reject;

/// The length of what a store may overwrite.
pub(crate) const HEAD_LEN: usize = 16;
/// Where the deadline stands: 8 bytes, little endian.
pub(crate) const DEADLINE_AT: usize = 8;
/// What a record costs beside its payload.
pub(crate) const HEADER_LEN: usize = crate::adapter::layout::PAYLOAD;
/// The longest payload that is stored or looked at: what memcached takes, and what one decoding may cost.
pub(crate) const MAX_PAYLOAD: usize = 1 << 20;

/// Its first byte begins no UTF-8 and no MessagePack, so bare values of other programs are never taken for records.
pub(super) const MAGIC: [u8; 4] = {
    let [magic @ .., _] = crate::adapter::layout::BEGINNING;
    magic
};
pub(super) const FORMAT: u8 = crate::adapter::layout::BEGINNING[FORMAT_AT];

pub(super) const FORMAT_AT: usize = 4;
pub(super) const FLAGS_AT: usize = 5;
pub(super) const CHECKSUM_AT: usize = 16;
/// The checksum covers all from here.
pub(super) const CHECKED_AT: usize = 20;
pub(super) const CODEC_AT: usize = crate::adapter::layout::CODEC;
pub(super) const OUTCOME_AT: usize = 21;
pub(super) const OUTER_AT: usize = 22;
pub(super) const KEY_AT: usize = 24;
pub(super) const SCHEMA_AT: usize = 40;
pub(super) const NAMESPACE_AT: usize = 48;
pub(super) const TEMPLATE_AT: usize = 56;
pub(super) const WHOSE_AT: usize = 64;
pub(super) const FRESH_AT: usize = 72;
pub(super) const GRACE_AT: usize = 80;
pub(super) const COMPUTED_AT: usize = 88;
pub(super) const LENGTH_AT: usize = 92;

/// The bytes that stand at `at`.
pub(super) fn read<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Reject> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or(Reject::Short)
}

pub(super) fn read_u32(bytes: &[u8], at: usize) -> Result<u32, Reject> {
    read(bytes, at).map(u32::from_le_bytes)
}

pub(super) fn read_u64(bytes: &[u8], at: usize) -> Result<u64, Reject> {
    read(bytes, at).map(u64::from_le_bytes)
}

/// Puts `part` at `at` of a header that is long enough.
pub(super) fn write<const N: usize>(header: &mut [u8], at: usize, part: [u8; N]) {
    header[at..at + N].copy_from_slice(&part);
}
