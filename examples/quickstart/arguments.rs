//! What may stand on the command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(crate) const HELP: &str = "\
Analyses every file of a folder cold, then warm; clears one result, re-times it, and shows what that costs.

usage: quickstart [FOLDER] [--adapter STORE]

  FOLDER           what to analyse; this project, if left out
  --adapter STORE  where results are kept; memory, if left out
                   names: memory, sqlite, redis, memcached, null
                   URLs: sqlite:path, redis://host:port/database, memcache://host:port,host:port

`cargo xtask servers` runs a Redis and some Memcacheds to try.";

pub(crate) struct Arguments {
    pub(crate) folder: PathBuf,
    pub(crate) adapter: String,
}

impl Arguments {
    /// `None` if only help is asked for.
    pub(crate) fn parse(mut given: impl Iterator<Item = OsString>) -> Result<Option<Self>, String> {
        let mut folder = None;
        let mut adapter = String::from("memory");
        while let Some(argument) = given.next() {
            match argument.to_str() {
                Some("--help" | "-h") => return Ok(None),
                Some("--adapter") => {
                    let name = given.next().ok_or("--adapter wants a name or a URL; --help tells more")?;
                    adapter = name.to_string_lossy().into_owned();
                }
                Some(flag) if flag.starts_with("--adapter=") => {
                    adapter = flag["--adapter=".len()..].to_owned();
                }
                Some(flag) if flag.starts_with('-') => {
                    return Err(format!("unknown flag {flag}; --help lists them"));
                }
                _ if folder.is_some() => {
                    return Err(format!("one folder is enough, {argument:?} is a second"));
                }
                _ => folder = Some(PathBuf::from(argument)),
            }
        }
        let project = || Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("examples lie in the project").into();
        Ok(Some(Self { folder: folder.unwrap_or_else(project), adapter }))
    }
}
