//! What the columns of an entry say about its life, as plain arithmetic: milliseconds of the system's clock, which all
//! processes of a machine share.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::adapter::{Entry, Left, Living, layout};
use crate::timeout::Timeout;

/// A moment that does not come.
pub(super) const NEVER: i64 = i64::MAX;

/// The clock may step back by so much before what it has stamped counts as stamped in the future.
const TOLERATED_STEP: i64 = 5_000;

/// Milliseconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(NEVER - 1)
}

/// The moment `timeout` after `now`.
pub(super) fn after(now: i64, timeout: Timeout) -> i64 {
    let ms = if timeout.is_never() { NEVER } else { i64::try_from(timeout.as_millis()).unwrap_or(NEVER) };
    now.saturating_add(ms)
}

/// An entry without its record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) deadline: i64,
    pub(super) kept_until: i64,
    /// When it was stored or re-timed.
    pub(super) stamped: i64,
    /// `None`: no record that could be alive.
    pub(super) namespace_epoch: Option<i64>,
    pub(super) template_epoch: i64,
}

impl Head {
    /// Of an entry that is stored now.
    pub(super) fn stored(entry: &Entry, now: i64) -> Self {
        let epoch = |at| entry.record.get(at).and_then(|bytes: &[u8]| bytes.try_into().ok()).map(i64::from_le_bytes);
        let template_epoch = epoch(layout::TEMPLATE_EPOCH);
        Self {
            deadline: after(now, entry.timeout),
            kept_until: after(now, entry.kept_for()),
            stamped: now,
            namespace_epoch: template_epoch.and(epoch(layout::NAMESPACE_EPOCH)),
            template_epoch: template_epoch.unwrap_or(0),
        }
    }

    /// Is it still there, live or in its grace?
    pub(super) fn is_kept(&self, now: i64) -> bool {
        self.kept_until > now
    }

    /// How much of its timeout is left. An entry of the future, from before the clock was set back, has nothing left: how
    /// old it is nobody knows.
    pub(super) fn left(&self, now: i64) -> Left {
        let deadline = if self.deadline == NEVER { u64::MAX } else { u64::try_from(self.deadline).unwrap_or(0) };
        if deadline != u64::MAX && self.stamped > now.saturating_add(TOLERATED_STEP) {
            return Left::Expired;
        }
        Left::until(deadline, u64::try_from(now).unwrap_or(0))
    }

    /// Does it carry these epochs?
    pub(super) fn is_of(&self, living: &Living) -> bool {
        let is_template = |epoch: u64| epoch.cast_signed() == self.template_epoch;
        self.namespace_epoch == Some(living.namespace.cast_signed())
            && (self.template_epoch == 0 || living.template.is_none_or(is_template))
    }

    /// Is it live, by its time and by its epochs?
    pub(super) fn is_live(&self, living: &Living, now: i64) -> bool {
        self.is_kept(now) && self.left(now).is_live() && self.is_of(living)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn head(deadline: i64, stamped: i64) -> Head {
        Head { deadline, kept_until: deadline, stamped, namespace_epoch: Some(7), template_epoch: 0 }
    }

    #[test]
    fn a_deadline_saturates_to_never() {
        assert_eq!(after(1_000, Timeout::from_millis(5)), 1_005);
        for timeout in [Timeout::NEVER, Timeout::from_millis(u64::MAX - 1), Timeout::from_millis(1 << 63)] {
            assert_eq!(after(1_000, timeout), NEVER);
        }
        assert_eq!(head(NEVER, 1_000).left(1_000), Left::Never);
    }

    #[test]
    fn a_clock_that_steps_back_lengthens_no_life() {
        let entry = head(1_000_000, 900_000);
        assert_eq!(entry.left(899_999), Left::For(Duration::from_millis(100_001)));
        assert_eq!(entry.left(800_000), Left::Expired);
        assert_eq!(head(NEVER, 900_000).left(800_000), Left::Never);
    }

    #[test]
    fn what_is_no_record_belongs_to_no_epoch() {
        let entry =
            Entry { record: vec![0; layout::TEMPLATE_EPOCH.end - 1], timeout: Timeout::NEVER, grace: Timeout::ZERO };
        assert!(!Head::stored(&entry, 1).is_of(&Living { namespace: 0, template: None }));
        let entry = Entry { record: vec![0; layout::TEMPLATE_EPOCH.end], ..entry };
        assert!(Head::stored(&entry, 1).is_of(&Living { namespace: 0, template: None }));
    }
}
