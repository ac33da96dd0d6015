//! What a store can do, as data: who asks does not have to try.

use std::time::Duration;

/// What a store can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capability {
    /// The largest entry in bytes, its envelope included. A larger one is not sent.
    pub largest_entry: usize,
    /// Timeouts are rounded up to multiples of this.
    pub timeout_step: Duration,
    /// Are permits and epochs seen by every process that uses the store?
    pub shared: bool,
    /// Can it find entries without knowing their keys? Without, dead entries are left to its eviction.
    pub walks: bool,
    /// Does a permit go with the last share of it that is [released](super::CacheAdapter::release)? Without, it stays for its lifetime.
    pub releases: bool,
    /// How many servers keep entries independently of each other, at least 1: each has its own epochs.
    pub shards: u16,
    /// Do entries survive a restart of the store?
    pub persistent: bool,
    /// Does it keep bare values, that programs in other languages read and write too? Then it knows neither permits nor
    /// epochs, and what it hands out belongs to no template and has no grace. [`AnyAdapter::plain`](super::AnyAdapter::plain)
    /// says so of a [`PlainAdapter`](super::PlainAdapter).
    pub plain: bool,
    /// How long a change may take, beyond what the store itself does, until others have confirmed it: replicas, say. It is done by
    /// then all the same, so helpers must wait for longer.
    pub confirms_within: Duration,
}

impl Capability {
    /// A shared store that walks and forgets on restart, with millisecond timeouts and entries up to 1 MiB beside
    /// their envelope: what most stores are, to be changed field by field.
    pub const fn new() -> Self {
        Self {
            largest_entry: (1 << 20) + 1024,
            timeout_step: Duration::from_millis(1),
            shared: true,
            walks: true,
            releases: true,
            shards: 1,
            persistent: false,
            plain: false,
            confirms_within: Duration::ZERO,
        }
    }
}

impl Default for Capability {
    fn default() -> Self {
        Self::new()
    }
}
