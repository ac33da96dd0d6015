//! Processes that are killed while they write.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use larder::SqliteCache;
use rusqlite::Connection;

use crate::support::{Folder, Random, close, entry, get, is_whole, put, scaled};

const FILE: &str = "LARDER_TEST_SQLITE_FILE";

/// Starts this program again, to write into `folder` until it is killed.
fn writer(folder: &Folder) -> Child {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "kills::a_process_that_writes_until_it_is_killed", "--nocapture"])
        .env(FILE, folder.file("cache.sqlite"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("writing")), "it has started");
    child
}

#[test]
fn a_process_that_writes_until_it_is_killed() {
    let Some(path) = env::var_os(FILE) else { return };
    let cache = SqliteCache::builder().path(path).max_bytes(4 << 20).build().unwrap();
    put(&cache, "started", &entry(1, 10)).unwrap();
    println!("writing");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let cache = &cache;
            scope.spawn(move || {
                let mut random = Random(u64::from(std::process::id()) * 4 + thread + 1);
                loop {
                    let name = random.below(200).to_string();
                    let _ = put(cache, &name, &entry(random.next(), random.below(20_000)));
                }
            });
        }
    });
}

#[test]
fn kills_leave_no_damage_and_no_wrong_value() {
    let folder = Folder::new();
    let mut random = Random(5);
    for _ in 0..scaled(3, 50) {
        let mut children = [writer(&folder), writer(&folder)];
        std::thread::sleep(Duration::from_millis(100 + random.next() % 300));
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
        let found = (0..200).filter_map(|n| get(&cache, &n.to_string()).unwrap());
        let n_found = found.inspect(|found| assert!(is_whole(&found.record))).count();
        assert!(n_found > 0);
        close(&cache);
        let connection = Connection::open(folder.file("cache.sqlite")).unwrap();
        let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
    }
    assert!(!folder.names().iter().any(|name| name.contains("damaged")), "{:?}", folder.names());
}
