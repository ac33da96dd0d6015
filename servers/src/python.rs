//! Python with packages from its index, in an environment of the tests' own, which is made once and found again.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::{fs, thread};

/// A virtual environment of Python, with packages in it.
#[derive(Clone, Debug)]
pub struct Python {
    program: PathBuf,
}

impl Python {
    /// With what the file `requirements` names, as `pip` reads it. The environment stands in `folder`, under a name that
    /// another version of Python and other requirements do not have; it is made there unless it stands there already.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) where there is no Python, or its packages cannot be had; says why.
    pub fn with(requirements: &Path, folder: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(requirements)?;
        let version = said(Command::new("python3").args(["-c", "import sys; print(sys.version, sys.executable)"]))?;
        let mut hasher = DefaultHasher::new();
        (text, version).hash(&mut hasher);
        let place = folder.join(format!("python-{:016x}", hasher.finish()));
        if !place.exists() {
            make(requirements, &place)?;
        }
        Ok(Self { program: program(&place) })
    }

    /// What runs a script in it.
    pub fn program(&self) -> &Path {
        &self.program
    }
}

/// Makes it beside its place, and moves it there when it is whole: whoever finds it there can use it, also while others do the
/// same.
fn make(requirements: &Path, place: &Path) -> io::Result<()> {
    let ours = place.with_extension(format!("{}-{:?}", process::id(), thread::current().id()));
    let made = said(Command::new("python3").args(["-m", "venv"]).arg(&ours)).and_then(|_| {
        let pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--requirement"];
        said(Command::new(program(&ours)).args(pip).arg(requirements))
    });
    let moved = made.and_then(|_| match fs::rename(&ours, place) {
        Err(_) if place.exists() => Ok(()),
        moved => moved,
    });
    let _ = fs::remove_dir_all(&ours);
    moved
}

fn program(place: &Path) -> PathBuf {
    place.join("bin").join("python")
}

/// What a command says; where it fails, the end of what it complains of.
fn said(command: &mut Command) -> io::Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let unable = |error: io::Error| io::Error::new(error.kind(), format!("cannot run `{program}`: {error}"));
    let output = command.stdin(Stdio::null()).output().map_err(unable)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = [output.stdout, output.stderr].concat();
    let complaint = String::from_utf8_lossy(&complaint);
    let lines: Vec<_> = complaint.lines().filter(|line| !line.trim().is_empty()).collect();
    let end = lines[lines.len().saturating_sub(5)..].join("\n");
    Err(io::Error::new(io::ErrorKind::NotFound, format!("`{command:?}` failed: {end}")))
}
