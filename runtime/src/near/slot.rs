//! One result, and how long it may be served.

use std::any::Any;
use std::sync::Arc;

use super::Generation;
use super::brief::is_brief;
use crate::clock::Moment;
use crate::sync::{AtomicU64, Ordering};
use crate::timeout::Timeout;

/// All that is known of a result beside its value.
#[derive(Clone)]
pub struct Header {
    pub(crate) generation: Arc<Generation>,
    pub(crate) fresh_until: Moment,
    /// How long past `fresh_until` the result can be revived.
    pub(crate) grace: Timeout,
}

/// A result as the near tier holds it and as a flight hands it to its waiters.
pub struct Slot<V: ?Sized = dyn Any + Send + Sync> {
    generation: Arc<Generation>,
    /// A [`Moment`], so that an entry is re-timed where it stands.
    fresh_until_ms: AtomicU64,
    grace: Timeout,
    is_brief: bool,
    held: V,
}

/// What an entry is still good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It can be served: whatever window of its own lets it be served past its timeout counts here.
    Live,
    /// It can be revived.
    Grace,
    /// Cleared, or past its grace.
    Gone,
}

impl Slot {
    pub(crate) fn seal<V: Any + Send + Sync>(header: Header, held: V) -> Arc<Self> {
        let Header { generation, fresh_until, grace } = header;
        let (fresh_until_ms, is_brief) = (AtomicU64::new(fresh_until.as_millis()), is_brief(&held));
        Arc::new(Slot { generation, fresh_until_ms, grace, is_brief, held })
    }

    /// What is known of it, for another in its place.
    pub(crate) fn header(&self) -> Header {
        Header { generation: Arc::clone(&self.generation), fresh_until: self.fresh_until(), grace: self.grace }
    }

    /// The value, as whatever type it is.
    #[inline]
    pub(crate) fn held(&self) -> &(dyn Any + Send + Sync) {
        &self.held
    }

    /// Can the value be cloned while a lock of ours is held?
    #[inline]
    pub(crate) fn is_brief(&self) -> bool {
        self.is_brief
    }

    /// May it be served? Asks for the time only if it can expire.
    #[inline]
    pub(crate) fn is_live(&self, now: impl FnOnce() -> Moment) -> bool {
        let until = self.fresh_until();
        self.generation.is_live() && (until == Moment::NEVER || now() < until)
    }

    pub(super) fn standing(&self, now: Moment) -> Standing {
        match self.generation.is_live() {
            true if now < self.fresh_until() => Standing::Live,
            true if now < self.kept_until() => Standing::Grace,
            _ => Standing::Gone,
        }
    }

    /// Can it be served or at least revived?
    pub(crate) fn is_kept(&self, now: Moment) -> bool {
        self.standing(now) != Standing::Gone
    }

    #[inline]
    pub(crate) fn fresh_until(&self) -> Moment {
        Moment::from_millis(self.fresh_until_ms.load(Ordering::Relaxed))
    }

    pub(crate) fn kept_until(&self) -> Moment {
        self.fresh_until().after(self.grace)
    }

    pub(crate) fn retime(&self, fresh_until: Moment) {
        self.fresh_until_ms.store(fresh_until.as_millis(), Ordering::Relaxed);
    }
}
