//! A file that cannot take what has to be written is removed, and made anew. What is in a cache can be lost at any time, and that
//! it is lost is what a removal asks for; processes that use the file find that it has lost its place before they answer.

use std::io;
use std::path::Path;

use super::damage;
use super::file::{self, Identity, Lock};

/// Removes the file at `path`, if it is still the one that was found to be full. Its room is given back at once, whoever has it
/// open. Nothing of this needs room.
///
/// # Errors
/// If the file cannot be removed. It is as it was then.
pub(super) fn remove(path: &Path, full: Identity) -> io::Result<()> {
    let _lock = Lock::take(path)?;
    if file::identity(path)? == Some(full) {
        file::remove(path)?;
        damage::forget(path, 0);
    }
    Ok(())
}
