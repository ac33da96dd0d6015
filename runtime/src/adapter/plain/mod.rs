//! The contract for stores that are shared with programs in other languages: values stand there as those programs write
//! them, with nothing around them. It is smaller than [`CacheAdapter`](super::CacheAdapter), as what hangs on the record
//! around a value (grace, epochs, permits) is not to be had; [`Bridge`] makes the one of the other, so that all that stands
//! above adapters is there for both.

mod bridge;

pub(super) use bridge::Bridge;

use super::{Capability, Entry, Fetched, StoreKey, layout};
use crate::error::Result;
use crate::timeout::Timeout;

/// A store of bare values with timeouts: other programs read what is written here, and write what is read.
///
/// `RedisCache` and `MemcachedCache` are such stores in their native commands; [`Cache::plain`](crate::Cache::plain) makes a
/// cache of one. What [`CacheAdapter`](super::CacheAdapter) says of round trips, cancellation, time, clones and errors holds
/// here too. An [`Entry`]'s record is the value's bytes and nothing else, and its grace is 0: what has expired is gone.
///
/// # Examples
/// ```
/// use larder::Codec;
/// use larder::{Cache, RedisCache};
///
/// # #[cfg(feature = "json")] {
/// let redis = RedisCache::open("redis://127.0.0.1")?; // connects when it is first used
/// let cache = Cache::plain(redis).codec(Codec::JSON).namespace("shop").build()?;
/// assert_eq!((cache.adapter(), cache.namespace()), ("redis", "shop"));
/// # }
/// # Ok::<(), larder::Error>(())
/// ```
pub trait PlainAdapter: Send + Sync + 'static {
    /// A short lower-case name: `redis`.
    fn name(&self) -> &'static str;

    /// What the store can do; does not change. Its [`plain`](Capability::plain) need not be set.
    fn capability(&self) -> Capability;

    /// Makes sure that there is a connection that answers. Idempotent.
    fn connect(&self) -> impl Future<Output = Result<()>> + Send;

    /// Gives up the connections; the next verb connects again. Idempotent.
    fn close(&self) -> impl Future<Output = Result<()>> + Send;

    /// What stands under `key`, with the time it has left.
    fn get(&self, key: &StoreKey) -> impl Future<Output = Result<Option<Fetched>>> + Send;

    /// The values under `keys`, in their order; `[]` gives `[]`. One round trip.
    fn get_many(&self, keys: &[StoreKey]) -> impl Future<Output = Result<Vec<Option<Vec<u8>>>>> + Send;

    /// Stores the value and its timeout, above zero, whatever stands there.
    fn set(&self, key: &StoreKey, entry: &Entry) -> impl Future<Output = Result<()>> + Send;

    /// The same for many. One round trip; `[]` is fine.
    fn set_many(&self, entries: &[(StoreKey, Entry)]) -> impl Future<Output = Result<()>> + Send;

    /// Stores the value if nothing stands there; says whether it did.
    fn add(&self, key: &StoreKey, entry: &Entry) -> impl Future<Output = Result<bool>> + Send;

    /// Removes the keys; says for each, in order, whether something stood there.
    fn remove(&self, keys: &[StoreKey]) -> impl Future<Output = Result<Vec<bool>>> + Send;

    /// Moves the deadline to now and `timeout`, above zero, and hands the value out; `None` if there is none.
    fn touch(&self, key: &StoreKey, timeout: Timeout) -> impl Future<Output = Result<Option<Fetched>>> + Send;

    /// Does something stand there? Moves no value.
    fn exists(&self, key: &StoreKey) -> impl Future<Output = Result<bool>> + Send;

    /// Adds `delta` to the integer under `key`, decimal text as every language writes it, and answers the sum. Where nothing
    /// stands, `delta` is stored for `timeout`; else the timeout there is stays.
    ///
    /// # Errors
    /// [`WrongType`](crate::ErrorKind::WrongType): it is no integer; [`OutOfRange`](crate::ErrorKind::OutOfRange): the sum does not fit an
    /// `i64`. Nothing is changed then.
    fn increment(&self, key: &StoreKey, delta: i64, timeout: Timeout) -> impl Future<Output = Result<i64>> + Send;

    /// Removes every entry of a namespace, whose keys begin with its [prefix](StoreKey::prefix), in small batches; says how
    /// many. What is stored meanwhile may stay.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where the store cannot walk, as its [`Capability`] says.
    fn clear(&self, namespace: &str) -> impl Future<Output = Result<u64>> + Send;

    /// Removes everything in the store, other programs' entries included.
    fn flush(&self) -> impl Future<Output = Result<()>> + Send;
}

/// What a bare counter stands at, for stores that do not count themselves: decimal text, with spaces behind it where
/// memcached has left some.
///
/// # Errors
/// [`WrongType`](crate::ErrorKind::WrongType): it is no integer of 64 bits; [`OutOfRange`](crate::ErrorKind::OutOfRange): with `delta` it
/// is none.
///
/// # Examples
/// ```
/// use larder::adapter::plain_sum;
///
/// assert_eq!(plain_sum(b"9 ", -10)?, -1);
/// assert!(plain_sum(b"nine", 1).is_err() && plain_sum(b"", 1).is_err());
/// # Ok::<(), larder::Error>(())
/// ```
pub fn plain_sum(value: &[u8], delta: i64) -> Result<i64> {
    let text = std::str::from_utf8(value.trim_ascii_end()).ok().filter(|text| !text.starts_with('+'));
    let count: i64 = text.and_then(|text| text.parse().ok()).ok_or_else(layout::no_integer)?;
    count.checked_add(delta).ok_or_else(layout::out_of_range)
}
