//! The entry that a call or a helper is about.

use crate::cache::Request;
use crate::flight::Caller;
use crate::key::{Key, KeyRef, KeyWriter};
use crate::site::Site;

/// Whose result, and under which key. Generated code makes it in the caller's frame, and writes the key into it there.
pub struct Entry {
    pub(crate) site: &'static Site,
    /// Where the key is written.
    pub key: KeyWriter,
}

impl Entry {
    /// One of `site`, its key still empty.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub const fn new(site: &'static Site) -> Self {
        Self { site, key: KeyWriter::new() }
    }

    /// Moves it to where it is needed; an empty one stays.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new(self.site))
    }

    /// The key that was written.
    pub fn into_key(self) -> Key {
        self.key.finish()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn lend(&mut self) -> KeyRef<'_> {
        KeyRef::written(&mut self.key, |_| {})
    }

    pub(crate) fn request(&mut self, caller: Caller) -> Request<'_> {
        Request { site: self.site, key: self.lend(), caller }
    }
}
