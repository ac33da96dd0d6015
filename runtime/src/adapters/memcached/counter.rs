//! Counting. The server's own arithmetic knows no negative numbers and no record around them, so a counter is read,
//! computed here, and stored on condition that it has not changed.
//!
//! Storing says a deadline, and the one that was read is a whole number of seconds: where the server's clock ticks in
//! between, the counter would live a second longer each time, and one that is counted all the time forever. So the time
//! left is asked for right before and right after the store, and a difference is taken back.

use super::connection::Connection;
use super::standing::{Standing, store, stored};
use super::time::exptime;
use super::verbs::standing;
use super::wire::{Command, Mode, Reply};
use crate::adapter::{Counted, Entry, Living, StoreKey, layout};
use crate::error::{Error, Result};

/// Each attempt that fails is one in which another has counted.
pub(super) const N_ATTEMPTS: usize = 10_000;

pub(super) async fn increment(
    connection: &Connection,
    key: &StoreKey,
    delta: i64,
    fresh: &Entry,
    living: &Living,
) -> Result<Counted> {
    let get = Command::Get { key: key.as_str() };
    let mut standing = standing(connection, key).await?;
    for _ in 0..N_ATTEMPTS {
        let Some(record) = standing.live(living) else {
            let [before, reply] = connection.call_each([get, store(key, fresh, standing.mode())]).await?;
            if stored(reply)? {
                return Ok(Counted::Sum(delta));
            }
            standing = Standing::of(before)?;
            continue;
        };
        if let Some(head) = standing.head().filter(|head| head.is_open(living)) {
            return Ok(Counted::Open(head));
        }
        let mut value = record.fetched.record.clone();
        let sum = layout::count(&mut value, delta)?;
        let (exptime, mode) = (exptime(record.kept), Mode::Numbered(record.cas));
        let counted = Command::Store { key: key.as_str(), value: &value, exptime, flags: record.flags, mode };
        let [before, reply, after] = connection.call_each([get, counted, get]).await?;
        let cas = reply.cas;
        if stored(reply)? {
            return take_back(connection, key, exptime, cas, &before, &after).await.map(|()| Counted::Sum(sum));
        }
        standing = Standing::of(before)?;
    }
    Err(Error::unavailable("cannot increment on memcached", format!("{N_ATTEMPTS} others came before")))
}

/// Puts the deadline back where it was `before` the counter was stored with number `cas`.
pub(super) async fn take_back(
    connection: &Connection,
    key: &StoreKey,
    exptime: u32,
    cas: u64,
    before: &Reply,
    after: &Reply,
) -> Result<()> {
    let late = after.left - before.left;
    if late == 0 || before.left < 0 || after.cas != cas {
        return Ok(());
    }
    let exptime = (i64::from(exptime) - late).max(1) as u32;
    let [reply] = connection.call_each([Command::Retime { key: key.as_str(), cas, exptime }]).await?;
    // If another has changed it meanwhile, that one sees to the deadline.
    stored(reply).map(drop)
}
