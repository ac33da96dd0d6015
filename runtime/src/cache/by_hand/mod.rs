//! Commands by hand: the same entries and the same two tiers as annotated functions have, under keys that the caller names
//! and with types that the caller knows. They belong to no template, and store what they are given.

mod batch;
mod watched;

pub use batch::Removed;
pub(crate) use watched::WatchedHand;

use std::sync::Arc;

use super::errand::{Errand, Setting, Stored};
use super::{Approach, Cache, Looked, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::flight::Caller;
use crate::key::Key;
use crate::near::{Garbage, Header, Slot};
use crate::rules::{self, Rules, count, value};
use crate::site::{Facts, Site};
use crate::timeout::{Remaining, Timeout};
use crate::value::Storable;

/// Whose entries these are: nobody's. No template is empty.
static HAND: Site = Site::new(Facts::new("commands by hand", "larder", ""));

/// A cache as commands by hand see it.
pub(crate) struct ByHand(pub(crate) Cache);

impl ByHand {
    pub(crate) async fn get<T: Storable>(&self, key: Key) -> Result<Option<T>> {
        Ok(match self.0.clone().look(&HAND, key).await? {
            Looked::Slot(slot) => in_slot(&slot),
            Looked::Stored(stored) => self.open(&stored),
            Looked::Nothing => None,
        })
    }

    pub(crate) async fn set<T: Storable>(&self, key: Key, value: T, timeout: Option<Timeout>) -> Result<()> {
        let setting = self.0.prepare(&HAND, &key, timeout, &(&rules::value::<T>(), &value))?;
        drop(value);
        self.0.clone().finish(&HAND, key, setting).await.map(drop)
    }

    pub(crate) async fn add<T: Storable>(&self, key: Key, value: T, timeout: Option<Timeout>) -> Result<bool> {
        let timeout = self.timeout(timeout);
        if timeout.is_zero() {
            return Ok(false);
        }
        if self.0.keeps_near(&HAND) {
            return Ok(self.add_near(&key, value, timeout));
        }
        let setting = Setting::of(&self.0, &HAND, key.lend(), timeout, &(&rules::value::<T>(), &value))?;
        drop(value);
        let mut far = self.far(&key);
        let is_added = far.add(setting).await?;
        if is_added {
            // What is being computed in this process began before.
            self.0.remove(key.lend());
        }
        Ok(is_added)
    }

    fn add_near<T: Storable>(&self, key: &Key, value: T, timeout: Timeout) -> bool {
        let Some(near) = &self.0.core.near else { return false };
        let slot = Slot::seal(self.header(timeout), value);
        let key = self.0.near_key(key.lend());
        let weight = self.0.weight(key, &slot);
        let mut garbage = Garbage::default();
        let mut berth = self.0.core.flights.berth(key);
        let found = near.get(key);
        let is_added = !found.as_ref().is_some_and(|found| self.0.is_live(found));
        if is_added {
            berth.void();
            near.insert(key.to_owned(), Arc::clone(&slot), weight, &mut garbage);
        }
        drop(berth);
        if is_added {
            self.0.sweep_after(slot.kept_until());
        }
        is_added
    }

    pub(crate) async fn exists(&self, key: Key) -> Result<bool> {
        if self.0.live(key.lend()).is_some() {
            return Ok(true);
        }
        self.far(&key).exists().await
    }

    pub(crate) async fn increment(&self, key: Key, delta: i64, timeout: Timeout) -> Result<i64> {
        // Of a counter that is gone at once nothing could be told.
        let timeout = timeout.max(Timeout::from_millis(1));
        if self.0.keeps_near(&HAND) {
            return self.increment_near(&key, delta, timeout);
        }
        let fresh = Setting::of(&self.0, &HAND, key.lend(), timeout, &(&value::<i64>(), &delta))?;
        let mut far = self.far(&key);
        let sum = far.increment(delta, fresh).await?;
        self.0.remove(key.lend());
        Ok(sum)
    }

    fn increment_near(&self, key: &Key, delta: i64, timeout: Timeout) -> Result<i64> {
        let Some(near) = &self.0.core.near else { return Ok(delta) };
        let fresh = Slot::seal(self.header(timeout), delta);
        let near_key = self.0.near_key(key.lend());
        // An integer weighs what another weighs.
        let weight = self.0.weight(near_key, &fresh);
        let mut garbage = Garbage::default();
        let mut berth = self.0.core.flights.berth(near_key);
        let found = near.get(near_key);
        let counted = match found.as_ref().filter(|found| self.0.is_live(found)) {
            None => Ok((fresh, delta)),
            Some(slot) => count(slot, delta),
        };
        if let Ok((slot, _)) = &counted {
            berth.void();
            near.insert(near_key.to_owned(), Arc::clone(slot), weight, &mut garbage);
        }
        drop(berth);
        let (slot, sum) = counted?;
        self.0.sweep_after(slot.kept_until());
        Ok(sum)
    }

    pub(crate) async fn delete(&self, key: Key) -> Result<bool> {
        self.0.clone().clear_entry(&HAND, key).await
    }

    pub(crate) async fn update_timeout<T: Storable>(&self, key: Key, timeout: Timeout) -> Result<T> {
        if self.0.keeps_near(&HAND) {
            let slot = self.0.retime(key.lend(), timeout).ok_or_else(not_kept)?;
            return in_slot(&slot).ok_or_else(wrong_type::<T>);
        }
        let mut errand = self.far(&key);
        let touched = match timeout.is_zero() {
            false => errand.touch(timeout, self.0.grace(&HAND)).await,
            true => errand.stands().await,
        };
        if timeout.is_zero() && !matches!(touched, Ok(None)) {
            self.delete(key).await?;
        }
        let stored = touched?.ok_or_else(not_kept)?;
        self.open(&stored).ok_or_else(wrong_type::<T>)
    }

    pub(crate) async fn timeout_of(&self, key: Key) -> Result<Option<Remaining>> {
        // As `get`, which finds what is kept in this process first: results of functions that are `local`, and of an outage.
        match self.0.remaining(key.lend()) {
            Some(remaining) => Ok(Some(remaining)),
            None => self.0.clone().timeout_left(&HAND, key).await,
        }
    }

    pub(crate) async fn flush_store(&self) -> Result<()> {
        self.0.clear_everything();
        self.0.flush_far().await?;
        // What was found in the far tier meanwhile is gone there.
        self.0.clear_everything();
        Ok(())
    }

    pub(crate) async fn connect(&self) -> Result<()> {
        self.0.connect_far().await
    }

    pub(crate) async fn close(&self) -> Result<()> {
        self.0.close_far().await
    }

    /// The way of a caller who computes what is not there.
    pub(crate) fn approach<'a>(&self, key: &'a Key, caller: Caller) -> Approach<'a> {
        Approach::new(self.0.clone(), Request { site: &HAND, key: key.lend(), caller })
    }

    /// The live result in this process, unless somebody watches how it is come by.
    pub(crate) fn near<R>(&self, key: &Key, rules: &impl Rules<R>) -> Option<R> {
        let slot = Arc::clone(self.0.sight(key.lend())?.live()?);
        rules.unpack(&slot)
    }

    fn open<T: Storable>(&self, stored: &Stored) -> Option<T> {
        stored.open(&self.0, &HAND, value::<T>().travel())
    }

    fn far(&self, key: &Key) -> Errand {
        Errand::of_helper(&self.0, &HAND, key.lend())
    }

    fn timeout(&self, timeout: Option<Timeout>) -> Timeout {
        timeout.unwrap_or_else(|| self.0.timeout())
    }

    /// Of an entry that is stored in this process now.
    fn header(&self, timeout: Timeout) -> Header {
        self.0.header(&HAND, &self.0.generation(&HAND), Some(timeout))
    }
}

/// The value in `slot`, if it is of this type.
fn in_slot<T: Storable>(slot: &Slot) -> Option<T> {
    value().unpack(slot)
}

// Keys may hold what is nobody's business, and the caller knows which it was: no message shows one.
fn not_found() -> Error {
    Error::new(ErrorKind::NotFound, "nothing lives under the key")
}

fn not_kept() -> Error {
    Error::new(ErrorKind::NotFound, "nothing stands under the key, live or in its grace")
}

fn wrong_type<T>() -> Error {
    let message = format!("what stands under the key is no `{}`", std::any::type_name::<T>());
    Error::new(ErrorKind::WrongType, message)
}
