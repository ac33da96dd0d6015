//! A damaged file is set aside and built anew: a cache can lose what it holds, and somebody may want to know what happened.
//!
//! SQLite finds damage only where it meets it. There is no check when a file is opened, not after a crash either: it would
//! read the whole file, a write-ahead log outlives a killed process by itself, and what slips through is found by the
//! checksum of each record, above.

use std::fs;
use std::io;
use std::path::Path;

use super::file::{self, Identity, Lock};
use super::life;

/// Damaged files that are kept.
const N_KEPT: usize = 2;

/// Sets aside the damaged file at `path`, if it is still the one that was found damaged.
pub(super) fn set_aside(path: &Path, damaged: Identity) -> io::Result<()> {
    let _lock = Lock::take(path)?;
    if file::identity(path)? != Some(damaged) {
        // Another process was faster.
        return Ok(());
    }
    let aside = file::beside(path, &format!(".damaged-{}", life::now() / 1000));
    // The file before its log, without which it would be an older one.
    match fs::rename(path, &aside) {
        Ok(()) => _ = fs::rename(file::beside(path, "-wal"), file::beside(&aside, "-wal")),
        // A name takes room as well.
        Err(error) if file::is_full(&error) => file::remove(path)?,
        Err(error) => return Err(error),
    }
    forget(path, N_KEPT);
    Ok(())
}

/// Deletes what was set aside, but for the last `n_kept`. Their names end in the time, which sorts them.
pub(super) fn forget(path: &Path, n_kept: usize) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    let prefix = format!("{}.damaged-", name.to_string_lossy());
    let Ok(entries) = fs::read_dir(folder) else { return };
    let is_aside = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.strip_prefix(&prefix).is_some_and(|time| time.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut asides: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| is_aside(path)).collect();
    asides.sort();
    let n_old = asides.len().saturating_sub(n_kept);
    for old in &asides[..n_old] {
        let _ = fs::remove_file(old);
        let _ = fs::remove_file(file::beside(old, "-wal"));
    }
}
