//! Epochs: each stands under its name, in hexadecimal, forever or until it is evicted.

use super::MemcachedCache;
use super::connection::each;
use super::standing::{done, stored};
use super::wire::{Command, Mode, Outcome, Reply};
use crate::adapter::{EpochName, random_epoch};
use crate::error::{Error, Result};

/// An epoch for each of the names, to be stored where there is none.
pub(super) fn proposals(names: &[EpochName]) -> Vec<String> {
    names.iter().map(|_| new()).collect()
}

/// Commands that make the epochs that do not exist, and read all: two for each.
pub(super) fn commands<'a>(names: &'a [EpochName], proposals: &'a [String]) -> Vec<Command<'a>> {
    let pairs = names.iter().zip(proposals);
    pairs.flat_map(|(name, epoch)| [store(name, epoch, Mode::Absent), Command::Get { key: name.as_str() }]).collect()
}

pub(super) async fn read_all(cache: &MemcachedCache, names: &[EpochName]) -> Result<Vec<u64>> {
    let proposals = proposals(names);
    let replies = cache.call(&commands(names, &proposals)).await?;
    read(cache, names, replies).await
}

/// What the replies to [`commands`] say. A name under which stands no epoch of ours gets a new one.
pub(super) async fn read(
    cache: &MemcachedCache,
    names: &[EpochName],
    replies: impl IntoIterator<Item = Reply>,
) -> Result<Vec<u64>> {
    let mut replies = replies.into_iter();
    let mut epochs = Vec::with_capacity(names.len());
    for name in names {
        let [made, found] = each(replies.by_ref().take(2).collect())?;
        stored(made)?;
        let epoch = std::str::from_utf8(&found.value).ok().and_then(|text| u64::from_str_radix(text, 16).ok());
        epochs.push(match epoch {
            Some(epoch) if epoch != 0 => epoch,
            _ if matches!(found.outcome, Outcome::Value) => renew(cache, name).await?,
            _ => return Err(Error::unavailable("memcached does not keep an epoch", format!("{name:?}"))),
        });
    }
    Ok(epochs)
}

/// Where there is no room for another, the old one is removed, which is as good: whoever asks next makes another, and until then
/// nothing is of the one that is answered here.
pub(super) async fn renew(cache: &MemcachedCache, name: &EpochName) -> Result<u64> {
    let epoch = random_epoch();
    let [reply] = cache.call_each([store(name, &written(epoch), Mode::Always)]).await?;
    if reply.outcome == Outcome::TooLarge {
        let [reply] = cache.call_each([Command::Delete { key: name.as_str() }]).await?;
        return done(reply).map(|()| epoch);
    }
    done(reply).map(|()| epoch)
}

fn store<'a>(name: &'a EpochName, epoch: &'a str, mode: Mode) -> Command<'a> {
    Command::Store { key: name.as_str(), value: epoch.as_bytes(), exptime: 0, flags: 0, mode }
}

/// A new one, as it is stored.
pub(super) fn new() -> String {
    written(random_epoch())
}

fn written(epoch: u64) -> String {
    format!("{epoch:016x}")
}
