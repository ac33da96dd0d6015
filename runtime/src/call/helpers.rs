//! The helpers of an annotated function. The async twins answer at once where the store is this process's memory; they
//! return a future so that a far store can take its time.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::Entry;
use crate::error::Result;
use crate::registry::helped;
use crate::rules::Rules;
use crate::site::{Site, Stats};
use crate::timeout::{Remaining, Timeout};

/// What an async helper awaits. A type of its own, as one with a name costs the compiler less than an `async fn` in each
/// crate.
pub struct Helped<T>(Option<T>);

impl<T> Unpin for Helped<T> {}

impl<T> Future for Helped<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        Poll::Ready(self.0.take().expect("a future is not polled after it was ready"))
    }
}

fn at_once<T>(answer: T) -> Helped<T> {
    Helped(Some(answer))
}

/// What a call would return, if it is cached.
pub fn get<R>(mut entry: Entry, rules: impl Rules<R>) -> Result<Option<R>> {
    let slot = helped(entry.site.facts.adapter)?.live(entry.lend());
    Ok(slot.and_then(|slot| rules.unpack(&slot)))
}

/// What a call would return, if it is cached.
pub fn get_async<R>(entry: Entry, rules: impl Rules<R>) -> Helped<Result<Option<R>>> {
    at_once(get(entry, rules))
}

/// Stores `result` as if it had been computed now.
pub fn set<R, U: Rules<R>>(mut entry: Entry, rules: U, timeout: Option<Timeout>, result: R) -> Result<bool> {
    Ok(helped(entry.site.facts.adapter)?.set(entry.site, entry.lend(), timeout, &(&rules, &result)))
}

/// Stores `result` as if it had been computed now.
pub fn set_async<R, U: Rules<R>>(entry: Entry, rules: U, timeout: Option<Timeout>, result: R) -> Helped<Result<bool>> {
    at_once(set(entry, rules, timeout, result))
}

/// Removes an entry.
pub fn clear(mut entry: Entry) -> Result<bool> {
    Ok(helped(entry.site.facts.adapter)?.remove(entry.lend()))
}

/// Removes an entry.
pub fn clear_async(entry: Entry) -> Helped<Result<bool>> {
    at_once(clear(entry))
}

/// Moves an entry's deadline to now and `timeout`.
pub fn update_timeout(entry: Entry, timeout: impl Into<Timeout>) -> Result<bool> {
    retime(entry, timeout.into())
}

/// Moves an entry's deadline to now and `timeout`.
pub fn update_timeout_async(entry: Entry, timeout: impl Into<Timeout>) -> Helped<Result<bool>> {
    at_once(retime(entry, timeout.into()))
}

fn retime(mut entry: Entry, timeout: Timeout) -> Result<bool> {
    Ok(helped(entry.site.facts.adapter)?.retime(entry.lend(), timeout))
}

/// The time that an entry has left.
pub fn timeout_left(mut entry: Entry) -> Result<Option<Remaining>> {
    Ok(helped(entry.site.facts.adapter)?.remaining(entry.lend()))
}

/// The time that an entry has left.
pub fn timeout_left_async(entry: Entry) -> Helped<Result<Option<Remaining>>> {
    at_once(timeout_left(entry))
}

/// Removes all entries of a function.
pub fn clear_all(site: &'static Site) -> Result<()> {
    helped(site.facts.adapter)?.clear_template(site.facts.template);
    Ok(())
}

/// Removes all entries of a function.
pub fn clear_all_async(site: &'static Site) -> Helped<Result<()>> {
    at_once(clear_all(site))
}

/// What has happened to a function's calls.
pub fn stats(site: &'static Site) -> Stats {
    site.stats()
}
