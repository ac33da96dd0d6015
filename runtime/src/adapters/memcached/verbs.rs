//! The contract, in memcached's words.

use std::time::Duration;

use super::connection::{Connection, each};
use super::standing::{Record, Standing, agree, done, store, stored, stub, tag};
use super::time::Kept;
use super::wire::{Command, Mode, Outcome};
use super::{MemcachedCache, counter, epoch};
use crate::adapter::{
    CacheAdapter, Capability, Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Living, Permitted, Release,
    StoreKey, Token,
};
use crate::error::{Error, ErrorKind, Result};
use crate::timeout::Timeout;

/// How often a step is begun anew because another was faster.
const N_ATTEMPTS: usize = 100;

impl CacheAdapter for MemcachedCache {
    fn name(&self) -> &'static str {
        "memcached"
    }

    fn capability(&self) -> Capability {
        let largest_entry = self.0.largest_entry;
        let timeout_step = Duration::from_secs(1);
        Capability { largest_entry, timeout_step, walks: false, releases: false, ..Capability::new() }
    }

    fn shard(&self, _: &StoreKey) -> u16 {
        0
    }

    async fn connect(&self) -> Result<()> {
        let [reply] = self.call_each([Command::Noop]).await?;
        done(reply)
    }

    async fn close(&self) -> Result<()> {
        let connection = self.0.current.lock().take();
        drop(connection);
        Ok(())
    }

    async fn get(&self, key: &StoreKey) -> Result<Option<Fetched>> {
        standing(&self.connection(), key).await.map(Standing::fetched)
    }

    async fn get_many(&self, keys: &[StoreKey]) -> Result<Vec<Option<Fetched>>> {
        let commands: Vec<_> = keys.iter().map(|key| Command::Get { key: key.as_str() }).collect();
        let replies = self.call(&commands).await?;
        replies.into_iter().map(|reply| Standing::of(reply).map(Standing::fetched)).collect()
    }

    /// Makes a stub where nothing stands; the permit is the number of what stands there then. Which epochs are read is known only
    /// after this trip: where they are others than the caller knew, or another's stub is of others, there is a second one, for a
    /// stub of these. An expired entry that stands there is shared by claims of all epochs.
    async fn permit(&self, key: &StoreKey, claim: Claim, living: &Living, groups: &[EpochName]) -> Result<Permitted> {
        self.looks(groups).end().await;
        self.check_looked(groups)?;
        let proposals = epoch::proposals(groups);
        let mut commands = epoch::commands(groups, &proposals);
        let n_epochs = commands.len();
        let is_fresh = matches!(claim, Claim::Fresh);
        if is_fresh {
            commands.push(Command::Renumber { key: key.as_str() });
        }
        let known = if groups.is_empty() { 0 } else { tag(&living.known()) };
        commands.extend([stub(key, known, Mode::Absent), Command::Get { key: key.as_str() }]);

        let connection = self.connection();
        let mut replies = connection.call(&commands).await?;
        let [made, found] = each(replies.split_off(n_epochs + usize::from(is_fresh)))?;
        replies.truncate(n_epochs);
        let epochs = epoch::read(self, groups, replies).await?;
        let (of, is_mine) = (tag(&epochs), made.outcome == Outcome::Done);
        let standing = match Standing::of(found)? {
            Standing::Nothing => {
                stored(made)?;
                return Err(Error::new(ErrorKind::TooLarge, "memcached has no room for a permit"));
            }
            // One of no tag may be an older release's, and its computation under way.
            Standing::Stub { cas, tag } if !agree(tag, of) && !groups.is_empty() && (tag != 0 || is_mine) => {
                retag(&connection, key, cas, of).await?
            }
            standing => standing,
        };
        let cas = match standing.mode() {
            Mode::Numbered(cas) if is_fresh || standing.live(living).is_none() => Some(cas),
            _ => None,
        };
        let token = cas.map(|cas| token(cas, connection.id()).shared());
        Ok(Permitted { token, found: standing.fetched(), epochs })
    }

    async fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool> {
        self.check_size(&entry.record)?;
        match condition {
            Condition::Always => stores(&self.connection(), store(key, entry, Mode::Always)).await,
            Condition::IfAbsent(living) => add(&self.connection(), key, entry, living).await,
            Condition::IfPermit(token) => {
                let (cas, id) = parts(token);
                let connection = self.connection();
                if connection.id() != id {
                    return Ok(false);
                }
                stores(&connection, store(key, entry, Mode::Numbered(cas))).await
            }
        }
    }

    /// Only looks whether the number is still the same: a stub is others' permit too, and cannot tell how many share it. It goes
    /// after its lifetime. Where an entry is to be removed, that is a second trip, on the same number.
    async fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool> {
        let (key, (cas, id)) = (key.as_str(), parts(token));
        let connection = self.connection();
        if connection.id() != id {
            return Ok(false);
        }
        let [reply] = connection.call_each([Command::Number { key }]).await?;
        let is_entry = reply.size > 0;
        let is_there = reply.cas == cas && stored(reply)?;
        if !is_there || !is_entry || release == Release::Keep {
            return Ok(is_there);
        }
        let [reply] = connection.call_each([Command::DeleteNumbered { key, cas }]).await?;
        stored(reply)
    }

    async fn put_many(&self, entries: &[(StoreKey, Entry)]) -> Result<()> {
        entries.iter().try_for_each(|(_, entry)| self.check_size(&entry.record))?;
        let commands: Vec<_> = entries.iter().map(|(key, entry)| store(key, entry, Mode::Always)).collect();
        self.call(&commands).await?.into_iter().try_for_each(done)
    }

    async fn remove(&self, keys: &[StoreKey]) -> Result<Vec<Option<Head>>> {
        self.enlist(keys).await;
        let keys = keys.iter().map(StoreKey::as_str);
        let commands: Vec<_> = keys.flat_map(|key| [Command::Get { key }, Command::Delete { key }]).collect();
        let mut replies = self.call(&commands).await?.into_iter();
        let mut removed = Vec::with_capacity(commands.len() / 2);
        while let (Some(found), Some(deleted)) = (replies.next(), replies.next()) {
            done(deleted)?;
            removed.push(Standing::of(found)?.head());
        }
        Ok(removed)
    }

    /// Looks first, as the server would move the deadline of anything: a stub, or what was cleared.
    async fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>> {
        let kept = Kept::new(timeout, grace);
        let connection = self.connection();
        for _ in 0..N_ATTEMPTS {
            let Standing::Record(record) = standing(&connection, key).await? else {
                return Ok(None);
            };
            if !living.admits(&record.fetched.record) {
                return Ok(None);
            }
            if retime(&connection, key, &record, kept).await? {
                return Ok(Some(Fetched { left: kept.left, ..record.fetched }));
            }
        }
        Err(overtaken("update the timeout of an entry"))
    }

    /// The server tells no part of a value: the whole record comes over the wire.
    async fn head(&self, key: &StoreKey) -> Result<Option<Head>> {
        Ok(standing(&self.connection(), key).await?.head())
    }

    async fn increment(&self, key: &StoreKey, delta: i64, fresh: &Entry, living: &Living) -> Result<Counted> {
        self.check_size(&fresh.record)?;
        counter::increment(&self.connection(), key, delta, fresh, living).await
    }

    async fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>> {
        let looks = self.looks(names);
        if looks.is_first {
            looks.end().await;
            self.check_looked(names)?;
            return epoch::read_all(self, names).await;
        }
        let epochs = epoch::read_all(self, names).await?;
        // Meanwhile, as there is seldom another list.
        let has_changed = looks.end().await;
        self.check_looked(names)?;
        if has_changed { epoch::read_all(self, names).await } else { Ok(epochs) }
    }

    async fn renew(&self, name: &EpochName) -> Result<u64> {
        self.looks(std::slice::from_ref(name)).end().await;
        epoch::renew(self, name).await
    }

    async fn sweep(&self, _: &str, _: &[u64]) -> Result<u64> {
        Ok(0)
    }

    async fn flush(&self) -> Result<()> {
        let [reply] = self.call_each([Command::Flush]).await?;
        done(reply)
    }
}

pub(super) async fn standing(connection: &Connection, key: &StoreKey) -> Result<Standing> {
    let [reply] = connection.call_each([Command::Get { key: key.as_str() }]).await?;
    Standing::of(reply)
}

/// Puts a stub of this tag in the place of one of another; what stands there then.
async fn retag(connection: &Connection, key: &StoreKey, cas: u64, of: u32) -> Result<Standing> {
    let mut mode = Mode::Numbered(cas);
    for _ in 0..N_ATTEMPTS {
        let [made, found] = connection.call_each([stub(key, of, mode), Command::Get { key: key.as_str() }]).await?;
        let cas = made.cas;
        if stored(made)? {
            return Ok(Standing::Stub { cas, tag: of });
        }
        match Standing::of(found)? {
            Standing::Nothing => mode = Mode::Absent,
            Standing::Stub { cas, tag } if !agree(tag, of) => mode = Mode::Numbered(cas),
            standing => return Ok(standing),
        }
    }
    Err(overtaken("take a permit"))
}

async fn stores(connection: &Connection, command: Command<'_>) -> Result<bool> {
    let [reply] = connection.call_each([command]).await?;
    stored(reply)
}

/// Moves the deadline; says whether it was still this record's. The value is sent again only for another grace.
async fn retime(connection: &Connection, key: &StoreKey, record: &Record, kept: Kept) -> Result<bool> {
    let (key, Kept { exptime, flags, .. }) = (key.as_str(), kept);
    // What never expires has no grace.
    if record.flags == flags || kept.is_forever() {
        let [reply] = connection.call_each([Command::Touch { key, exptime }]).await?;
        return Ok(reply.cas == record.cas && stored(reply)?);
    }
    let (value, mode) = (&record.fetched.record, Mode::Numbered(record.cas));
    stores(connection, Command::Store { key, value, exptime, flags, mode }).await
}

/// Looks and stores in one trip where nothing stands; where a body does that is not live, takes its place in a second.
async fn add(connection: &Connection, key: &StoreKey, entry: &Entry, living: &Living) -> Result<bool> {
    let mut mode = Mode::Absent;
    for _ in 0..N_ATTEMPTS {
        let get = Command::Get { key: key.as_str() };
        let [before, reply] = connection.call_each([get, store(key, entry, mode)]).await?;
        if stored(reply)? {
            return Ok(true);
        }
        let standing = Standing::of(before)?;
        if standing.live(living).is_some() {
            return Ok(false);
        }
        mode = standing.mode();
    }
    Err(overtaken("add an entry"))
}

fn overtaken(what: &str) -> Error {
    Error::unavailable(format!("cannot {what} on memcached"), format!("others came before, {N_ATTEMPTS} times"))
}

fn token(cas: u64, connection: u64) -> Token {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&cas.to_le_bytes());
    bytes[8..].copy_from_slice(&connection.to_le_bytes());
    Token::new(bytes)
}

/// The number, and the connection that it is good for.
fn parts(token: &Token) -> (u64, u64) {
    let bytes = u128::from_le_bytes(*token.as_bytes());
    (bytes as u64, (bytes >> 64) as u64)
}
