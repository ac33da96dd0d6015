//! What goes into a store and what comes out of it.

use std::fmt;
use std::time::Duration;

use crate::timeout::Timeout;

/// Where things stand in a stored record, for stores that look into it. The rest is the record's own business.
pub mod layout {
    use std::ops::Range;

    use crate::error::{Error, ErrorKind, Result};

    /// What every record of this release begins with: larder's mark, and the number of the format. What begins otherwise is
    /// another program's, or another release's.
    pub const BEGINNING: [u8; 5] = [0xC1, b'L', b'R', b'D', 1];
    /// The mutable head, outside the checksum: a store may overwrite its deadline in place.
    pub const HEAD: Range<usize> = 0..16;
    /// Milliseconds of the store's clock, little endian; `u64::MAX` is never. Stamped by stores whose values have no
    /// deadline of their own that can be read with them; others leave it as it is.
    pub const DEADLINE: Range<usize> = 8..16;
    /// The epoch of the namespace, little endian.
    pub const NAMESPACE_EPOCH: Range<usize> = 48..56;
    /// The epoch of the template, little endian; 0 where a record belongs to no template.
    pub const TEMPLATE_EPOCH: Range<usize> = 56..64;
    /// Which template that is: its fingerprint, little endian.
    pub const TEMPLATE: Range<usize> = 64..72;
    /// Grace in milliseconds, little endian, as it was when the record was filled.
    pub const GRACE: Range<usize> = 80..88;
    /// The payload begins here and ends with the record.
    pub const PAYLOAD: usize = 96;
    /// How the payload is written, a byte; [`INTEGER`] or a codec's number.
    pub const CODEC: usize = 20;
    /// What [`CODEC`] says of integers, whatever the codec of their cache: that they are decimal text, which stores count.
    pub const INTEGER: u8 = 1;
    /// A byte of the head, 0 or [`COUNTED`].
    pub const FLAGS: usize = 5;
    /// What [`FLAGS`] says once a store has counted in the payload, which its checksum no longer covers.
    pub const COUNTED: u8 = 1;

    /// What a counter stands at: the payload of a record of [`INTEGER`], in decimal digits as a program writes it. With some
    /// codecs what is no integer is digits too.
    ///
    /// # Errors
    /// [`WrongType`](ErrorKind::WrongType): it is none; [`OutOfRange`](ErrorKind::OutOfRange): it does not fit an `i64`.
    ///
    /// # Examples
    /// ```
    /// use larder::adapter::layout;
    ///
    /// let mut record = vec![0; layout::PAYLOAD];
    /// record[layout::CODEC] = layout::INTEGER;
    /// layout::recount(&mut record, -41);
    /// assert_eq!(layout::counter(&record)?, -41);
    /// record[layout::CODEC] = 0;
    /// assert!(layout::counter(&record).is_err());
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn counter(record: &[u8]) -> Result<i64> {
        let payload = record.get(PAYLOAD..).and_then(|payload| std::str::from_utf8(payload).ok()).unwrap_or_default();
        let digits = payload.strip_prefix('-').unwrap_or(payload);
        let is_decimal = digits == "0" && payload == digits
            || digits.starts_with(|digit: char| digit != '0') && digits.bytes().all(|digit| digit.is_ascii_digit());
        if record.get(CODEC) != Some(&INTEGER) || !is_decimal {
            return Err(no_integer());
        }
        payload.parse().map_err(|_| out_of_range())
    }

    /// Puts another number into a counter's record.
    pub fn recount(record: &mut Vec<u8>, count: i64) {
        record.truncate(PAYLOAD);
        record.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
        if let Some(flags) = record.get_mut(FLAGS) {
            *flags = COUNTED;
        }
    }

    /// [`counter`] and `delta`, put into the record.
    ///
    /// # Errors
    /// As there, and where the sum does not fit an `i64`. Then the record is as it was.
    pub fn count(record: &mut Vec<u8>, delta: i64) -> Result<i64> {
        let sum = counter(record)?.checked_add(delta).ok_or_else(out_of_range)?;
        recount(record, sum);
        Ok(sum)
    }

    /// What every store says of it. Keys may hold what is nobody's business: no message shows one.
    pub(crate) fn no_integer() -> Error {
        Error::new(ErrorKind::WrongType, "cannot increment: what stands under the key is no integer")
    }

    pub(crate) fn out_of_range() -> Error {
        Error::new(ErrorKind::OutOfRange, "cannot increment: the sum does not fit 64 bits")
    }

    /// The eight bytes that stand there; `None` if the record ends before.
    pub(crate) fn word(record: &[u8], at: Range<usize>) -> Option<u64> {
        record.get(at)?.try_into().ok().map(u64::from_le_bytes)
    }
}

/// A record on its way into a store.
#[derive(Clone)]
pub struct Entry {
    /// Opaque but for [`layout`].
    pub record: Vec<u8>,
    /// How long it is live; above zero.
    pub timeout: Timeout,
    /// How long after that it is kept.
    pub grace: Timeout,
}

impl Entry {
    /// When the store may drop it: timeout and grace.
    pub fn kept_for(&self) -> Timeout {
        Timeout::from_millis(self.timeout.as_millis().saturating_add(self.grace.as_millis()))
    }
}

/// Values are not shown.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, timeout, grace } = self;
        let mut debug = f.debug_struct("Entry");
        debug.field("bytes", &record.len()).field("timeout", timeout).field("grace", grace).finish()
    }
}

/// A record that a store has found.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// As it was stored, its head aside.
    pub record: Vec<u8>,
    /// How much of its timeout is left.
    pub left: Left,
}

/// Values are not shown.
impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched").field("bytes", &self.record.len()).field("left", &self.left).finish()
    }
}

/// How much of an entry's timeout is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It is live, for so long; above zero.
    For(Duration),
    /// It is live, and does not expire.
    Never,
    /// It has expired and is in its grace.
    Expired,
}

impl Left {
    /// What is left at `now` of a deadline, both in milliseconds of one clock; `u64::MAX` is never.
    pub fn until(deadline_ms: u64, now_ms: u64) -> Self {
        match deadline_ms.checked_sub(now_ms) {
            _ if deadline_ms == u64::MAX => Self::Never,
            None | Some(0) => Self::Expired,
            Some(ms) => Self::For(Duration::from_millis(ms)),
        }
    }

    /// Is the entry live?
    pub fn is_live(self) -> bool {
        self != Self::Expired
    }
}
