//! The database as a file of the system's: who may read it, whether it is still the same, and who may build it.
//!
//! Once connections are open, the file itself is never opened here: closing any descriptor of it would give up the locks
//! that SQLite holds on it for the whole process.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[cfg(not(unix))]
use other as system;
#[cfg(unix)]
use unix as system;

pub(super) use system::Identity;

/// How long another process may take to build the file.
const PATIENCE: Duration = Duration::from_millis(200);

/// `path` with `suffix` behind its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// `path` without symlinks in its folder, which is made if need be, for this user alone. What the last part of it is may
/// be a link and is left for SQLite to refuse.
///
/// # Errors
/// If there can be no such folder, or if there is a folder of that name itself.
pub(super) fn prepare(path: &Path) -> io::Result<PathBuf> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name"));
    };
    if !folder.exists() {
        system::make_folder(folder)?;
    }
    Ok(fs::canonicalize(folder)?.join(name))
}

/// Which file stands at `path`; `None` if none does.
///
/// # Errors
/// If it is a symlink, or no file.
pub(super) fn identity(path: &Path) -> io::Result<Option<Identity>> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    let refused = |what| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    if metadata.is_symlink() {
        return refused("it is a symlink");
    }
    if !metadata.is_file() {
        return refused("it is no file");
    }
    Ok(Some(system::identity(&metadata)))
}

/// Makes an empty file at `path` that only this user may read; SQLite gives its log and index the same mode. It gets its
/// name only when it is closed again: from then on it is SQLite's. Log and index
/// of a file that stood there before go. To be called under the [`Lock`].
pub(super) fn create(path: &Path) -> io::Result<()> {
    let draft = beside(path, ".new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    remove_beside(path);
    drop(system::private().write(true).create_new(true).open(&draft)?);
    fs::rename(&draft, path)
}

/// Removes the file at `path`, with what belongs to it, and cuts it short, so that its room is free though other processes have it
/// open: none of them uses what it reads there. Not so the index, which they have in memory. To be called under the [`Lock`].
///
/// # Errors
/// If it cannot be removed.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let open = |path: &Path| OpenOptions::new().write(true).open(path);
    // Before it has lost its name; closed afterwards, when no lock on it matters any more.
    let opened = [path, &beside(path, "-wal")].map(open);
    fs::remove_file(path)?;
    remove_beside(path);
    for file in opened.into_iter().flatten() {
        let _ = file.set_len(0);
    }
    Ok(())
}

/// Log, index and journal of a file that has gone.
fn remove_beside(path: &Path) {
    for stale in ["-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(beside(path, stale));
    }
}

/// Does the system have no room, or may this user take no more of it?
pub(super) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}

/// Has the disk no file left to give? SQLite does not tell that from others reasons not to make one.
pub(super) fn is_out_of_files(path: &Path) -> bool {
    let Ok(_lock) = Lock::take(path) else { return false };
    let draft = beside(path, ".new");
    let made = system::private().write(true).create(true).truncate(true).open(&draft);
    let _ = fs::remove_file(&draft);
    made.is_err_and(|error| is_full(&error))
}

/// Does the file at `path` say that it is a database of this `application`, or is there nothing in it yet? To be called only
/// where nothing in this process has the file open.
pub(super) fn is_of(path: &Path, application: i32) -> io::Result<bool> {
    const MAGIC: &[u8; 16] = b"SQLite format 3\0";
    let mut bytes = Vec::new();
    let n_bytes = fs::metadata(path)?.len();
    File::open(path)?.take(HEAD as u64).read_to_end(&mut bytes)?;
    let Some(found) = bytes.get(HEAD - 32..HEAD - 28).filter(|_| bytes.starts_with(MAGIC)) else {
        return Ok(bytes.is_empty());
    };
    // What makes it ours may be in the log still, and then one page is all there is.
    Ok(found == application.to_be_bytes() || found == [0; 4] && n_bytes <= 4096)
}

/// The bytes that a database begins with.
const HEAD: usize = 100;

/// The right to build the file anew, held against other threads and other processes. Its file stays: it also says that
/// what stands beside it is a cache of ours, however damaged.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes it.
    ///
    /// # Errors
    /// If somebody else holds it for longer than building takes.
    #[allow(clippy::incompatible_msrv, reason = "rusqlite needs as much")]
    pub(super) fn take(path: &Path) -> io::Result<Self> {
        let path = Self::beside(path);
        identity(&path)?;
        let file = system::private().write(true).create(true).truncate(false).open(path)?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if started.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::TimedOut.into()),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Was it ever taken? Ours is empty: other programs' files of that name, such as lists of dependencies, hold something.
    pub(super) fn is_known(path: &Path) -> bool {
        fs::symlink_metadata(Self::beside(path)).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
    }

    fn beside(path: &Path) -> PathBuf {
        beside(path, ".lock")
    }
}
