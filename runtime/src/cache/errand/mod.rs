//! What one call has to do with the far tier of its cache. Two files with one API: without the feature `far`, an errand
//! is nothing and leads nowhere.

#[cfg(feature = "far")]
mod batch;
#[cfg(feature = "far")]
mod helped;
#[cfg(feature = "far")]
#[path = "on.rs"]
mod imp;
#[cfg(not(feature = "far"))]
#[path = "off.rs"]
mod imp;
#[cfg(feature = "far")]
mod parcel;
#[cfg(feature = "far")]
mod plain;

pub(super) use imp::is_io_thread;
pub(crate) use imp::{Batch, Errand, Parcel, Sent, Setting, Stored, Tier, deliver_all};

use super::Cache;
use crate::site::Site;

impl Cache {
    /// Is there a far tier?
    pub(in crate::cache) fn has_far(&self) -> bool {
        !self.core.tier.is_absent()
    }

    /// Is the near tier where the function's results are kept?
    pub(crate) fn keeps_near(&self, site: &'static Site) -> bool {
        self.core.tier.is_absent() || site.facts.local
    }
}
