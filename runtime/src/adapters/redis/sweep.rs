//! A sweep of a namespace, step by step; pure. Each step of a walk is told what kinds of entries it has met, a kind being the epochs that
//! an entry carries; what is of no epoch that is known to be current has its epochs read, after it was met, and is removed if they
//! are others.

use std::collections::{HashMap, HashSet};

use redis::Value;

use super::reply;
use super::scripts::HEAD_END;
use crate::adapter::{EpochName, Head, Left, Sweep, layout};
use crate::error::Result;

/// Epochs that are current no more.
#[derive(Clone, Copy)]
pub(super) struct Dead<'a> {
    /// By what the caller says: whatever carries one of them goes.
    pub(super) replaced: &'a [u64],
    /// By what the walk has met: records of this release go.
    pub(super) found: &'a [u64],
}

/// So many epochs that were found are remembered between steps: each is sent with every step.
const MOST_FOUND: usize = 64;

/// What entries say of their epochs: as much of a record as a head takes, where all is zero that does not matter here. With the
/// shard that they are on.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    shard: u16,
    head: Vec<u8>,
}

/// What is known of a namespace's epochs so far.
pub(super) struct Walk<'a> {
    namespace: &'a str,
    replaced: Vec<u64>,
    current: HashMap<EpochName, Option<u64>>,
    found: Vec<u64>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(namespace: &'a str, replaced: &[u64]) -> Self {
        let replaced = replaced.iter().copied().filter(|&epoch| epoch != 0).collect();
        Self { namespace, replaced, current: HashMap::new(), found: Vec::new() }
    }

    /// Epochs that are replaced.
    pub(super) fn dead(&self) -> Dead<'_> {
        Dead { replaced: &self.replaced, found: &self.found }
    }

    /// The epochs to be read before these kinds can be judged: those of all that are not of the epochs that were read last.
    pub(super) fn in_question(&self, kinds: &[Kind]) -> Vec<EpochName> {
        let unsure = kinds.iter().filter(|kind| self.dead_epoch(kind).is_some());
        let names = unsure.filter_map(|kind| Some(self.sweep(kind).epochs_of(&Head::of(&kind.head, Left::Never)?)));
        let mut seen = HashSet::new();
        names.flatten().map(|(name, _)| name).filter(|name| seen.insert(name.clone())).collect()
    }

    /// Those epochs, as they are read now, and what that means for the kinds that were met before. Are there any dead?
    pub(super) fn judge(&mut self, names: Vec<EpochName>, epochs: Vec<Option<u64>>, kinds: &[Kind]) -> bool {
        self.current.extend(names.into_iter().zip(epochs));
        let n_before = self.found.len();
        for kind in kinds {
            if let Some(epoch) = self.dead_epoch(kind).filter(|epoch| !self.found.contains(epoch)) {
                self.found.push(epoch);
            }
        }
        self.found.len() > n_before
    }

    /// After a step.
    pub(super) fn forget(&mut self) {
        let surplus = self.found.len().saturating_sub(MOST_FOUND);
        self.found.drain(..surplus);
    }

    fn sweep(&self, kind: &Kind) -> Sweep {
        Sweep::new(kind.shard, self.namespace, &self.replaced)
    }

    fn dead_epoch(&self, kind: &Kind) -> Option<u64> {
        self.sweep(kind).dead_epoch(&kind.head, |name| self.current.get(name).copied().flatten())
    }
}

/// How many entries a step has removed, and of which kinds the others of this shard are.
pub(super) fn swept(reply: Value, shard: u16) -> Result<(u64, Vec<Kind>)> {
    let mut replies = reply::list(reply)?.into_iter();
    let n_removed = reply::integer(replies.next().unwrap_or_default())?.unsigned_abs();
    let kind = |reply| {
        let epochs =
            reply::bytes(reply)?.filter(|epochs| epochs.len() == HEAD_END - EPOCHS_AT).ok_or_else(reply::odd)?;
        let mut head = vec![0; HEAD_END];
        head[..layout::BEGINNING.len()].copy_from_slice(&layout::BEGINNING);
        head[EPOCHS_AT..].copy_from_slice(&epochs);
        Ok(Kind { shard, head })
    };
    Ok((n_removed, replies.map(kind).collect::<Result<_>>()?))
}

const EPOCHS_AT: usize = layout::NAMESPACE_EPOCH.start;

/// An epoch as it is stored, if there is one.
pub(super) fn epoch(reply: Value) -> Result<Option<u64>> {
    let bytes = reply::bytes(reply)?;
    Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes))
}
