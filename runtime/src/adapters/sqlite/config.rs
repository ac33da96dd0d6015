//! What can be said of a SQLite cache: in code, or in a URL.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SqliteCache;
use super::database::Place;
use super::engine::Engine;
use super::housekeeping::Limits;
use crate::error::{Error, ErrorKind, Result};

/// The least that the tables and a few entries need.
const LEAST_BYTES: u64 = 64 << 10;

const SCHEMES: [&str; 3] = ["sqlite", "sqlite3", "sqlitedb"];

/// Builds a [`SqliteCache`].
///
/// # Examples
/// ```
/// use larder::SqliteCache;
///
/// let cache = SqliteCache::builder().memory().max_entries(1_000).build();
/// assert!(cache.is_ok());
///
/// let error = SqliteCache::builder().memory().max_bytes(1).build().unwrap_err();
/// assert!(error.to_string().contains("max_bytes"));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SqliteCacheBuilder {
    home: Home,
    max_bytes: u64,
    max_entries: Option<u64>,
}

/// Where the entries will be.
#[derive(Clone, Debug)]
enum Home {
    Default,
    File(PathBuf),
    Memory,
    Named(String),
}

impl Default for SqliteCacheBuilder {
    fn default() -> Self {
        Self { home: Home::Default, max_bytes: 256 << 20, max_entries: None }
    }
}

impl SqliteCacheBuilder {
    /// In this file. Without it, in `larder/cache.sqlite` in the user's cache directory.
    pub fn path(mut self, path: impl AsRef<Path>) -> Self {
        self.home = Home::File(path.as_ref().into());
        self
    }

    /// In this process's memory, until the last clone is dropped.
    pub fn memory(mut self) -> Self {
        self.home = Home::Memory;
        self
    }

    /// In this process's memory, shared by all caches of this name while there is one. The limits are those of the first.
    pub fn memory_persist(mut self, name: impl Into<String>) -> Self {
        self.home = Home::Named(name.into());
        self
    }

    /// Takes so many bytes of the disk, file and write-ahead log together: an eighth is for the log, and for that at least 1 MiB
    /// (where there are less than 4 MiB, beyond them), the rest for the tables, where the oldest entries are evicted for new ones. 256 MiB
    /// by default, at least 64 KiB. One request that stores much may have the log exceed its part, until the next.
    /// The file stays as large as it ever was. In memory there is no log, and all is for the tables.
    ///
    /// The log grows while a connection stands in a read, also one of another program. If it has more than half of its part,
    /// nothing is stored ([`ErrorKind::TooLarge`]) until the log can begin anew, which is tried with each write; what is to be
    /// removed goes on to be, and if it has all of its part, by exchanging the file for an empty one.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Holds about so many entries, at most a sixty-fourth more, and evicts the oldest.
    pub fn max_entries(mut self, n_entries: u64) -> Self {
        self.max_entries = Some(n_entries);
        self
    }

    /// The cache. Nothing is opened, and no file is looked at.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if a setting makes no sense, or if the system names no directory for caches.
    pub fn build(self) -> Result<SqliteCache> {
        let refused = |message: &'static str| Err(Error::new(ErrorKind::Config, message));
        if self.max_bytes < LEAST_BYTES {
            return refused("`max_bytes` of a SQLite cache is at least 65536");
        }
        if self.max_entries == Some(0) {
            return refused("`max_entries` is 0: use the `null` adapter to store nothing");
        }
        let limits = Limits { max_bytes: self.max_bytes, max_entries: self.max_entries };
        let path = match self.home {
            Home::Memory => return Ok(SqliteCache(Arc::new(Engine::new(Place::Memory, limits)))),
            Home::Named(name) => return Ok(SqliteCache(Engine::named(&name, limits))),
            Home::File(path) => path,
            Home::Default => match default_path() {
                Some(path) => path,
                None => return refused("this system names no directory for caches: give a SQLite cache a `path`"),
            },
        };
        // A program may change its directory later.
        match std::path::absolute(path) {
            Ok(path) if path.file_name().is_some() => Ok(SqliteCache(Arc::new(Engine::new(Place::File(path), limits)))),
            _ => refused("the `path` of a SQLite cache has to name a file"),
        }
    }

    /// Is it a URL of ours, and no path?
    pub(crate) fn is_url(text: &str) -> bool {
        text.split_once(':').is_some_and(|(scheme, _)| SCHEMES.contains(&&*scheme.to_ascii_lowercase()))
    }

    /// What a URL says.
    pub(crate) fn url(url: &str) -> Result<Self> {
        let refused = |message: &'static str| Err(Error::new(ErrorKind::Config, message));
        let Some((scheme, rest)) = url.split_once(':') else {
            return refused("a SQLite URL looks like `sqlite:path`, `sqlite::memory:` or `sqlite:///path?max_bytes=…`");
        };
        if !SCHEMES.contains(&&*scheme.to_ascii_lowercase()) {
            return refused("a SQLite URL begins with `sqlite:`");
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path.strip_prefix("//").unwrap_or(path);
        let builder = match path {
            "" => Self::default(),
            ":memory:" => Self::default().memory(),
            path => Self::default().path(path),
        };
        builder.query(query)
    }

    fn query(mut self, query: &str) -> Result<Self> {
        let refused = |message| Err(Error::new(ErrorKind::Config, message));
        for setting in query.split('&').filter(|setting| !setting.is_empty()) {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            let number = || {
                let message = || format!("`{name}` in a SQLite URL takes a whole number");
                value.parse::<u64>().map_err(|_| Error::new(ErrorKind::Config, message()))
            };
            self = match name {
                "max_bytes" => self.max_bytes(number()?),
                "max_entries" => self.max_entries(number()?),
                "name" if matches!(self.home, Home::Memory) && !value.is_empty() => self.memory_persist(value),
                "name" => {
                    return refused(
                        "`name` in a SQLite URL names a database in memory: `sqlite::memory:?name=x`".into(),
                    );
                }
                _ => {
                    return refused(format!(
                        "a SQLite URL has no setting `{name}`: known are max_bytes, max_entries, name"
                    ));
                }
            };
        }
        Ok(self)
    }
}

/// `larder/cache.sqlite` in the user's directory for caches.
fn default_path() -> Option<PathBuf> {
    const IN_HOME: &str = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    let folder = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = folder("XDG_CACHE_HOME")
        .or_else(|| folder("LOCALAPPDATA"))
        .or_else(|| folder("HOME").map(|home| home.join(IN_HOME)));
    Some(caches?.join("larder").join("cache.sqlite"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> String {
        match SqliteCacheBuilder::url(url).and_then(SqliteCacheBuilder::build) {
            Ok(SqliteCache(engine)) => engine.place().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_url_names_a_file_or_memory() {
        let here = env::current_dir().unwrap();
        let relative = format!("`{}`", here.join("a/b.sqlite").display());
        for (url, expected) in [
            ("sqlite:/a/b.sqlite", "`/a/b.sqlite`"),
            ("sqlite:///a/b.sqlite", "`/a/b.sqlite`"),
            ("sqlite:a/b.sqlite", &*relative),
            ("sqlite://a/b.sqlite?max_bytes=1000000&max_entries=5", &*relative),
            ("SQLITE3::memory:", "in memory"),
            ("sqlite::memory:?name=x", "in memory"),
        ] {
            assert_eq!(place(url), expected, "{url}");
        }
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (url, named) in [
            ("sqlite:x?max_byte=5", "max_byte"),
            ("sqlite:x?max_bytes=5", "max_bytes"),
            ("sqlite:x?max_bytes=many", "max_bytes"),
            ("sqlite:x?max_entries=0", "max_entries"),
            ("sqlite:x?name=y", "name"),
            ("sqlite:/", "path"),
            ("postgres:x", "sqlite:"),
            ("sqlite", "sqlite:path"),
        ] {
            assert!(place(url).contains(named), "{url}: {}", place(url));
        }
    }
}
