//! Crates that know nothing but larder. Inside the workspace a feature or a crate that some other member asks for would
//! hide that larder, or what its macros write, cannot do without it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::call::{Outcome, Workspace};

/// What can be switched on alone, and must build so.
const FEATURES: [&str; 18] = [
    "bincode",
    "chrono",
    "custom-codec",
    "far",
    "jiff",
    "json",
    "memcached",
    "metrics",
    "msgpack",
    "postcard",
    "raw",
    "redis",
    "redis-tls",
    "sqlite",
    "testing",
    "time",
    "tracing",
    "uuid",
];

/// Checks larder with each feature alone, where what only another uses is seen as dead, and runs each crate under
/// `tests/downstream`; they assert for themselves.
pub(crate) fn run(workspace: &Workspace) -> Outcome {
    for feature in FEATURES {
        workspace
            .cargo("clippy --quiet --package larder --target-dir target/downstream --no-default-features --features")
            .argument(feature)
            .argument("--")
            .argument("-Dwarnings")
            .run()?;
    }
    let crates = folders(&workspace.root.join("tests/downstream"))?;
    for folder in &crates {
        // The versions that the workspace tests, instead of whatever was published today.
        let lock = folder.join("Cargo.lock");
        fs::copy(workspace.root.join("Cargo.lock"), &lock)
            .map_err(|error| format!("cannot write {}: {error}", lock.display()))?;
        workspace
            .cargo("run --quiet --target-dir target/downstream --manifest-path")
            .argument(folder.join("Cargo.toml"))
            .run()?;
    }
    println!("{} downstream crates ran", crates.len());
    if crates.is_empty() { Err("there is no downstream crate".into()) } else { Ok(()) }
}

fn folders(parent: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(parent).map_err(|error| format!("cannot read {}: {error}", parent.display()))?;
    let mut folders: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    Ok(folders)
}
