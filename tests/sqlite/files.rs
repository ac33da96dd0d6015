//! The file itself: modes, links, other programs' files, folders that come and go.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use larder::{ErrorKind, SqliteCache};
use rusqlite::Connection;

use crate::support::{Folder, close, entry, get, has, put};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn refusal(path: &Path) -> String {
    let cache = SqliteCache::open(path).unwrap();
    let written = put(&cache, "a", &entry(1, 10)).unwrap_err();
    let read = get(&cache, "a").unwrap_err();
    assert_eq!((written.kind(), read.kind()), (ErrorKind::Unavailable, ErrorKind::Unavailable));
    let source = std::error::Error::source(&written).map(ToString::to_string);
    format!("{written}: {}", source.unwrap_or_default())
}

#[test]
fn files_and_new_folders_are_for_this_user_alone() {
    let folder = Folder::new();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.file("a/b/cache.sqlite");
    let cache = SqliteCache::open(&path).unwrap();
    assert_eq!(folder.names(), [""; 0], "building makes nothing");
    put(&cache, "a", &entry(1, 10)).unwrap();
    for suffix in ["", "-wal", "-shm", ".lock"] {
        assert_eq!(mode(Path::new(&format!("{}{suffix}", path.display()))), 0o600, "{suffix}");
    }
    assert_eq!(mode(&folder.file("a")), 0o700);
    assert_eq!(mode(&folder.file("a/b")), 0o700);
    assert_eq!(mode(folder.path()), 0o755, "a folder that was there is left as it was");
}

#[test]
fn a_symlink_is_refused_and_its_folder_may_be_one() {
    let folder = Folder::new();
    fs::create_dir(folder.file("real")).unwrap();
    symlink(folder.file("real"), folder.file("linked")).unwrap();
    let cache = SqliteCache::open(folder.file("linked/cache.sqlite")).unwrap();
    put(&cache, "a", &entry(1, 10)).unwrap();
    close(&cache);

    symlink(folder.file("real/cache.sqlite"), folder.file("link.sqlite")).unwrap();
    assert!(refusal(&folder.file("link.sqlite")).contains("symlink"));
    symlink(folder.file("nowhere"), folder.file("dangling.sqlite")).unwrap();
    assert!(refusal(&folder.file("dangling.sqlite")).contains("symlink"));
    assert!(!folder.file("nowhere").exists());
}

#[test]
fn what_is_not_ours_is_refused_and_left_alone() {
    let folder = Folder::new();
    fs::create_dir(folder.file("folder")).unwrap();
    assert!(refusal(&folder.file("folder")).contains("no file"));

    fs::write(folder.file("letter.txt"), "Dear Sir or Madam, ".repeat(500)).unwrap();
    assert!(refusal(&folder.file("letter.txt")).contains("no SQLite database"));
    assert!(fs::read_to_string(folder.file("letter.txt")).unwrap().starts_with("Dear Sir"));

    fs::write(folder.file("Gemfile"), "source 'https://example.org'\n".repeat(500)).unwrap();
    fs::write(folder.file("Gemfile.lock"), "another program's lock").unwrap();
    assert!(refusal(&folder.file("Gemfile")).contains("no SQLite database"));
    assert!(folder.file("Gemfile").exists());

    let foreign = folder.file("foreign.sqlite");
    let theirs = Connection::open(&foreign).unwrap();
    theirs.execute_batch("CREATE TABLE money(amount); INSERT INTO money VALUES (100);").unwrap();
    assert!(refusal(&foreign).contains("another program"));
    let amount: i64 = theirs.query_row("SELECT amount FROM money", [], |row| row.get(0)).unwrap();
    assert_eq!(amount, 100);
    let n_tables: i64 = theirs.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(n_tables, 1);
}

#[test]
fn tables_that_another_program_is_just_making_are_left_alone() {
    let folder = Folder::new();
    let path = folder.file("cache.sqlite");
    let theirs = Connection::open(&path).unwrap();
    let lock = fs::File::create(folder.file("cache.sqlite.lock")).unwrap();
    lock.lock().unwrap();
    std::thread::scope(|scope| {
        let refused = scope.spawn(|| put(&SqliteCache::open(&path).unwrap(), "a", &entry(1, 10)).unwrap_err());
        // Time for it to see an empty file, and to wait for the lock.
        std::thread::sleep(Duration::from_millis(50));
        theirs.execute_batch("CREATE TABLE money(amount); INSERT INTO money VALUES (100);").unwrap();
        lock.unlock().unwrap();
        assert_eq!(refused.join().unwrap().kind(), ErrorKind::Unavailable);
    });
    let sum = "SELECT sum(amount) FROM money";
    let theirs = Connection::open(&path).unwrap();
    let amount: i64 = theirs.query_row(sum, [], |row| row.get(0)).unwrap();
    let journal: String = theirs.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!((amount, &*journal), (100, "delete"));
    assert!(!folder.names().iter().any(|name| name.contains("damaged")), "{:?}", folder.names());
}

#[test]
fn another_version_is_refused() {
    let folder = Folder::new();
    let path = folder.file("cache.sqlite");
    let cache = SqliteCache::open(&path).unwrap();
    put(&cache, "a", &entry(1, 10)).unwrap();
    close(&cache);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    assert!(refusal(&path).contains("version"));
}

/// As of a file that was made before the first release.
#[test]
fn tables_that_lack_a_column_are_set_aside_and_built_anew() {
    let folder = Folder::new();
    let path = folder.file("cache.sqlite");
    let cache = SqliteCache::open(&path).unwrap();
    put(&cache, "a", &entry(1, 10)).unwrap();
    close(&cache);
    Connection::open(&path).unwrap().execute_batch("ALTER TABLE entry DROP COLUMN template").unwrap();
    assert!(!has(&cache, "a"), "what was in it is a miss");
    put(&cache, "a", &entry(2, 10)).unwrap();
    assert!(has(&cache, "a"));
    let set_aside = |name: &&String| name.contains("damaged") && name.ends_with(|last: char| last.is_ascii_digit());
    assert_eq!(folder.names().iter().filter(set_aside).count(), 1, "{:?}", folder.names());
}

#[test]
fn a_folder_that_vanishes_costs_the_entries_and_nothing_else() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("inner/cache.sqlite")).unwrap();
    put(&cache, "a", &entry(1, 10)).unwrap();
    fs::remove_dir_all(folder.file("inner")).unwrap();
    for n in 2..10 {
        put(&cache, &n.to_string(), &entry(n, 10)).unwrap();
        assert!(has(&cache, &n.to_string()), "what is stored by now is stored");
    }
    assert!(get(&cache, "a").unwrap().is_none());
    assert!(folder.file("inner/cache.sqlite").exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_each_time() {
    let folder = Folder::new();
    fs::write(folder.file("file"), "").unwrap();
    let path = folder.file("file/cache.sqlite");
    assert!(refusal(&path).contains("cannot open"));
    fs::remove_file(folder.file("file")).unwrap();
    let cache = SqliteCache::open(&path).unwrap();
    assert!(put(&cache, "a", &entry(1, 10)).unwrap(), "and it heals by itself");
}

#[test]
fn a_closed_cache_opens_again() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    close(&cache);
    put(&cache, "a", &entry(1, 10)).unwrap();
    close(&cache);
    close(&cache);
    assert_eq!(folder.names(), ["cache.sqlite", "cache.sqlite.lock"], "no log is left behind");
    assert!(has(&cache, "a"));
}

#[test]
fn a_file_that_cannot_be_written_can_be_read() {
    let folder = Folder::new();
    let path = folder.file("cache.sqlite");
    let cache = SqliteCache::open(&path).unwrap();
    put(&cache, "a", &entry(1, 10)).unwrap();
    close(&cache);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        println!("skipped: this user may write whatever the mode");
        return;
    }
    assert!(has(&cache, "a"));
    assert_eq!(put(&cache, "b", &entry(2, 10)).unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(has(&cache, "a"));
}
