//! How many permits there may be: they have a bound of their own, and make way for each other and never for entries, nor entries for
//! them.

use std::cell::Cell;

use super::fault::Fault;
use super::statements::Statements;

const COUNT: &str = "SELECT count(*) FROM permit";
const OLDEST: &str = "DELETE FROM permit WHERE key IN (SELECT key FROM permit ORDER BY until LIMIT ?1)";

/// One permit, or one share of one, for so many bytes that the database may hold: it has 60 to 300 itself.
const BYTES_FOR_ONE: u64 = 1024;
/// At least so many, and at most: to find the oldest takes as long as there are permits.
const N_PERMITS: (u64, u64) = (64, 16_384);

/// What was taken since permits were counted last. Each process counts what it takes itself: of several the bound is exceeded by
/// what each may take before it looks.
pub(super) struct Leases {
    most: u64,
    n_since_count: Cell<u64>,
}

impl Leases {
    pub(super) fn new(max_bytes: u64) -> Self {
        let (least, most) = N_PERMITS;
        // There may be many already.
        Self { most: (max_bytes / BYTES_FOR_ONE).clamp(least, most), n_since_count: Cell::new(u64::MAX) }
    }

    /// Removes the oldest where there are too many, a sixteenth at a time.
    pub(super) fn keep_to(&self, statements: &Statements<'_>) -> Result<(), Fault> {
        let n_taken = self.n_since_count.get().saturating_add(statements.n_taken.take());
        self.n_since_count.set(n_taken);
        let step = self.most / 16;
        if n_taken < step {
            return Ok(());
        }
        let count: i64 = statements.connection.prepare_cached(COUNT)?.query_row([], |row| row.get(0))?;
        let n_surplus = u64::try_from(count).unwrap_or(0).saturating_sub(self.most - step);
        if n_surplus > 0 {
            statements.execute(OLDEST, [n_surplus.cast_signed()])?;
        }
        self.n_since_count.set(0);
        Ok(())
    }
}
