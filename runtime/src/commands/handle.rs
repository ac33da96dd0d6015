//! The two handles. Their commands are written once, and differ in how they are awaited.

use std::fmt;

use super::{AsyncFill, Expiry, Face, Fill};
use crate::cache::{ByHand, Cache, Removed, WatchedHand};
use crate::call::{Answer, seek, seek_async};
use crate::error::Result;
use crate::key::Key;
use crate::park::block_on;
use crate::registry;
use crate::rules::{fallible, made};
use crate::timeout::{Remaining, Timeout};
use crate::value::Storable;

/// Whose commands they are.
#[derive(Clone)]
pub(super) enum Whose {
    /// Of the cache that is current at each command.
    Current,
    This(Cache),
}

impl Whose {
    /// # Errors
    /// Where the environment names a current one that cannot be had.
    fn cache(&self, face: Face) -> Result<Cache> {
        match self {
            Self::Current => registry::helped(None, face),
            Self::This(cache) => Ok(cache.clone()),
        }
    }
}

/// The commands of a cache, blocking: from [`larder::cache()`](crate::cache()) or [`Cache::blocking`]. Works from anywhere, inside an
/// async runtime too; there [`AsyncCache`] is the one that blocks nobody. A handle: clones are one cache.
///
/// Values are whatever is [`Storable`]: owned, so text is a `String` (of a `&str` rustc says that `Deserialize` is not general
/// enough). They are read as the type that the caller names: what is of another type, or cannot be decoded, is not there for
/// [`get`](Self::get). Integers are one type, so that they can be counted.
///
/// Timeouts are whole seconds, a [`Duration`](std::time::Duration), [`Timeout::NEVER`] or
/// [`CacheDefault`](crate::CacheDefault).
///
/// Keys are those that annotated functions use too: `larder::cache().get::<User>(user::key(7))` is what `user(7)` has stored;
/// where that is `Ok(user)` or `Some(user)`, the `User` in it. What is set by hand under such a key is the function's result
/// too, but it belongs to no function: `user::clear_all()` leaves it. What a function with `version`, or with a `codec` that is not
/// the cache's, has stored in a far store is not read by hand: that is of another kind. Of a function that is `local`, over a far store, entries are
/// read and removed by hand, not stored or re-timed. Any text is a key, the empty one too.
///
/// Each command has a second for each trip to its store, and says when the store fails; but
/// [`get_or_set`](Self::get_or_set) computes then, as an annotated function does.
///
/// # Examples
/// ```
/// use larder::{Cache, MemoryCache, Remaining, Timeout};
///
/// let cache = Cache::from(MemoryCache::new()).blocking();
///
/// cache.set("tea", String::from("green"), 60)?;
/// assert_eq!(cache.get::<String>("tea")?.as_deref(), Some("green"));
/// assert_eq!(cache.get_or("milk", 0)?, 0);
/// assert_eq!(cache.fetch::<i32>("milk").unwrap_err().kind(), larder::ErrorKind::NotFound);
/// assert!(cache.add("milk", 2, Timeout::NEVER)? && !cache.add("milk", 3, 60)?);
/// assert_eq!(cache.timeout_of("milk")?, Some(Remaining::Never));
/// assert_eq!(cache.update_timeout::<i32>("milk", 60)?, 2);
///
/// assert_eq!(cache.get_or_set("sum", 60, || 6 * 7)?, 42);
/// assert_eq!(cache.get_or_set("sum", 60, |key: &larder::Key| key.as_str().len())?, 42);
/// assert_eq!(cache.try_get_or_set("parsed", 60, || "7".parse::<i32>())?, Ok(7));
///
/// cache.multi_set([("a", 1), ("b", 2)], 60)?;
/// assert_eq!(cache.multi_get::<i32>(["b", "c", "a"])?, [Some(2), None, Some(1)]);
/// assert_eq!(cache.increment("visits", 2)? + cache.increment("visits", -1)?, 3);
/// assert!(cache.exists("visits")? && cache.delete("visits")? && !cache.exists("visits")?);
/// assert!(cache.remove(["a", "b"])?.all());
/// cache.clear()?;
/// assert_eq!(cache.get::<String>("tea")?, None);
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone)]
pub struct BlockingCache(pub(super) Whose);

/// The commands of a cache, for async code: from [`larder::async_cache()`](crate::async_cache) or [`Cache::asynchronous`]. What
/// [`BlockingCache`] says holds here, and each command is awaited.
///
/// # Examples
/// ```
/// use larder::{Cache, MemoryCache};
///
/// # futures_lite::future::block_on(async {
/// let cache = Cache::from(MemoryCache::new()).asynchronous();
/// cache.set("tea", String::from("green"), 60).await?;
/// assert_eq!(cache.get::<String>("tea").await?.as_deref(), Some("green"));
/// assert_eq!(cache.get_or_set("sum", 60, || async { 6 * 7 }).await?, 42);
/// assert_eq!(cache.get_or_set("len", 60, |key: larder::Key| async move { key.as_str().len() }).await?, 3);
/// assert_eq!(cache.try_get_or_set("parsed", 60, || async { "x".parse::<i32>() }).await?.ok(), None);
/// assert_eq!(cache.increment("visits", 1).await?, 1);
/// assert!(cache.remove(["tea", "sum"]).await?.all());
/// # Ok::<(), larder::Error>(()) })?;
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone)]
pub struct AsyncCache(pub(super) Whose);

/// Each command once: what both handles say of it, its signature, and what it does by hand.
macro_rules! commands {
    ($(
        $(#[$doc:meta])*
        fn $name:ident $(<$($generic:ident: $($bound:path)|+),*>)? (|$hand:ident| $($argument:ident: $type:ty),*) -> $output:ty
        $(where $($given:tt: $what:path),*)? $body:block
    )*) => {
        impl BlockingCache {
            $(
                $(#[$doc])*
                pub fn $name$(<$($generic: $($bound +)+),*>)?(&self, $($argument: $type),*) -> $output {
                    let $hand = &WatchedHand(ByHand(self.0.cache(Face::Blocking)?));
                    block_on(async { $body.await })
                }
            )*
        }

        impl AsyncCache {
            $(
                $(#[$doc])*
                pub async fn $name$(<$($generic: $($bound +)+),*>)?(&self, $($argument: $type),*) -> $output {
                    let $hand = &WatchedHand(ByHand(self.0.cache(Face::Async)?));
                    $body.await
                }
            )*
        }
    };
}

commands! {
    /// The live value under `key`. A stored `None`, `""`, `0` or `false` is a value.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the store failed.
    fn get<T: Storable>(|hand| key: impl Into<Key>) -> Result<Option<T>> { hand.get(key.into()) }

    /// The live value under `key`, or `default`, which is not stored.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    fn get_or<T: Storable>(|hand| key: impl Into<Key>, default: T) -> Result<T> {
        async { Ok(hand.get(key.into()).await?.unwrap_or(default)) }
    }

    /// The live value under `key`, which has to be there.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound): it is not; else as [`get`](Self::get).
    fn fetch<T: Storable>(|hand| key: impl Into<Key>) -> Result<T> { hand.fetch(key.into()) }

    /// Stores `value`, whatever stands there, value and timeout in one step. A timeout of 0 removes what stands there.
    ///
    /// Whatever is being computed for the key does not replace it. A value is owned, as it is to be read back: a `String`, where a
    /// `&str` does not compile (its `Deserialize` is "not general enough").
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the store failed; [`TooLarge`](crate::ErrorKind::TooLarge),
    /// [`Unstorable`](crate::ErrorKind::Unstorable): it cannot hold such a value.
    fn set<T: Storable>(|hand| key: impl Into<Key>, value: T, timeout: impl Into<Expiry>) -> Result<()> {
        hand.set(key.into(), value, timeout.into().said())
    }

    /// Stores `value` if no live entry stands there; says whether it did. Of callers at once, one does.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    fn add<T: Storable>(|hand| key: impl Into<Key>, value: T, timeout: impl Into<Expiry>) -> Result<bool> {
        hand.add(key.into(), value, timeout.into().said())
    }

    /// The live values under `keys`, in their order; one round trip for each server and thousand keys.
    ///
    /// # Errors
    /// As [`get`](Self::get). Of several servers one that fails means `None` for its keys; all, the error.
    fn multi_get<T: Storable>(|hand| keys: impl IntoIterator<Item = impl Into<Key>>) -> Result<Vec<Option<T>>> {
        hand.multi_get(keys.into_iter().map(Into::into).collect())
    }

    /// Stores all pairs; one round trip for each server and thousand pairs.
    ///
    /// # Errors
    /// As [`set`](Self::set). Where a value cannot be written, nothing is stored; where the store fails, a part may be, and what
    /// that part does not replace is removed as soon as the store is back, unless it is more than 10,000 keys that were not sent.
    fn multi_set<T: Storable>(
        |hand| pairs: impl IntoIterator<Item = (impl Into<Key>, T)>, timeout: impl Into<Expiry>
    ) -> Result<()> {
        hand.multi_set(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect(), timeout.into().said())
    }

    /// Is there a live entry under `key`, of whatever type? No value is moved, but from memcached. To read it later use [`get`](Self::get) alone: it may have expired
    /// by then.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    fn exists(|hand| key: impl Into<Key>) -> Result<bool> { hand.exists(key.into()) }

    /// Adds `delta` to the integer under `key`, in one step on the store, and answers the sum. It keeps its timeout; one that is not
    /// there is made with `delta`, and does not expire. An integer that was set is counted on, and read by [`get`](Self::get) as
    /// any type that has room for it.
    ///
    /// Where the store does not answer, it may have counted.
    ///
    /// # Errors
    /// [`WrongType`](crate::ErrorKind::WrongType): no integer of 64 bits stands there; [`OutOfRange`](crate::ErrorKind::OutOfRange): the
    /// sum does not fit an `i64`, and nothing is changed; [`Unavailable`](crate::ErrorKind::Unavailable): the store failed.
    fn increment(|hand| key: impl Into<Key>, delta: i64) -> Result<i64> {
        hand.increment(key.into(), delta, Timeout::NEVER)
    }

    /// The same; one that is not there is made for so long.
    ///
    /// # Errors
    /// As [`increment`](Self::increment).
    fn increment_for(|hand| key: impl Into<Key>, delta: i64, timeout: impl Into<Timeout>) -> Result<i64> {
        hand.increment(key.into(), delta, timeout.into())
    }

    /// Removes what stands under `keys`, without reading it, and says how much of it was live; one round trip for each server
    /// and thousand keys, and one or two more where this process has not asked within a second what was cleared.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the store failed; some of it may be removed, or all.
    fn remove(|hand| keys: impl IntoIterator<Item = impl Into<Key>>) -> Result<Removed> {
        hand.remove(keys.into_iter().map(Into::into).collect())
    }

    /// Removes what stands under `key`. Was it live?
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    fn delete(|hand| key: impl Into<Key>) -> Result<bool> { hand.delete(key.into()) }

    /// Lets the entry expire `timeout` from now, whether it is live or expired and in its grace, and answers its value, which is
    /// not sent again. A timeout of 0 removes it.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound): there is none; [`WrongType`](crate::ErrorKind::WrongType): its value is no `T`;
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the store failed.
    fn update_timeout<T: Storable>(|hand| key: impl Into<Key>, timeout: impl Into<Timeout>) -> Result<T> {
        hand.update_timeout(key.into(), timeout.into())
    }

    /// How long the live entry under `key` may still be served; `None` if there is none.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    fn timeout_of(|hand| key: impl Into<Key>) -> Result<Option<Remaining>> { hand.timeout_of(key.into()) }

    /// Clears every entry of this cache's namespace and nothing else, however many there are. Other processes see it within a
    /// second. The room they hold is given back behind the caller, so nobody can say how many they were.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the store did not take it, or not on all of its servers.
    fn clear(|hand| ) -> Result<()> { hand.clear() }

    /// Removes everything in the store: all namespaces, other programs' entries too.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the store failed; [`Unsupported`](crate::ErrorKind::Unsupported): it
    /// cannot do this.
    fn flush_store(|hand| ) -> Result<()> { hand.flush_store() }

    /// Makes sure that there is a connection that answers, within 2 s. Every command connects by itself: this is for programs that
    /// want to know. Idempotent.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the store cannot be reached.
    fn connect(|hand| ) -> Result<()> { hand.connect() }

    /// Gives up the connections; the next command connects again. Idempotent. A client that the user has handed in stays.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable): the store did not take leave in time.
    fn close(|hand| ) -> Result<()> { hand.close() }

    /// Gives up the connections and makes new ones.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    fn reconnect(|hand| ) -> Result<()> {
        async {
            hand.close().await?;
            hand.connect().await
        }
    }
}

impl BlockingCache {
    /// The live value under `key`, or what `fill` makes, which is stored: a value, a closure, or a closure that takes the key.
    /// Callers at once share one computation, with annotated functions too. Where the store fails, it is computed.
    ///
    /// A clear during the computation wins: then the value is returned, and not stored. A timeout of 0 stores nothing, and a
    /// `Result` that is an `Err` is not stored either; for closures that can fail, [`try_get_or_set`](Self::try_get_or_set)
    /// keeps the value alone, whatever the error is.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config): `LARDER_URL` names a cache that cannot be had. A store that fails costs time.
    pub fn get_or_set<T: Storable, Form>(
        &self,
        key: impl Into<Key>,
        timeout: impl Into<Expiry>,
        fill: impl Fill<T, Form>,
    ) -> Result<T> {
        let (hand, key) = (ByHand(self.0.cache(Face::Blocking)?), key.into());
        Ok(match seek(&hand, &key, made()) {
            Answer::Result(value) => value,
            Answer::Compute(lead) => lead.for_so_long(timeout.into().said()).land(fill.fill(&key)),
        })
    }

    /// The same with a closure that can fail: its error is returned, and stores nothing. Callers who wait compute then, each
    /// for itself.
    ///
    /// # Errors
    /// As [`get_or_set`](Self::get_or_set); the closure's is the inner one.
    pub fn try_get_or_set<T: Storable, E>(
        &self,
        key: impl Into<Key>,
        timeout: impl Into<Expiry>,
        fill: impl FnOnce() -> Result<T, E>,
    ) -> Result<Result<T, E>> {
        let (hand, key) = (ByHand(self.0.cache(Face::Blocking)?), key.into());
        Ok(match seek(&hand, &key, fallible()) {
            Answer::Result(result) => result,
            Answer::Compute(lead) => lead.for_so_long(timeout.into().said()).land(fill()),
        })
    }

    /// The cache that it stands for now, by the same name from then on.
    pub(super) fn bound(&self) -> Self {
        Self(self.0.cache(Face::Blocking).map_or(Whose::Current, Whose::This))
    }
}

impl AsyncCache {
    /// The live value under `key`, or what `fill` makes, which is stored: a value, a closure, or a closure whose future makes it;
    /// with or without the key. Callers at once share one computation, with annotated functions too. Where the store fails, it is
    /// computed.
    ///
    /// A clear during the computation wins: then the value is returned, and not stored. A timeout of 0 stores nothing, and a
    /// `Result` that is an `Err` is not stored either; for closures that can fail, [`try_get_or_set`](Self::try_get_or_set)
    /// keeps the value alone, whatever the error is.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config): `LARDER_URL` names a cache that cannot be had. A store that fails costs time.
    pub async fn get_or_set<T: Storable, Form>(
        &self,
        key: impl Into<Key>,
        timeout: impl Into<Expiry>,
        fill: impl AsyncFill<T, Form>,
    ) -> Result<T> {
        let (hand, key) = (ByHand(self.0.cache(Face::Async)?), key.into());
        Ok(match seek_async(&hand, &key, made()).await {
            Answer::Result(value) => value,
            Answer::Compute(lead) => lead.for_so_long(timeout.into().said()).compute(fill.fill(&key)).await,
        })
    }

    /// The same with a closure that can fail: its error is returned, and stores nothing. Callers who wait compute then, each
    /// for itself.
    ///
    /// # Errors
    /// As [`get_or_set`](Self::get_or_set); the closure's is the inner one.
    pub async fn try_get_or_set<T: Storable, E, C: Future<Output = Result<T, E>>>(
        &self,
        key: impl Into<Key>,
        timeout: impl Into<Expiry>,
        fill: impl FnOnce() -> C,
    ) -> Result<Result<T, E>> {
        let (hand, key) = (ByHand(self.0.cache(Face::Async)?), key.into());
        Ok(match seek_async(&hand, &key, fallible()).await {
            Answer::Result(result) => result,
            Answer::Compute(lead) => lead.for_so_long(timeout.into().said()).run(fill).await,
        })
    }

    /// The cache that it stands for now, by the same name from then on.
    pub(super) fn bound(&self) -> Self {
        Self(self.0.cache(Face::Async).map_or(Whose::Current, Whose::This))
    }

    /// Gives up the connections, behind the caller.
    pub(super) fn close_behind(&self) {
        if let Ok(cache) = self.0.cache(Face::Async) {
            cache.retire();
        }
    }
}

macro_rules! shown {
    ($($handle:ident $face:ident)*) => {$(
        /// The cache that it stands for now.
        impl fmt::Debug for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($handle)).field(&self.0.cache(Face::$face)).finish()
            }
        }
    )*};
}

shown!(BlockingCache Blocking AsyncCache Async);
