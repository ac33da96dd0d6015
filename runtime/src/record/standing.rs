//! How a record stands against its store's clock. Pure, and saturating: no deadline and no clock is absurd enough to panic.

use std::time::Duration;

use super::Head;
use crate::timeout::{Remaining, Timeout};

/// What a reader may do with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Served.
    Fresh { left: Remaining },
    /// Not served; can be revived until its grace is over.
    Expired,
    /// As if it were not there.
    Gone,
}

/// How a record with that deadline stands at `store_now_ms`. At its deadline it has expired, and at the end of its grace
/// it is gone.
pub(crate) fn standing(deadline_ms: u64, grace: Timeout, store_now_ms: u64) -> Standing {
    if deadline_ms == Head::NEVER {
        return Standing::Fresh { left: Remaining::Never };
    }
    match store_now_ms.checked_sub(deadline_ms) {
        None => Standing::Fresh { left: Remaining::For(Duration::from_millis(deadline_ms - store_now_ms)) },
        Some(past) if grace.is_never() || past < grace.as_millis() => Standing::Expired,
        Some(_) => Standing::Gone,
    }
}
