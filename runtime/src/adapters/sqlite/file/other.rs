//! Files where they belong to the user's profile, and cannot be exchanged while they are open.

use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// An open file cannot be exchanged: there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity;

pub(super) fn identity(_: &Metadata) -> Identity {
    Identity
}

pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

pub(super) fn private() -> OpenOptions {
    OpenOptions::new()
}
