//! The helpers of an annotated function. The async ones begin when they are awaited, and are ready at once where results are
//! kept in this process.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::Entry;
use crate::cache::{Cache, Looked, Setting, WatchedCache, hit_if};
use crate::error::Result;
use crate::key::Key;
use crate::observer::Watch;
use crate::park::block_on;
use crate::registry::{self, Face};
use crate::rules::Rules;
use crate::site::{Site, Stats};
use crate::timeout::{Remaining, Timeout};

/// What the async helpers of an annotated function return, to be awaited: nothing happens before it is.
///
/// It owns what it needs, so it can go to another thread and outlive the arguments.
///
/// # Examples
/// ```
/// use larder::cached;
///
/// #[cached(key = "size:{path}")]
/// async fn size(path: &str) -> u64 { path.len() as u64 }
///
/// # futures_lite::future::block_on(larder::scoped_async(larder::MemoryCache::new(), async {
/// let helped: larder::Helped<larder::Result<bool>> = size::clear(&String::from("a"));
/// assert_eq!(size("a").await, 1);
/// assert!(helped.await?); // not before this
/// # Ok::<(), larder::Error>(()) }))?;
/// # Ok::<(), larder::Error>(())
/// ```
// A type with a name costs the compiler far less than an `async fn` in each crate: see `benches/README.md`.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Helped<T>(State<T>);

enum State<T> {
    /// What there is to do, and about what.
    Start(Entry, Timeout, fn(Entry, Timeout) -> State<T>),
    Ready(Option<T>),
    Far(Pin<Box<dyn Future<Output = T> + Send>>),
}

impl<T> Unpin for Helped<T> {}

impl<T> Future for Helped<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        if let State::Start(..) = self.0
            && let State::Start(entry, timeout, start) = std::mem::replace(&mut self.0, State::Ready(None))
        {
            self.0 = start(entry, timeout);
        }
        match &mut self.0 {
            State::Start(..) => unreachable!("what starts has started"),
            State::Ready(answer) => Poll::Ready(answer.take().expect("a future is not polled after it was ready")),
            State::Far(work) => work.as_mut().poll(context),
        }
    }
}

impl<T> State<Result<T>> {
    fn of<F>(site: &'static Site, work: impl FnOnce(WatchedCache) -> F) -> Self
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        match watched(site, Face::Async) {
            Err(error) => Self::Ready(Some(Err(error))),
            Ok(cache) if cache.0.keeps_near(site) => Self::Ready(Some(block_on(work(cache)))),
            Ok(cache) => Self::Far(Box::pin(work(cache))),
        }
    }
}

impl<T> fmt::Debug for Helped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Helped").finish_non_exhaustive()
    }
}

/// The cache whose entries a helper works on.
fn watched(site: &'static Site, face: Face) -> Result<WatchedCache> {
    helped(site, face).map(WatchedCache)
}

/// What a call would return, if it is cached.
pub fn get<R>(entry: Entry, rules: impl Rules<R>) -> Result<Option<R>> {
    let site = entry.site;
    let (cache, looked) = look(entry)?;
    Ok(found(&cache, site, looked, &rules))
}

// Futures are polled outside of what is generic, so that users do not compile them: see `call::step`.
fn look(entry: Entry) -> Result<(Cache, (Looked, Watch))> {
    let site = entry.site;
    let cache = helped(site, Face::Blocking)?;
    let looked = block_on(WatchedCache(cache.clone()).look(site, entry.into_key()))?;
    Ok((cache, looked))
}

/// What a call would return, if it is cached.
pub async fn get_async<R>(entry: Entry, rules: impl Rules<R>) -> Result<Option<R>> {
    let site = entry.site;
    let cache = helped(site, Face::Async)?;
    let looked = WatchedCache(cache.clone()).look(site, entry.into_key()).await?;
    Ok(found(&cache, site, looked, &rules))
}

fn found<R>(
    cache: &Cache,
    site: &'static Site,
    (looked, mut watch): (Looked, Watch),
    rules: &impl Rules<R>,
) -> Option<R> {
    let found = match looked {
        Looked::Slot(slot) => rules.unpack(&slot),
        Looked::Stored(stored) => stored.open(cache, site, rules.travel()),
        Looked::Nothing => None,
    };
    watch.note(hit_if(&found));
    found
}

/// Stores `result` as if it had been computed now.
pub fn set<R, U: Rules<R>>(entry: Entry, rules: U, timeout: Option<Timeout>, result: R) -> Result<bool> {
    let site = entry.site;
    let cache = watched(site, Face::Blocking)?;
    let key = entry.into_key();
    let setting = cache.prepare(site, &key, timeout, &(&rules, &result))?;
    finish(cache, site, key, setting)
}

fn finish(cache: WatchedCache, site: &'static Site, key: Key, setting: (Setting, Watch)) -> Result<bool> {
    block_on(cache.finish(site, key, setting))
}

/// Stores `result` as if it had been computed now.
pub async fn set_async<R, U: Rules<R>>(entry: Entry, rules: U, timeout: Option<Timeout>, result: R) -> Result<bool> {
    let site = entry.site;
    let cache = watched(site, Face::Async)?;
    let key = entry.into_key();
    let setting = cache.prepare(site, &key, timeout, &(&rules, &result))?;
    drop((rules, result));
    cache.finish(site, key, setting).await
}

/// Removes an entry.
pub fn clear(entry: Entry) -> Result<bool> {
    let site = entry.site;
    block_on(watched(site, Face::Blocking)?.clear_entry(site, entry.into_key()))
}

/// Removes an entry.
pub fn clear_async(entry: Entry) -> Helped<Result<bool>> {
    Helped(State::Start(entry, Timeout::ZERO, |entry, _| {
        let site = entry.site;
        State::of(site, |cache| cache.clear_entry(site, entry.into_key()))
    }))
}

/// Moves an entry's deadline to now and `timeout`.
pub fn update_timeout(entry: Entry, timeout: impl Into<Timeout>) -> Result<bool> {
    let site = entry.site;
    block_on(watched(site, Face::Blocking)?.update_timeout(site, entry.into_key(), timeout.into()))
}

/// Moves an entry's deadline to now and `timeout`.
pub fn update_timeout_async(entry: Entry, timeout: impl Into<Timeout>) -> Helped<Result<bool>> {
    retime_async(entry, timeout.into())
}

fn retime_async(entry: Entry, timeout: Timeout) -> Helped<Result<bool>> {
    Helped(State::Start(entry, timeout, |entry, timeout| {
        let site = entry.site;
        State::of(site, |cache| cache.update_timeout(site, entry.into_key(), timeout))
    }))
}

/// The time that an entry has left.
pub fn timeout_left(entry: Entry) -> Result<Option<Remaining>> {
    let site = entry.site;
    block_on(watched(site, Face::Blocking)?.timeout_left(site, entry.into_key()))
}

/// The time that an entry has left.
pub fn timeout_left_async(entry: Entry) -> Helped<Result<Option<Remaining>>> {
    Helped(State::Start(entry, Timeout::ZERO, |entry, _| {
        let site = entry.site;
        State::of(site, |cache| cache.timeout_left(site, entry.into_key()))
    }))
}

/// Removes all entries of a function.
pub fn clear_all(site: &'static Site) -> Result<()> {
    block_on(watched(site, Face::Blocking)?.clear_function(site))
}

/// Removes all entries of a function.
pub fn clear_all_async(site: &'static Site) -> Helped<Result<()>> {
    Helped(State::Start(Entry::new(site), Timeout::ZERO, |entry, _| {
        let site = entry.site;
        State::of(site, |cache| cache.clear_function(site))
    }))
}

/// The cache that holds the function's entries.
fn helped(site: &'static Site, face: Face) -> Result<Cache> {
    let cache = registry::helped(site.facts.adapter, face)?;
    cache.admit(site).map(|()| cache)
}

/// What has happened to a function's calls.
pub fn stats(site: &'static Site) -> Stats {
    site.stats()
}
