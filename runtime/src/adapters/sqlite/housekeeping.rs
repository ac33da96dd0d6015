//! Room for what comes, and an end for what nobody can be served any more: in slices, so that a transaction stays short.

use std::cell::Cell;
use std::collections::HashMap;

use rusqlite::{Row, params};

use super::fault::Fault;
use super::leases::Leases;
use super::life;
use super::statements::{self, Statements};
use crate::adapter::{EpochName, StoreKey, Sweep, Token, layout};

const OLDEST: &str = "DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE id < ?2 ORDER BY id LIMIT ?1)";
/// Asked for both ends at once, SQLite would look at all that is between.
const SPAN: &str = "SELECT ifnull((SELECT max(id) FROM entry) - (SELECT min(id) FROM entry) + 1, 0)";
const YOUNGEST: &str = "SELECT max(id) FROM entry";
const COUNT: &str = "SELECT count(*) FROM entry";
const SLICE: &str = "SELECT deadline, kept_until, stamped, id, key, substr(record, 1, ?3) \
                     FROM entry WHERE id > ?1 ORDER BY id LIMIT ?2";
const DELETE: &str = "DELETE FROM entry WHERE id = ?1";
/// What ends too late was taken before the clock was set back.
const OLD_PERMITS: &str = "DELETE FROM permit WHERE until <= ?1 OR until > ?2";

/// Entries that are looked at in one transaction.
const N_IN_SLICE: u32 = 512;
/// Entries that are evicted at once, at first and at most.
const N_EVICTED: (i64, i64) = (8, 4096);
/// Records of so many bytes may be stored before there is a look at the size.
const BYTES_BETWEEN: usize = 256 << 10;

/// How much the database may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) max_bytes: u64,
    pub(super) max_entries: Option<u64>,
}

/// What was stored since there was a last look at the limits.
pub(super) struct Room {
    /// For the tables, the log aside.
    max_bytes: u64,
    max_entries: Option<u64>,
    leases: Leases,
    n_since_count: Cell<u64>,
    /// Bytes that were stored since the transaction began, as of the last look.
    n_bytes: Cell<usize>,
}

impl Room {
    pub(super) fn new(max_bytes: u64, max_entries: Option<u64>) -> Self {
        // A cache that was opened just now may be full.
        let leases = Leases::new(max_bytes);
        Self { max_bytes, max_entries, leases, n_since_count: Cell::new(u64::MAX), n_bytes: Cell::default() }
    }

    /// A transaction begins.
    pub(super) fn begin(&self) {
        self.n_bytes.set(0);
    }

    /// The bytes that the transaction has stored, as far as it was looked at.
    pub(super) fn n_bytes(&self) -> usize {
        self.n_bytes.get()
    }

    /// Has so much been stored that there has to be a look even before the transaction ends?
    pub(super) fn is_due(&self, statements: &Statements<'_>) -> bool {
        statements.n_stored.get().0 >= BYTES_BETWEEN
    }

    /// Evicts the oldest entries until the limits hold.
    ///
    /// # Errors
    /// Besides those of the database, [`Fault::FULL`] if what was stored just now would have to go itself.
    pub(super) fn make(&self, statements: &Statements<'_>) -> Result<(), Fault> {
        self.leases.keep_to(statements)?;
        let (n_bytes, n_stored) = statements.n_stored.take();
        self.n_bytes.set(self.n_bytes.get().saturating_add(n_bytes));
        if n_stored > 0 {
            if !self.keep_to_bytes(statements, self.max_bytes)? {
                return Err(Fault::FULL);
            }
            self.n_since_count.set(self.n_since_count.get().saturating_add(n_stored));
        }
        self.max_entries.map_or(Ok(()), |most| self.keep_to_entries(statements, most))
    }

    /// Evicts a sixteenth of what there is.
    pub(super) fn make_more(&self, statements: &Statements<'_>) -> Result<(), Fault> {
        let n_bytes = n_bytes(statements)?;
        self.keep_to_bytes(statements, n_bytes - n_bytes / 16).map(drop)
    }

    /// Evicts until the database holds `max_bytes`, counted in the pages that are in use, but nothing that was stored in this
    /// transaction; does it now?
    fn keep_to_bytes(&self, statements: &Statements<'_>, max_bytes: u64) -> Result<bool, Fault> {
        let (mut n_evicted, most) = N_EVICTED;
        while n_bytes(statements)? > max_bytes {
            if statements.execute(OLDEST, [n_evicted, statements.first_stored.get()])? == 0 {
                return Ok(false);
            }
            n_evicted = (n_evicted * 2).min(most);
        }
        Ok(true)
    }

    /// Counting takes as long as there are entries. So the span of their row ids, which is at least their number, is looked
    /// at first, and the count is due again only after a part of `most` was stored.
    fn keep_to_entries(&self, statements: &Statements<'_>, most: u64) -> Result<(), Fault> {
        let number = |sql: &str| -> Result<u64, Fault> {
            let number: i64 = statements.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            Ok(u64::try_from(number).unwrap_or(0))
        };
        if self.n_since_count.get() <= most / 64 || number(SPAN)? <= most {
            return Ok(());
        }
        self.n_since_count.set(0);
        let n_surplus = number(COUNT)?.saturating_sub(most);
        if n_surplus > 0 {
            statements.execute(OLDEST, [n_surplus.cast_signed(), i64::MAX])?;
        }
        Ok(())
    }
}

/// The bytes that are in use.
fn n_bytes(statements: &Statements<'_>) -> Result<u64, Fault> {
    let (n_pages, page_size) = super::schema::pages(statements.connection)?;
    Ok(n_pages.saturating_mul(page_size))
}

/// The row id of what was stored last: nothing that is there now comes behind it.
pub(super) fn youngest(statements: &Statements<'_>) -> Result<i64, Fault> {
    let id: Option<i64> = statements.connection.prepare_cached(YOUNGEST)?.query_row([], |row| row.get(0))?;
    Ok(id.unwrap_or(0))
}

/// What a walk over the entries removes.
#[derive(Clone)]
pub(super) enum Dead {
    /// What is past its grace.
    Past,
    /// What begins with the prefix of a namespace and is of no current epoch.
    Replaced { prefix: String, sweep: Sweep },
}

impl Dead {
    pub(super) fn replaced(namespace: &str, epochs: &[u64]) -> Self {
        Self::Replaced { prefix: StoreKey::prefix(namespace), sweep: Sweep::new(0, namespace, epochs) }
    }

    /// How much of a record tells whether it is.
    fn n_bytes(&self) -> i64 {
        if matches!(self, Self::Past) { 0 } else { layout::TEMPLATE.end as i64 }
    }

    /// Is the entry in this row of [`SLICE`] one of them?
    fn has(&self, row: &Row<'_>, statements: &Statements<'_>, epochs: &mut Epochs) -> Result<bool, Fault> {
        match self {
            Self::Past => Ok(!statements::life(row)?.is_kept(statements.now)),
            Self::Replaced { prefix, sweep } => {
                let key = row.get_ref(4)?.as_str().map_err(|_| Fault::DAMAGED)?;
                let record = row.get_ref(5)?.as_blob().map_err(|_| Fault::DAMAGED)?;
                let mut fault = None;
                let current = |name: &EpochName| {
                    epochs.of(name, statements).unwrap_or_else(|error| {
                        fault = Some(error);
                        None
                    })
                };
                let is_dead = key.starts_with(prefix) && sweep.is_dead(record, current);
                fault.map_or(Ok(is_dead), Err)
            }
        }
    }
}

/// The current epochs, each read once in a transaction.
#[derive(Default)]
struct Epochs(HashMap<EpochName, Option<u64>>);

impl Epochs {
    fn of(&mut self, name: &EpochName, statements: &Statements<'_>) -> Result<Option<u64>, Fault> {
        if let Some(&epoch) = self.0.get(name) {
            return Ok(epoch);
        }
        let epoch = statements.epoch(name)?;
        self.0.insert(name.clone(), epoch);
        Ok(epoch)
    }
}

/// What one step of a walk has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// Where the next one goes on; `None` after the last.
    pub(super) next: Option<i64>,
    pub(super) n_removed: u64,
}

/// Removes what is dead among the entries after the row `from`.
pub(super) fn walk(statements: &Statements<'_>, from: i64, dead: &Dead) -> Result<Step, Fault> {
    let mut step = Step::default();
    let mut n_seen = 0;
    let (mut removed, mut epochs) = (Vec::new(), Epochs::default());
    {
        let mut slice = statements.connection.prepare_cached(SLICE)?;
        let mut rows = slice.query(params![from, N_IN_SLICE, dead.n_bytes()])?;
        while let Some(row) = rows.next()? {
            let id = row.get(3)?;
            if dead.has(row, statements, &mut epochs)? {
                removed.push(id);
            }
            n_seen += 1;
            step.next = Some(id);
        }
    }
    for id in &removed {
        statements.execute(DELETE, [id])?;
    }
    step.n_removed = removed.len() as u64;
    if n_seen < N_IN_SLICE {
        step.next = None;
    }
    Ok(step)
}

/// Removes permits that have run out; few, as each lasts for one computation.
pub(super) fn forget_permits(statements: &Statements<'_>) -> Result<(), Fault> {
    let latest = life::after(statements.now, Token::LIFETIME.into());
    statements.execute(OLD_PERMITS, params![statements.now, latest])?;
    Ok(())
}
