//! What each verb does to the tables. Whoever calls has opened the transaction, and ends it.

use std::cell::{Cell, RefCell};

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row, params};

use super::fault::{Fault, Stop};
use super::life::{self, Life};
use crate::adapter::{
    Claim, Condition, Counted, Entry, EpochName, Fetched, Head, Left, Living, Permitted, Release, StoreKey, Token,
    layout, random_epoch,
};
use crate::timeout::Timeout;

const GET: &str = "SELECT deadline, kept_until, stamped, record FROM entry WHERE key = ?1";
const HEAD: &str = "SELECT deadline, kept_until, stamped, namespace_epoch, template_epoch, template \
                    FROM entry WHERE key = ?1";
/// What replaces an entry has a row id of its own, the newest.
const PUT: &str = "REPLACE INTO \
                   entry(key, deadline, kept_until, stamped, namespace_epoch, template_epoch, template, record) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const REMOVE: &str = "DELETE FROM entry WHERE key = ?1 \
                      RETURNING deadline, kept_until, stamped, namespace_epoch, template_epoch, template";
const TOUCH: &str = "UPDATE entry SET deadline = ?2, kept_until = ?3, stamped = ?4 WHERE key = ?1";
const RECOUNT: &str = "UPDATE entry SET record = ?2 WHERE key = ?1";
const PERMIT: &str = "SELECT token FROM permit WHERE key = ?1 AND until > ?2 AND until <= ?3";
const TAKE: &str = "REPLACE INTO permit(key, token, until) VALUES (?1, ?2, ?3)";
/// The rows of a permit are its own, under the key, and one for each claim that shares it, under the key, `!` and the claim's id: no
/// key has a character that comes before `"`.
const VOID: &str = "DELETE FROM permit WHERE key >= ?1 AND key < ?1 || '\"'";
const USE: &str = "DELETE FROM permit WHERE key >= ?1 AND key < ?1 || '\"' AND EXISTS \
                   (SELECT 1 FROM permit WHERE key = ?1 AND token = ?2 AND until > ?3 AND until <= ?4)";
/// Those of a permit that was there before have another token.
const SHARES: &str = "SELECT count(*) FROM permit WHERE key > ?1 || '!' AND key < ?1 || '\"' AND token = ?2";
const RELEASE: &str = "DELETE FROM permit WHERE key = ?1 AND token = ?2";
const EPOCH: &str = "SELECT value FROM epoch WHERE name = ?1";
const RENEW: &str = "REPLACE INTO epoch(name, value) VALUES (?1, ?2)";
const FLUSH: [&str; 3] = ["DELETE FROM entry", "DELETE FROM permit", "DELETE FROM epoch"];

/// A connection inside a transaction.
pub(super) struct Statements<'c> {
    pub(super) connection: &'c Connection,
    /// The time of the whole transaction.
    pub(super) now: i64,
    /// Bytes and entries that were stored so far.
    pub(super) n_stored: Cell<(usize, u64)>,
    /// Rows of permits that were made so far.
    pub(super) n_taken: Cell<u64>,
    /// The least row id of those.
    pub(super) first_stored: Cell<i64>,
    /// [`GET`], kept for the whole transaction: to look it up and to put it back is an eighth of what a read costs.
    get: RefCell<Option<CachedStatement<'c>>>,
}

/// Prepares what a hit and a fill need, which shows whether the tables have the right columns.
pub(super) fn prepare(connection: &Connection) -> Result<(), Fault> {
    NEEDED.iter().try_for_each(|sql| Ok(connection.prepare_cached(sql).map(drop)?))
}

/// Have the tables still the right columns? What was prepared before cannot show that.
pub(super) fn check(connection: &Connection) -> Result<(), Fault> {
    NEEDED.iter().try_for_each(|sql| Ok(connection.prepare(sql).map(drop)?))
}

const NEEDED: [&str; 13] = [GET, HEAD, PUT, REMOVE, TOUCH, PERMIT, TAKE, USE, VOID, SHARES, RELEASE, EPOCH, RENEW];

impl<'c> Statements<'c> {
    /// Of a transaction that begins now.
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            now: life::now(),
            n_stored: Cell::default(),
            n_taken: Cell::default(),
            first_stored: Cell::new(i64::MAX),
            get: RefCell::default(),
        }
    }

    /// What stands under `key`, live or in its grace.
    pub(super) fn get(&self, key: &StoreKey) -> Result<Option<Fetched>, Fault> {
        let read = |row: &Row<'_>| {
            let life = life(row)?;
            if !life.is_kept(self.now) {
                return Ok(None);
            }
            let record = match row.get_ref(3)? {
                ValueRef::Blob(record) => record.to_vec(),
                _ => return Err(rusqlite::Error::InvalidQuery),
            };
            Ok(Some(Fetched { record, left: life.left(self.now) }))
        };
        let mut get = self.get.borrow_mut();
        let get = match &mut *get {
            Some(get) => get,
            none => none.insert(self.connection.prepare_cached(GET)?),
        };
        Ok(get.query_row([key.as_str()], read).optional()?.flatten())
    }

    pub(super) fn head(&self, key: &StoreKey) -> Result<Option<Head>, Fault> {
        Ok(self.row(HEAD, [key.as_str()], |row| head(row, self.now))?.flatten())
    }

    pub(super) fn permit(
        &self,
        key: &StoreKey,
        claim: Claim,
        living: &Living,
        groups: &[EpochName],
    ) -> Result<Permitted, Fault> {
        let epochs = self.epochs(groups)?;
        let found = self.get(key)?;
        let is_live = found.as_ref().and_then(Fetched::head).is_some_and(|head| head.is_live(living));
        let token = match claim {
            Claim::Shared if is_live => None,
            Claim::Shared => Some(match self.token(key)?.filter(|token| token.is_of_epochs(&epochs)) {
                Some(token) => self.share(key, token)?,
                None => self.take(key, &epochs)?,
            }),
            Claim::Fresh => Some(self.take(key, &epochs)?),
        };
        Ok(Permitted { token, found, epochs })
    }

    pub(super) fn put(&self, key: &StoreKey, entry: &Entry, condition: Condition<'_>) -> Result<bool, Fault> {
        match condition {
            Condition::IfAbsent(living) if self.head(key)?.is_some_and(|head| head.is_live(living)) => {
                return Ok(false);
            }
            Condition::IfPermit(token) => {
                let until = self.permits_end();
                if self.execute(USE, params![key.as_str(), token.as_bytes(), self.now, until])? == 0 {
                    return Ok(false);
                }
            }
            Condition::Always | Condition::IfAbsent(_) => {
                self.execute(VOID, [key.as_str()])?;
            }
        }
        self.store(key, entry)?;
        Ok(true)
    }

    pub(super) fn release(&self, key: &StoreKey, token: &Token, release: Release) -> Result<bool, Fault> {
        if self.token(key)?.as_ref() != Some(token) {
            return Ok(false);
        }
        if release == Release::Remove {
            self.row(REMOVE, [key.as_str()], |_| Ok(()))?;
        }
        let is_alone = self.n_shares(key, token)? == 0;
        let is_last = if is_alone {
            token.holder() == token.first_holder()
        } else {
            let n_released = self.execute(RELEASE, params![share(key, token.holder()), token.as_bytes()])?;
            n_released > 0 && self.n_shares(key, token)? == 0
        };
        if is_last {
            self.execute(VOID, [key.as_str()])?;
        }
        Ok(true)
    }

    pub(super) fn remove(&self, key: &StoreKey) -> Result<Option<Head>, Fault> {
        self.execute(VOID, [key.as_str()])?;
        Ok(self.row(REMOVE, [key.as_str()], |row| head(row, self.now))?.flatten())
    }

    pub(super) fn touch(
        &self,
        key: &StoreKey,
        timeout: Timeout,
        grace: Timeout,
        living: &Living,
    ) -> Result<Option<Fetched>, Fault> {
        let Some(fetched) = self.get(key)?.filter(|fetched| living.admits(&fetched.record)) else { return Ok(None) };
        let life = Life::from(self.now, timeout, grace);
        self.execute(TOUCH, params![key.as_str(), life.deadline, life.kept_until, life.stamped])?;
        Ok(Some(Fetched { left: life.left(self.now), ..fetched }))
    }

    pub(super) fn increment(
        &self,
        key: &StoreKey,
        delta: i64,
        fresh: &Entry,
        living: &Living,
    ) -> Result<Counted, Stop> {
        let found = self.get(key)?.and_then(|fetched| Some((fetched.head()?, fetched.record)));
        let Some((head, mut record)) = found.filter(|(head, _)| head.is_live(living)) else {
            self.execute(VOID, [key.as_str()])?;
            self.store(key, fresh)?;
            return Ok(Counted::Sum(delta));
        };
        if head.is_open(living) {
            return Ok(Counted::Open(head));
        }
        let sum = layout::count(&mut record, delta).map_err(Stop::Refused)?;
        self.execute(VOID, [key.as_str()])?;
        self.execute(RECOUNT, params![key.as_str(), record])?;
        Ok(Counted::Sum(sum))
    }

    /// The epochs, made where there are none.
    pub(super) fn epochs(&self, names: &[EpochName]) -> Result<Vec<u64>, Fault> {
        names.iter().map(|name| self.epoch(name)?.map_or_else(|| self.renew(name), Ok)).collect()
    }

    /// The epoch, if there is one. 0 is none.
    pub(super) fn epoch(&self, name: &EpochName) -> Result<Option<u64>, Fault> {
        let value: Option<i64> = self.row(EPOCH, [name.as_str()], |row| row.get(0))?;
        Ok(value.map(i64::cast_unsigned).filter(|&epoch| epoch != 0))
    }

    pub(super) fn renew(&self, name: &EpochName) -> Result<u64, Fault> {
        let epoch = random_epoch();
        self.execute(RENEW, params![name.as_str(), epoch.cast_signed()])?;
        Ok(epoch)
    }

    pub(super) fn flush(&self) -> Result<(), Fault> {
        FLUSH.iter().try_for_each(|sql| self.execute(sql, []).map(drop))
    }

    fn store(&self, key: &StoreKey, entry: &Entry) -> Result<(), Fault> {
        let Life { deadline, kept_until, stamped } = Life::from(self.now, entry.timeout, entry.grace);
        let head = Head::of(&entry.record, Left::Never);
        let namespace_epoch = head.map(|head| head.namespace_epoch.cast_signed());
        let [template_epoch, template] =
            head.map_or([0; 2], |head| [head.template_epoch, head.template].map(u64::cast_signed));
        let record = &entry.record;
        let (n_bytes, n_entries) = self.n_stored.get();
        self.n_stored.set((n_bytes + record.len(), n_entries + 1));
        self.execute(
            PUT,
            params![key.as_str(), deadline, kept_until, stamped, namespace_epoch, template_epoch, template, record],
        )?;
        self.first_stored.set(self.first_stored.get().min(self.connection.last_insert_rowid()));
        Ok(())
    }

    /// The key's permit, if one was taken. One of the future, from before the clock was set back, is none.
    fn token(&self, key: &StoreKey) -> Result<Option<Token>, Fault> {
        self.row(PERMIT, params![key.as_str(), self.now, self.permits_end()], |row| row.get(0).map(Token::new))
    }

    fn take(&self, key: &StoreKey, epochs: &[u64]) -> Result<Token, Fault> {
        let token = Token::of_epochs(epochs);
        self.note(key.as_str(), &token)?;
        Ok(token)
    }

    /// A share of the permit that there is. The first claim has no row of its own until there is a second: its id is in the token.
    fn share(&self, key: &StoreKey, permit: Token) -> Result<Token, Fault> {
        let token = permit.shared();
        let first = (self.n_shares(key, &token)? == 0).then(|| token.first_holder());
        for holder in first.into_iter().chain([token.holder()]) {
            self.note(&share(key, holder), &token)?;
        }
        Ok(token)
    }

    fn note(&self, row: &str, token: &Token) -> Result<(), Fault> {
        self.n_taken.set(self.n_taken.get() + 1);
        self.execute(TAKE, params![row, token.as_bytes(), self.permits_end()])?;
        Ok(())
    }

    fn n_shares(&self, key: &StoreKey, token: &Token) -> Result<i64, Fault> {
        Ok(self.row(SHARES, params![key.as_str(), token.as_bytes()], |row| row.get(0))?.unwrap_or(0))
    }

    /// When a permit that is taken now ends; none ends later.
    fn permits_end(&self) -> i64 {
        life::after(self.now, Token::LIFETIME.into())
    }

    /// The one row that a statement finds.
    fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Fault> {
        Ok(self.connection.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    /// How many rows a statement has changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, Fault> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }
}

/// Where the share of this claim stands.
fn share(key: &StoreKey, holder: u64) -> String {
    format!("{key}!{holder:016x}")
}

/// What the first columns say.
pub(super) fn life(row: &Row<'_>) -> rusqlite::Result<Life> {
    Ok(Life { deadline: row.get(0)?, kept_until: row.get(1)?, stamped: row.get(2)? })
}

/// What the columns before the record say, if the entry is there still and is a record.
fn head(row: &Row<'_>, now: i64) -> rusqlite::Result<Option<Head>> {
    let life = life(row)?;
    let namespace_epoch: Option<i64> = row.get(3)?;
    let (template_epoch, template): (i64, i64) = (row.get(4)?, row.get(5)?);
    Ok(namespace_epoch.filter(|_| life.is_kept(now)).map(|namespace_epoch| Head {
        left: life.left(now),
        namespace_epoch: namespace_epoch.cast_unsigned(),
        template_epoch: template_epoch.cast_unsigned(),
        template: template.cast_unsigned(),
    }))
}
