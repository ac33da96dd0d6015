//! The errand of a call in a build without far stores: there is nothing to do.

use std::sync::Arc;
use std::time::Duration;

use crate::cache::{Cache, Request, Undelivered};
use crate::error::{Error, Result};
use crate::key::KeyRef;
use crate::near::Generation;
use crate::rules::{Computed, Travel};
use crate::site::Site;
use crate::timeout::{Remaining, Timeout};

/// There is none.
#[derive(Default)]
pub(crate) struct Tier {}

impl Tier {
    pub(super) fn is_absent(&self) -> bool {
        true
    }

    pub(in crate::cache) fn end_generations(&self, _: u32, _: Option<&'static str>) {}
}

#[derive(Default)]
pub(crate) struct Errand {}

/// There is none.
pub(crate) fn is_io_thread() -> bool {
    false
}

/// Nothing was asked.
pub(crate) enum Sent {
    Nothing,
    #[expect(dead_code, reason = "no store verifies anything")]
    Verified {
        is_stored: bool,
    },
    Refused,
    Found,
}

/// Nothing goes anywhere.
#[derive(Default)]
pub(crate) struct Parcel {}

impl Parcel {
    pub(crate) fn denial(_: &Errand) -> Self {
        Self {}
    }

    pub(crate) fn failure(_: &Errand) -> Self {
        Self {}
    }

    pub(crate) fn may_follow(&self) -> bool {
        false
    }

    pub(crate) fn is_empty(&self) -> bool {
        true
    }
}

/// There is none.
pub(crate) enum Stored {}

impl Errand {
    pub(crate) fn of_call(_: &Cache, _: Request<'_>) -> Self {
        Self {}
    }

    pub(crate) fn of_refresh(_: &Cache, _: Request<'_>) -> Self {
        Self {}
    }

    pub(crate) fn knows_epochs(&self) -> bool {
        true
    }

    pub(crate) fn generation(&self) -> Option<Arc<Generation>> {
        None
    }

    pub(crate) fn leased_generation(&self) -> Option<Arc<Generation>> {
        None
    }

    pub(crate) fn is_spent(&self) -> bool {
        false
    }

    pub(crate) fn is_unclaimed(&self) -> bool {
        false
    }

    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        None
    }

    pub(crate) fn parcel(&self, _: &Cache, _: &'static Site, _: &dyn Computed, _: Timeout, _: Duration) -> Parcel {
        Parcel {}
    }

    pub(crate) async fn filling(&mut self) -> Option<()> {
        Some(())
    }

    pub(crate) fn take_back(&self, (): &()) {}

    pub(crate) async fn send(&mut self, _: Parcel, _: &'static Site) -> Sent {
        Sent::Nothing
    }

    pub(crate) fn owe_refresh(&self) {}

    pub(crate) fn report(&self, _: &'static Site) {}

    pub(crate) fn has_failed(&self) -> bool {
        false
    }

    pub(crate) async fn look(&mut self) -> Option<Stored> {
        None
    }

    pub(crate) async fn claim(&mut self, _over: bool) -> Option<Stored> {
        None
    }

    pub(crate) fn of_helper(_: &Cache, _: &'static Site, _: KeyRef<'_>) -> Self {
        Self {}
    }

    pub(crate) async fn set(&mut self, _: Setting) -> Result<bool> {
        Ok(false)
    }

    pub(crate) async fn find(&mut self) -> Result<Option<Stored>> {
        Ok(None)
    }

    pub(crate) async fn stands(&mut self) -> Result<Option<Stored>> {
        Ok(None)
    }

    pub(crate) async fn exists(&mut self) -> Result<bool> {
        Ok(false)
    }

    pub(crate) async fn add(&mut self, _: Setting) -> Result<bool> {
        Ok(false)
    }

    pub(crate) async fn increment(&mut self, delta: i64, _: Setting) -> Result<i64> {
        Ok(delta)
    }

    pub(crate) async fn remove(&mut self) -> Result<bool> {
        Ok(false)
    }

    pub(crate) async fn touch(&mut self, _: Timeout, _: Timeout) -> Result<Option<Stored>> {
        Ok(None)
    }
}

#[derive(Default)]
pub(crate) struct Setting {}

impl Setting {
    pub(crate) fn of(_: &Cache, _: &'static Site, _: KeyRef<'_>, _: Timeout, _: &dyn Computed) -> Result<Self> {
        Ok(Self {})
    }
}

impl Stored {
    pub(crate) fn open<R>(&self, _: &Cache, _: &'static Site, _: Travel<R>) -> Option<R> {
        match *self {}
    }

    pub(crate) fn remaining(&self) -> Remaining {
        match *self {}
    }
}

/// Of no keys.
pub(crate) struct Batch {}

impl Batch {
    pub(crate) fn of<'a>(_: &Cache, _: &'static Site, _: impl Iterator<Item = KeyRef<'a>>) -> Self {
        Self {}
    }

    pub(crate) async fn get(&self) -> Result<Vec<Option<Stored>>> {
        Ok(Vec::new())
    }

    pub(crate) async fn set(&mut self, _: Vec<Setting>) -> Result<()> {
        Ok(())
    }

    pub(crate) async fn remove(&mut self) -> Result<Vec<bool>> {
        Ok(Vec::new())
    }
}

/// Nothing is owed.
pub(crate) async fn deliver_all(_: Duration) -> Undelivered {
    Undelivered::default()
}

impl Cache {
    pub(crate) fn admit(&self, _: &'static Site) -> Result<()> {
        Ok(())
    }

    pub(in crate::cache) fn far_generation(&self, _: Request<'_>) -> Option<Arc<Generation>> {
        None
    }

    pub(crate) fn is_plain(&self) -> bool {
        false
    }

    pub(crate) fn n_owed(&self) -> usize {
        0
    }

    pub(crate) async fn flush_far(&self) -> Result<()> {
        Ok(())
    }

    pub(crate) async fn connect_far(&self) -> Result<()> {
        Ok(())
    }

    pub(crate) async fn close_far(&self) -> Result<()> {
        Ok(())
    }

    pub(crate) fn retire(&self) {}

    pub(crate) async fn renew(&self, _: Option<&'static str>) -> Result<()> {
        Ok(())
    }
}
