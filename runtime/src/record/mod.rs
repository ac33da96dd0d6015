//! The stored envelope: what stands around a value's bytes in a far store. Pure: bytes in, bytes out, no clock and no
//! store, so that every way in which bytes can be wrong is a test.
//!
//! A record is a *head* of 16 bytes that a store may overwrite in place, and a *body* that never changes. Only the body is
//! under the checksum: re-timing an entry touches 8 bytes and neither reads nor resends its value.

mod decode;
mod draft;
mod fingerprint;
mod layout;
mod outer;
mod reject;

use std::time::Duration;

pub(crate) use decode::{Expected, Record, decode};
pub(crate) use draft::Draft;
pub(crate) use fingerprint::KeyFingerprint;
pub(crate) use layout::{HEADER_LEN, MAX_PAYLOAD};
pub(crate) use outer::Outer;
pub(crate) use reject::Reject;

#[cfg(test)]
use {
    decode::decode_body,
    draft::encode,
    layout::{DEADLINE_AT, HEAD_LEN},
};

use crate::timeout::Timeout;

/// The mutable part. A store that keeps deadlines by other means (a column, its own expiry) need not keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// A store has counted in the payload since the record was filled.
    pub(crate) is_counted: bool,
    /// When it expires, in milliseconds of the **store's** clock.
    pub(crate) deadline_ms: u64,
}

impl Head {
    /// The deadline of what never expires.
    pub(crate) const NEVER: u64 = u64::MAX;

    /// As a fill writes it.
    pub(crate) const fn until(deadline_ms: u64) -> Self {
        Self { is_counted: false, deadline_ms }
    }
}

/// What the body says of its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) codec: CodecId,
    pub(crate) outcome: Outcome,
    /// The layers of `Option` around the payload.
    pub(crate) outer: Outer,
    pub(crate) key: KeyFingerprint,
    /// The fingerprint of the payload's type.
    pub(crate) schema: u64,
    pub(crate) epochs: Epochs,
    /// The fingerprint of the key template that the record belongs to; 0 for what was set by hand.
    pub(crate) template: u64,
    /// How long it was to be served, as its fill said; the head may have moved since.
    pub(crate) fresh_for: Timeout,
    /// How long it is kept past its deadline.
    pub(crate) grace: Timeout,
    /// How long the computation took; whole microseconds, at most 71 minutes.
    pub(crate) computed_in: Duration,
}

/// Which codec wrote a payload, as it stands in the record. A number is never given to another codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CodecId(pub(crate) u8);

impl CodecId {
    /// An integer as decimal text, whatever the cache's codec, so that stores can count.
    pub(crate) const DECIMAL: Self = Self(crate::adapter::layout::INTEGER);
}

/// Which part of a result was stored. The payload is that part alone, so that a value is found by its own type whoever
/// stored it, and no codec has to know an outer `Option` or `Result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Outcome {
    /// The whole result, or what `Ok` and `Some` hold.
    Value = 1,
    /// A `None`; there is no payload.
    Nothing = 2,
    /// What `Err` holds.
    Failed = 3,
}

/// The epochs that were current when the record's permit was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Epochs {
    pub(crate) namespace: u64,
    /// 0 for what was set by hand: it belongs to no template.
    pub(crate) template: u64,
}

#[cfg(test)]
mod tests;
