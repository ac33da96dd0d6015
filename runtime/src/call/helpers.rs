//! The helpers of an annotated function. The async twins answer at once where the store is this process's memory; they
//! are async so that a far store can take its time.

use crate::error::Result;
use crate::key::Key;
use crate::registry::helped;
use crate::rules::Rules;
use crate::site::Site;
use crate::timeout::{Remaining, Timeout};

/// What a call would return, if it is cached.
pub fn get<R>(site: &'static Site, key: Key, rules: impl Rules<R>) -> Result<Option<R>> {
    let slot = helped(site.facts.adapter)?.live(key.lend());
    Ok(slot.and_then(|slot| rules.unpack(&slot)))
}

/// What a call would return, if it is cached.
pub async fn get_async<R>(site: &'static Site, key: Key, rules: impl Rules<R>) -> Result<Option<R>> {
    get(site, key, rules)
}

/// Stores `result` as if it had been computed now.
pub fn set<R>(
    site: &'static Site,
    key: Key,
    rules: impl Rules<R>,
    timeout: Option<Timeout>,
    result: R,
) -> Result<bool> {
    Ok(helped(site.facts.adapter)?.set(site, key.lend(), &rules, timeout, &result))
}

/// Stores `result` as if it had been computed now.
pub async fn set_async<R>(
    site: &'static Site,
    key: Key,
    rules: impl Rules<R>,
    timeout: Option<Timeout>,
    result: R,
) -> Result<bool> {
    set(site, key, rules, timeout, result)
}

impl Site {
    /// Removes an entry.
    pub fn clear(&'static self, key: Key) -> Result<bool> {
        Ok(helped(self.facts.adapter)?.remove(key.lend()))
    }

    /// Removes an entry.
    pub async fn clear_async(&'static self, key: Key) -> Result<bool> {
        self.clear(key)
    }

    /// Moves an entry's deadline to now and `timeout`.
    pub fn update_timeout(&'static self, key: Key, timeout: Timeout) -> Result<bool> {
        Ok(helped(self.facts.adapter)?.retime(key.lend(), timeout))
    }

    /// Moves an entry's deadline to now and `timeout`.
    pub async fn update_timeout_async(&'static self, key: Key, timeout: Timeout) -> Result<bool> {
        self.update_timeout(key, timeout)
    }

    /// The time that an entry has left.
    pub fn timeout_left(&'static self, key: Key) -> Result<Option<Remaining>> {
        Ok(helped(self.facts.adapter)?.remaining(key.lend()))
    }

    /// The time that an entry has left.
    pub async fn timeout_left_async(&'static self, key: Key) -> Result<Option<Remaining>> {
        self.timeout_left(key)
    }

    /// Removes all entries of the function.
    pub fn clear_all(&'static self) -> Result<()> {
        helped(self.facts.adapter)?.clear_template(self.facts.template);
        Ok(())
    }

    /// Removes all entries of the function.
    pub async fn clear_all_async(&'static self) -> Result<()> {
        self.clear_all()
    }
}
