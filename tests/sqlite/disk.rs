//! A disk that is small, for a test in a process of its own: a file system in memory that nothing else sees, and that goes with
//! the process.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use larder_servers::or_skip;

use crate::support::Folder;

const HERE: &str = "LARDER_TEST_DISK";
const RAN: &str = "the test ran on a disk of its own";

/// Runs this test's `body` in a folder that is all of a disk mounted with these options.
///
/// # Panics
/// If `body` does, or did not run.
pub(crate) fn on_disk(test: &str, options: &str, body: impl FnOnce(&Path)) {
    if let Some(folder) = env::var_os(HERE) {
        body(&PathBuf::from(folder));
        return println!("{RAN}");
    }
    let Some(user) = or_skip(mounts()) else { return };
    let folder = Folder::new();
    let mount = format!("mount -t tmpfs -o {options} larder \"${HERE}\" && exec \"$0\" --exact {test} --nocapture");
    run(Command::new("unshare").args(user).args(["sh", "-c", &mount]).arg(program()).env(HERE, folder.path()));
}

/// Runs this test's `body` where no file may have more than `n_bytes`.
pub(crate) fn with_short_files(test: &str, n_bytes: u64, body: impl FnOnce(&Path)) {
    if let Some(folder) = env::var_os(HERE) {
        body(&PathBuf::from(folder));
        return println!("{RAN}");
    }
    let folder = Folder::new();
    let limit = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" --exact {test} --nocapture", n_bytes / 512);
    run(Command::new("sh").args(["-c", &limit]).arg(program()).env(HERE, folder.path()));
}

fn program() -> PathBuf {
    env::current_exe().unwrap()
}

/// Its output goes through pipes: what is longer than a file may be would end there.
fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && text.contains(RAN), "{text}");
}

/// How this user mounts what only a process sees.
fn mounts() -> io::Result<&'static [&'static str]> {
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let mut refused = io::Error::from(io::ErrorKind::Unsupported);
    for way in ways {
        match Command::new("unshare").args(way).args(["mount", "-t", "tmpfs", "larder", "/mnt"]).output() {
            Ok(output) if output.status.success() => return Ok(way),
            Ok(output) => refused = io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// Fills what is left of the disk, to the last byte.
pub(crate) fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("filler");
    let mut file = File::options().append(true).create(true).open(&path).unwrap();
    for n_bytes in [1 << 16, 4096, 1] {
        while file.write_all(&vec![7; n_bytes]).is_ok() {}
    }
    path
}

/// The bytes of all files in a folder that begin with `name`.
pub(crate) fn n_bytes(folder: &Path, name: &str) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(name));
    ours.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}
