//! The contract between larder and a store that keeps bytes. It is small and has no default bodies: what a store does
//! for itself (expiry, atomicity, its clock) stands here, and what is the same for every store (deadlines, breakers,
//! codecs, single flight, counting) stands above it and is never written again in an adapter.
//!
#![doc = include_str!("../../docs/far.md")]

mod any;
mod capability;
mod entry;
mod fleet;
mod head;
mod key;
mod permit;
mod plain;
mod sweep;

pub use any::AnyAdapter;
pub use capability::Capability;
pub use entry::{Entry, Fetched, Left, layout};
pub use fleet::Fleet;
pub(crate) use fleet::{ShardOf, join_all};
pub use head::{Counted, Head};
pub use key::{EpochName, StoreKey};
pub use permit::{Claim, Condition, Living, Permitted, Release, Token, random_epoch};
#[cfg_attr(
    not(all(feature = "redis", feature = "memcached")),
    allow(unused_imports, reason = "for stores that make tokens in their own way")
)]
pub(crate) use permit::{halves, random_holder, tag};
pub use plain::{PlainAdapter, plain_sum};
pub use sweep::Sweep;

use crate::error::Result;
use crate::timeout::Timeout;

/// A store of bytes with timeouts, behind every far cache.
///
/// Implement it to plug in a store of your own; `larder::testing::conformance` checks the result, and
/// `Cache::far(adapter)` makes a cache of it.
///
/// **Each verb is atomic on the store and takes one round trip** (two on a store without scripts, and then the docs of
/// the adapter say where). A verb either does all that it says or fails without a change, as far as the store can tell.
///
/// **Cancellation**: any future may be dropped at any point. The store may or may not have done what was asked; no
/// answer may ever reach another caller.
///
/// **Deadlines, retries, logging, counting** are layers' work: an adapter waits as long as its store does, and reports.
///
/// **Life**: an entry is *live* until its timeout, then *expired* through its grace, then gone. An entry that is not of
/// the [`Living`] epochs is dead whatever its timeout: to `touch`, `increment` and [`Condition::IfAbsent`] it is absent. `get` and
/// `permit` hand it out all the same, `head` and `remove` say of which epochs it is, and the caller looks at them.
///
/// **Time** is the store's: deadlines are counted on its clock, and what is told is time *left*.
///
/// **Clones** are handles of one store; an adapter is usually an `Arc` of what it needs.
///
/// # Errors
/// [`Unavailable`](crate::ErrorKind::Unavailable): the store cannot be reached or failed;
/// [`Unsupported`](crate::ErrorKind::Unsupported): it cannot do this at all, as its [`Capability`] says;
/// [`TooLarge`](crate::ErrorKind::TooLarge): what was to be stored does not fit, into what the store takes or into what is left of
/// it: a store that is full is not down. So only what stores something fails (`put`, `put_many`, `increment`, and the permits and
/// epochs that `permit` and `epochs` make), and never says that it is stored where it was not kept. What removes (`remove`, `renew`,
/// `release`, `sweep`, `flush`) and cannot be carried out, for whatever reason, is `Unavailable`, so that it is made good later.
/// No error carries a value, a password, or a URL with credentials.
pub trait CacheAdapter: Send + Sync + 'static {
    /// A short lower-case name: `redis`.
    fn name(&self) -> &'static str;

    /// What the store can do; does not change.
    fn capability(&self) -> Capability;

    /// Which of the store's [shards](Capability::shards) holds `key`: 0 where there is but one. Each shard has epochs of its
    /// own, so that one that fails takes only its own keys with it.
    fn shard(&self, key: &StoreKey) -> u16;

    /// Makes sure that there is a connection that answers, making a new one if there is none. Idempotent. Every other verb
    /// connects by itself; this is for probing, and for programs that want to know at start-up.
    fn connect(&self) -> impl Future<Output = Result<()>> + Send;

    /// Gives up the connections; the next verb connects again. Idempotent. A client that the user handed in stays.
    fn close(&self) -> impl Future<Output = Result<()>> + Send;

    /// What stands under `key`, live or in its grace; `None` if nothing does.
    fn get(&self, key: &StoreKey) -> impl Future<Output = Result<Option<Fetched>>> + Send;

    /// The same for many, in their order; `[]` gives `[]`. One round trip per server.
    fn get_many(&self, keys: &[StoreKey]) -> impl Future<Output = Result<Vec<Option<Fetched>>>> + Send;

    /// Takes a permit to fill `key`, before the computation begins; and looks once more. If an entry is live by `living`,
    /// it is handed out and no permit is taken (unless [`Claim::Fresh`]).
    ///
    /// A permit exists in the store until it is used, is released by all who share it, is voided, or [`Token::LIFETIME`] has
    /// passed. Losing one (eviction, restart) is harmless: its fill is refused.
    ///
    /// The epochs of `groups`, all of the key's shard, are read (and made, where there are none) in the same trip, before this
    /// ends and so before the computation begins. Claims share a permit if the epochs that they read are the same, as far as both have
    /// read any: the first is the namespace's, and whoever acts by hand reads no other.
    ///
    /// Each claim gets a token of its own: of the same permit where that is shared, with a [holder](Token::holder) of its own,
    /// by which it is told apart when it is [released](Self::release).
    fn permit(
        &self,
        key: &StoreKey,
        claim: Claim,
        living: &Living,
        groups: &[EpochName],
    ) -> impl Future<Output = Result<Permitted>> + Send;

    /// Stores `entry` if `condition` holds, value and timeout together; says whether it did. Whatever is stored voids the
    /// key's permits. The timeout is above zero.
    ///
    /// [`Condition::IfPermit`] holds only where the token is still in the store: absence refuses.
    fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>)
    -> impl Future<Output = Result<bool>> + Send;

    /// Gives back this claim's share of the permit that `token` is of, as its computation stores nothing; answers whether the permit
    /// was still there. The permit goes with its last share, so a permit is there for as long as a computation is under way or
    /// its process died; what others hold stays good.
    ///
    /// With [`Release::Remove`] what stands under `key` is removed in the same step, if the permit was still there. If it was not,
    /// nothing is changed. Where the permit is the number of the entry itself, others' shares go with the entry.
    ///
    /// A share that was released already, or that the store does not know, gives back nothing: the answer still says whether the
    /// permit is there. A store that does not count shares only answers, and leaves the permit to its lifetime.
    fn release(&self, key: &StoreKey, token: &Token, release: Release) -> impl Future<Output = Result<bool>> + Send;

    /// Stores all, unconditionally; voids the keys' permits. One round trip per server; `[]` is fine.
    fn put_many(&self, entries: &[(StoreKey, Entry)]) -> impl Future<Output = Result<()>> + Send;

    /// Removes the keys and voids their permits, whatever stands there; answers for each, in order, the head of what did, as
    /// [`head`](Self::head) would have in that moment. Where a key is named twice, nothing stands there the second time. What is
    /// too damaged to have a head is removed too.
    fn remove(&self, keys: &[StoreKey]) -> impl Future<Output = Result<Vec<Option<Head>>>> + Send;

    /// Moves the deadline of a live or expired entry to now and `timeout`, its `grace` behind it, and hands it out; `None`
    /// if there is none. The value is not sent again. The timeout is above zero. Permits stay.
    fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> impl Future<Output = Result<Option<Fetched>>> + Send;

    /// The head of what stands under `key`, live or in its grace and of whatever epochs; `None` if nothing does, or what has no
    /// head. Moves no value, where the store can tell a part of one.
    fn head(&self, key: &StoreKey) -> impl Future<Output = Result<Option<Head>>> + Send;

    /// Adds `delta` to the counter under `key` and answers its new value; voids the key's permits. Where no live entry
    /// stands, `fresh` is stored, whose payload says `delta`; else the timeout there is stays.
    ///
    /// Where a live entry [is open](Head::is_open) to who asks, counter or not, its head is the answer and nothing has changed:
    /// the caller finds out about that template's epoch, and asks again by it.
    ///
    /// A counter is an entry that says [`layout::INTEGER`] and whose payload is one decimal integer: [`layout::count`] sees to
    /// both.
    ///
    /// # Errors
    /// [`WrongType`](crate::ErrorKind::WrongType) if the entry is no counter; [`OutOfRange`](crate::ErrorKind::OutOfRange)
    /// if the sum does not fit an `i64`: the counter is unchanged.
    fn increment(
        &self,
        key: &StoreKey,
        delta: i64,
        fresh: &Entry,
        living: &Living,
    ) -> impl Future<Output = Result<Counted>> + Send;

    /// The current epochs of `names`, in order; one that does not exist is made, random and never 0.
    fn epochs(&self, names: &[EpochName]) -> impl Future<Output = Result<Vec<u64>>> + Send;

    /// Replaces the epoch of `name` by a new random one, which kills every entry that carries the old one; answers the new
    /// one. That is the whole clear, however many entries there are. A store that has no room for a new one removes the old one,
    /// which kills as many, and answers 0: the next that asks for the epoch makes another.
    fn renew(&self, name: &EpochName) -> impl Future<Output = Result<u64>> + Send;

    /// Removes the namespace's entries that are dead, whoever has replaced their epochs, and whether or not these are among
    /// the `replaced` that the caller knows of; in small batches, as housekeeping; says how many. The namespace's keys are those
    /// that begin with its [prefix](StoreKey::prefix), and which of them are dead [`Sweep`] tells. An entry that is stored
    /// meanwhile stays, also if it is of an epoch that is made meanwhile. No epoch is made for this, and nothing else is stored:
    /// it is what gives a full store its room back. A store that cannot walk answers 0 and leaves it to its eviction.
    fn sweep(&self, namespace: &str, replaced: &[u64]) -> impl Future<Output = Result<u64>> + Send;

    /// Removes everything in the store, other programs' entries included.
    fn flush(&self) -> impl Future<Output = Result<()>> + Send;
}
