//! Several stores as one, by rendezvous hashing of keys over their names. Each keeps its keys, its permits and its epochs
//! to itself, so one that fails takes its own keys with it and nothing else: they are never looked for elsewhere, where
//! they could be found again after they were cleared.

mod join;
mod member;
mod verbs;

pub(crate) use join::join_all;

use std::fmt;
use std::sync::Arc;

use member::Member;

use super::{AnyAdapter, CacheAdapter, StoreKey};
use crate::error::{Error, ErrorKind, Result};

/// Several stores of one kind, as one with a shard each. A handle: clones are one fleet.
///
/// Which store holds a key depends on the key and on the stores' names alone: it is the same in every process, in any
/// order of the stores, and adding one moves only the keys that the new one gets.
///
/// Where a store leaves a fleet and comes back, what was cleared meanwhile comes back with it, unless the stores see to that among
/// themselves, as [`MemcachedCache`](https://docs.rs/larder/latest/larder/struct.MemcachedCache.html)s of one builder do.
/// Others are emptied before they are used again; those that stay have entries of the keys that they lent to it, too.
///
/// A verb for many keys asks all their stores at once, each once. Where a store fails, `get_many` still answers for the
/// others' keys and fails only if all do; the other verbs fail after all stores have done their part.
#[derive(Clone)]
pub struct Fleet {
    members: Arc<[Member]>,
    /// Where the stores are parts of one; `None` where their names say which has a key.
    shard_of: Option<ShardOf>,
}

/// Which part of a store has a key.
pub(crate) type ShardOf = fn(&StoreKey) -> u16;

impl Fleet {
    /// Of these stores, each with its name: `10.0.0.1:11211`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if there are none or more than 65,535, if two have one name, or if one is a fleet itself.
    pub fn new(members: impl IntoIterator<Item = (String, AnyAdapter)>) -> Result<Self> {
        let members: Arc<[_]> = members.into_iter().map(|(name, adapter)| Member::new(name, adapter)).collect();
        let refused = |message: String| Err(Error::new(ErrorKind::Config, message));
        if members.is_empty() || members.len() > usize::from(u16::MAX) {
            return refused(format!("a fleet has 1 to {} stores, not {}", u16::MAX, members.len()));
        }
        let is_plain = members[0].adapter.capability().plain;
        for (member, at) in members.iter().zip(0..) {
            if member.adapter.capability().plain != is_plain {
                return refused("the stores of a fleet are all plain or none is".into());
            }
            if member.adapter.capability().shards != 1 {
                return refused(format!("a fleet takes single stores, and `{}` has several", member.name));
            }
            if members[..at].iter().any(|other| other.name == member.name) {
                return refused(format!("two stores of a fleet are named `{}`", member.name));
            }
        }
        Ok(Self { members, shard_of: None })
    }

    /// Of the parts of one store, of which there is at least one; `shard_of` says which has a key.
    #[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "only a cluster has parts"))]
    pub(crate) fn of_shards(parts: impl IntoIterator<Item = (String, AnyAdapter)>, shard_of: ShardOf) -> Self {
        let members = parts.into_iter().map(|(name, part)| Member::new(name, part)).collect();
        Self { members, shard_of: Some(shard_of) }
    }

    fn shard_of(&self, key: &StoreKey) -> u16 {
        self.shard_of.map_or_else(|| Member::of(&self.members, key), |shard_of| shard_of(key))
    }

    /// The names of its stores, by shard.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &str> {
        self.members.iter().map(|member| &*member.name)
    }

    fn member(&self, key: &StoreKey) -> &AnyAdapter {
        &self.members[usize::from(self.shard_of(key))].adapter
    }

    /// The store of a shard that somebody says.
    fn at(&self, shard: u16) -> Result<&AnyAdapter> {
        let unknown =
            || Error::new(ErrorKind::Unsupported, format!("a fleet of {} has no shard {shard}", self.members.len()));
        self.members.get(usize::from(shard)).map(|member| &member.adapter).ok_or_else(unknown)
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fleet").field(&self.members().collect::<Vec<_>>()).finish()
    }
}
