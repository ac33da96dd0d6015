//! A disk without room: what is to be removed is removed, as the whole file goes; what is to be stored is refused; and once
//! there is room again, or the cache itself was what took it, all goes on.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use larder::adapter::{CacheAdapter, Claim, Condition, EpochName, Release};
use larder::{ErrorKind, Result, SqliteCache, Timeout};
use rusqlite::Connection;

use crate::disk::{fill, on_disk, with_short_files};
use crate::support::{LIVING, close, entry, get, has, key, put, record};

/// One that may hold more than the disks of these tests, but has no log that could fill them alone.
fn open(disk: &Path) -> SqliteCache {
    SqliteCache::builder().path(disk.join("cache.sqlite")).max_bytes(6 << 20).build().unwrap()
}

fn start_anew(disk: &Path) {
    for entry in fs::read_dir(disk).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

fn remove(cache: &SqliteCache, name: &str) -> Result<usize> {
    block_on(cache.remove(&[key(name)])).map(|heads| heads.len())
}

/// Stores until there is no room for more; how many that were.
fn fill_with_entries(cache: &SqliteCache, n_bytes: usize) -> u64 {
    for n in 0.. {
        match put(cache, &n.to_string(), &entry(n, n_bytes)) {
            Ok(is_stored) => assert!(is_stored),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
                return n;
            }
        }
        assert!(n < 10_000, "the disk takes whatever it is given");
    }
    unreachable!()
}

/// A cache with entries "0" to "29", on a disk that something else has filled since.
fn crowded(disk: &Path) -> SqliteCache {
    crowded_but(disk, "")
}

/// The same without one of them.
fn crowded_but(disk: &Path, without: &str) -> SqliteCache {
    let cache = open(disk);
    for (n, name) in (0..30).map(|n| (n, n.to_string())).filter(|(_, name)| name != without) {
        put(&cache, &name, &entry(n, 3_000)).unwrap();
    }
    // A log that has room in it takes a few more writes.
    let connection = Connection::open(disk.join("cache.sqlite")).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    fill(disk);
    cache
}

#[test]
fn what_is_stored_on_a_full_disk_is_too_large_and_changes_nothing() {
    on_disk("full::what_is_stored_on_a_full_disk_is_too_large_and_changes_nothing", "size=1m", |disk| {
        let cache = crowded(disk);
        let error = put(&cache, "new", &entry(1, 1_000)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        assert_eq!(put(&cache, "3", &entry(99, 1_000)).unwrap_err().kind(), ErrorKind::TooLarge);
        let many: Vec<_> = (0..3).map(|n| (key(&n.to_string()), entry(99, 1_000))).collect();
        assert_eq!(block_on(cache.put_many(&many)).unwrap_err().kind(), ErrorKind::TooLarge);
        let permitted = block_on(cache.permit(&key("new"), Claim::Shared, &LIVING, &[])).map(drop);
        assert_eq!(permitted.unwrap_err().kind(), ErrorKind::TooLarge);
        let fresh = entry(1, 0);
        let counted = block_on(cache.increment(&key("new"), 1, &fresh, &LIVING)).map(drop);
        assert_eq!(counted.unwrap_err().kind(), ErrorKind::TooLarge);
        for n in 0..30 {
            assert_eq!(get(&cache, &n.to_string()).unwrap().unwrap().record, record(n, 3_000));
        }
    });
}

#[test]
fn what_is_released_on_a_full_disk_is_gone_or_given_back() {
    on_disk("full::what_is_released_on_a_full_disk_is_gone_or_given_back", "size=1m", |disk| {
        for release in [Release::Keep, Release::Remove] {
            let cache = open(disk);
            let permitted = block_on(cache.permit(&key("3"), Claim::Fresh, &LIVING, &[])).unwrap();
            drop(cache);
            let cache = crowded_but(disk, "3");
            block_on(cache.release(&key("3"), &permitted.token.unwrap(), release)).unwrap();
            assert!(get(&cache, "3").unwrap().is_none());
            let fill = Condition::IfPermit(&permitted.token.unwrap());
            assert!(!block_on(cache.put(&key("3"), &entry(1, 10), fill)).is_ok_and(|is_stored| is_stored));
            drop(cache);
            start_anew(disk);
        }
    });
}

/// Each of these must be carried out, and leaves a cache that stores again.
#[test]
fn what_is_to_go_goes_from_a_full_disk() {
    on_disk("full::what_is_to_go_goes_from_a_full_disk", "size=1m", |disk| {
        let epoch = || EpochName::namespace(0, "test");
        type Verb<'a> = (&'a str, &'a dyn Fn(&SqliteCache));
        let verbs: [Verb<'_>; 5] = [
            ("remove", &|cache| drop(block_on(cache.remove(&[key("3"), key("4")])).unwrap())),
            ("renew", &|cache| _ = block_on(cache.renew(&epoch())).unwrap()),
            ("epochs", &|cache| drop(block_on(cache.epochs(&[epoch()])).unwrap())),
            ("sweep", &|cache| _ = block_on(cache.sweep("test", &[LIVING.namespace])).unwrap()),
            ("flush", &|cache| block_on(cache.flush()).unwrap()),
        ];
        for (name, verb) in verbs {
            let cache = crowded(disk);
            verb(&cache);
            if name != "epochs" {
                assert!(get(&cache, "3").unwrap().is_none(), "{name}");
            }
            assert!(put(&cache, "new", &entry(1, 1_000)).unwrap(), "{name}");
            assert!(has(&cache, "new"), "{name}");
            assert!(get(&open(disk), "3").unwrap().is_none(), "{name}: nor is it found by others");
            drop(cache);
            start_anew(disk);
        }
    });
}

#[test]
fn a_cache_that_has_filled_its_disk_goes_on() {
    on_disk("full::a_cache_that_has_filled_its_disk_goes_on", "size=4m", |disk| {
        let cache = open(disk);
        fill_with_entries(&cache, 20_000);
        assert_eq!(remove(&cache, "0").unwrap(), 1);
        assert!(get(&cache, "0").unwrap().is_none());
        assert!(put(&cache, "new", &entry(1, 100_000)).unwrap() && has(&cache, "new"));
    });
}

#[test]
fn a_cache_that_has_filled_its_disk_goes_on_after_a_restart() {
    on_disk("full::a_cache_that_has_filled_its_disk_goes_on_after_a_restart", "size=4m", |disk| {
        let cache = open(disk);
        fill_with_entries(&cache, 20_000);
        fill(disk);
        close(&cache);
        drop(cache);
        let cache = open(disk);
        block_on(cache.connect()).unwrap();
        assert_eq!(remove(&cache, "0").unwrap(), 1);
        assert!(put(&cache, "new", &entry(1, 100_000)).unwrap() && has(&cache, "new"));
    });
}

/// Though nothing is removed, and nothing expires.
#[test]
fn a_cache_that_has_filled_its_disk_makes_room_by_itself() {
    on_disk("full::a_cache_that_has_filled_its_disk_makes_room_by_itself", "size=4m", |disk| {
        let cache = open(disk);
        fill_with_entries(&cache, 20_000);
        fill(disk);
        let started = Instant::now();
        while put(&cache, "new", &entry(1, 100_000)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "nothing is ever stored again");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(has(&cache, "new"));
    });
}

/// It needs its index for that, which no disk without room has place for.
#[test]
fn a_file_is_opened_on_a_full_disk() {
    on_disk("full::a_file_is_opened_on_a_full_disk", "size=1m", |disk| {
        let cache = open(disk);
        for n in 0..100 {
            put(&cache, &n.to_string(), &entry(n, 1_000)).unwrap();
        }
        close(&cache);
        fill(disk);
        assert!(get(&cache, "3").unwrap().is_none(), "what cannot be opened is given up");
        assert_eq!(remove(&cache, "3").unwrap(), 1);
        assert!(put(&cache, "new", &entry(1, 100)).unwrap() && has(&cache, "new"));
    });
}

/// No byte, and no name: such a cache holds nothing, and says so.
#[test]
fn where_there_is_no_room_for_a_file_there_is_nothing() {
    on_disk("full::where_there_is_no_room_for_a_file_there_is_nothing", "size=1m", |disk| {
        let filler = fill(disk);
        let cache = open(disk);
        assert!(get(&cache, "a").unwrap().is_none());
        assert_eq!(remove(&cache, "a").unwrap(), 1);
        assert_eq!(put(&cache, "a", &entry(1, 10)).unwrap_err().kind(), ErrorKind::TooLarge);
        block_on(cache.renew(&EpochName::namespace(0, "test"))).unwrap();
        fs::remove_file(filler).unwrap();
        assert!(put(&cache, "a", &entry(1, 10)).unwrap() && has(&cache, "a"), "once there is, it is used");
    });
}

#[test]
fn a_disk_that_has_no_more_files_to_give_is_full() {
    on_disk("full::a_disk_that_has_no_more_files_to_give_is_full", "size=4m,nr_inodes=20", |disk| {
        let cache = open(disk);
        put(&cache, "a", &entry(1, 10)).unwrap();
        close(&cache);
        let mut names = (0..).map(|n| disk.join(format!("file-{n}")));
        while fs::write(names.next().unwrap(), "").is_ok() {}
        assert!(get(&cache, "a").is_ok());
        assert_eq!(remove(&cache, "a").unwrap(), 1);
        assert!(get(&cache, "a").unwrap().is_none());
        (0..3).for_each(|n| fs::remove_file(disk.join(format!("file-{n}"))).unwrap());
        assert!(put(&cache, "a", &entry(2, 10)).unwrap() && has(&cache, "a"));
    });
}

/// As a quota is, and a disk that fails, by another word than that of a full disk.
#[test]
fn a_file_that_may_not_grow_is_exchanged_where_something_is_to_go() {
    let test = "full::a_file_that_may_not_grow_is_exchanged_where_something_is_to_go";
    with_short_files(test, 1 << 20, |folder| {
        let cache = open(folder);
        let n_stored = fill_with_entries(&cache, 20_000);
        assert!(n_stored > 10, "{n_stored}");
        for n in 0..n_stored {
            assert_eq!(remove(&cache, &n.to_string()).unwrap(), 1);
            assert!(get(&cache, &n.to_string()).unwrap().is_none());
        }
        assert!(put(&cache, "new", &entry(1, 1_000)).unwrap() && has(&cache, "new"));
    });
}

#[test]
fn what_is_not_larders_is_not_removed_from_a_full_disk() {
    on_disk("full::what_is_not_larders_is_not_removed_from_a_full_disk", "size=1m", |disk| {
        let path = disk.join("cache.sqlite");
        let theirs = Connection::open(&path).unwrap();
        theirs.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE money(amount)").unwrap();
        theirs.execute_batch("INSERT INTO money SELECT randomblob(5000)").unwrap();
        drop(theirs);
        fs::write(disk.join("cache.sqlite.lock"), "").unwrap();
        let filler = fill(disk);
        let cache = open(disk);
        assert_eq!(remove(&cache, "a").unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(get(&cache, "a").unwrap_err().kind(), ErrorKind::Unavailable);
        fs::remove_file(filler).unwrap();
        let theirs = Connection::open(&path).unwrap();
        let n_rows: i64 = theirs.query_row("SELECT count(*) FROM money", [], |row| row.get(0)).unwrap();
        assert_eq!(n_rows, 1);
    });
}

/// Nothing can be removed there, and nothing is lost.
#[test]
fn a_disk_that_cannot_be_written_is_no_full_one() {
    on_disk("full::a_disk_that_cannot_be_written_is_no_full_one", "size=1m", |disk| {
        let cache = open(disk);
        put(&cache, "a", &entry(1, 1_000)).unwrap();
        let remount = |how: &str| {
            let mounted = Command::new("mount").args(["-o", how]).arg(disk).status().unwrap();
            assert!(mounted.success());
        };
        close(&cache);
        remount("remount,ro");
        assert_eq!(remove(&cache, "a").unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(put(&cache, "b", &entry(1, 10)).unwrap_err().kind(), ErrorKind::Unavailable);
        remount("remount,rw");
        assert!(has(&cache, "a"));
        assert_eq!(remove(&cache, "a").unwrap(), 1);
        assert!(get(&cache, "a").unwrap().is_none());
    });
}

/// It looks at what was, and must not keep the room of it.
#[test]
fn another_connection_that_stands_in_a_read_does_not_keep_the_disk_full() {
    let test = "full::another_connection_that_stands_in_a_read_does_not_keep_the_disk_full";
    on_disk(test, "size=4m", |disk| {
        let cache = SqliteCache::open(disk.join("cache.sqlite")).unwrap();
        put(&cache, "first", &entry(1, 10)).unwrap();
        let reader = Connection::open(disk.join("cache.sqlite")).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM entry").unwrap();
        fill_with_entries(&cache, 20_000);
        fill(disk);
        assert_eq!(remove(&cache, "first").unwrap(), 1);
        assert!(get(&cache, "first").unwrap().is_none());
        assert!(put(&cache, "new", &entry(1, 700_000)).unwrap() && has(&cache, "new"));
    });
}

/// Those of one batch are answered each by itself, in their order.
#[test]
fn a_disk_that_becomes_full_within_a_batch_answers_each_rightly() {
    let test = "full::a_disk_that_becomes_full_within_a_batch_answers_each_rightly";
    on_disk(test, "size=2m", |disk| {
        for round in 0..5 {
            let cache = open(disk);
            put(&cache, "old", &entry(1, 10)).unwrap();
            // While the thread is held up, all of these come to wait.
            let (held, let_go) = std::sync::mpsc::channel::<()>();
            let hold = cache.client().transaction(move |_| {
                let _ = let_go.recv();
                Ok::<(), ()>(())
            });
            let mut hold = Box::pin(hold);
            assert!(block_on(futures_lite::future::poll_once(&mut hold)).is_none());
            let names: Vec<_> = (0..40).map(|n| key(&format!("{round}-{n}"))).collect();
            let entries: Vec<_> = (0..40).map(|n| entry(n, 90_000)).collect();
            let puts =
                names.iter().zip(&entries).map(|(key, entry)| Box::pin(cache.put(key, entry, Condition::Always)));
            let mut puts: Vec<_> = puts.collect();
            for put in &mut puts {
                assert!(block_on(futures_lite::future::poll_once(put)).is_none());
            }
            let gone = [key("old")];
            let mut removed = Box::pin(cache.remove(&gone));
            assert!(block_on(futures_lite::future::poll_once(&mut removed)).is_none());
            drop(held);
            let told: Vec<_> = puts.into_iter().map(|put| block_on(put).map_err(|error| error.kind())).collect();
            assert_eq!(block_on(removed).unwrap().len(), 1);
            assert!(get(&cache, "old").unwrap().is_none());
            assert!(told.iter().all(|told| matches!(told, Ok(true) | Err(ErrorKind::TooLarge))), "{told:?}");
            assert!(told.contains(&Err(ErrorKind::TooLarge)) && told.contains(&Ok(true)), "{told:?}");
            for (key, told) in names.iter().zip(&told) {
                let is_there = block_on(cache.get(key)).unwrap().is_some();
                assert!(!is_there || told.is_ok(), "what was refused is not there");
            }
            close(&cache);
            start_anew(disk);
        }
    });
}

const SHARED: &str = "LARDER_TEST_SQLITE_FULL";

/// A process that removes what it is told to, line by line.
struct Other(Child, BufReader<std::process::ChildStdout>);

impl Other {
    fn start(disk: &Path) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "full::a_process_that_removes_what_it_is_told", "--nocapture"])
            .env(SHARED, disk)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut other = Self(child, output);
        other.hear("ready");
        other
    }

    fn hear(&mut self, end: &str) -> String {
        let mut line = String::new();
        while !line.contains(end) {
            line.clear();
            assert!(self.1.read_line(&mut line).unwrap() > 0, "it has ended");
        }
        line
    }

    fn tell(&mut self, name: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{name}").unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_process_that_removes_what_it_is_told() {
    let Some(disk) = env::var_os(SHARED) else { return };
    let cache = open(Path::new(&disk));
    assert!(has(&cache, "0") && has(&cache, "0"), "its threads have the file open");
    println!("ready");
    for name in std::io::stdin().lines().map_while(std::result::Result::ok) {
        remove(&cache, &name).unwrap();
        let is_there = get(&cache, &name).unwrap().is_some();
        println!("removed {is_there}");
    }
}

/// One exchanges the file, and the other finds it exchanged; none of them serves what was in the old one.
#[test]
fn two_processes_that_meet_a_full_disk_at_once_serve_nothing_old() {
    let test = "full::two_processes_that_meet_a_full_disk_at_once_serve_nothing_old";
    on_disk(test, "size=1m", |disk| {
        for round in 0..5 {
            let cache = crowded(disk);
            let mut others = [0, 1].map(|_| Other::start(disk));
            for (other, name) in others.iter_mut().zip(["1", "2"]) {
                other.tell(name);
            }
            remove(&cache, "3").unwrap();
            for other in &mut others {
                assert!(other.hear("removed").contains("false"), "{round}");
            }
            assert!(["1", "2", "3"].iter().all(|name| get(&cache, name).unwrap().is_none()), "{round}");
            assert!(put(&cache, "new", &entry(7, 1_000)).unwrap());
            others[0].tell("none");
            others[0].hear("removed");
            assert!(has(&cache, "new"), "{round}: what was stored afterwards stays");
            others[1].tell("new");
            others[1].hear("removed");
            assert!(get(&cache, "new").unwrap().is_none(), "{round}: they use one file");
            drop((others, cache));
            start_anew(disk);
        }
    });
}

/// Nothing may need room to make room.
#[test]
fn damage_on_a_full_disk_is_mended() {
    on_disk("full::damage_on_a_full_disk_is_mended", "size=2m", |disk| {
        let path = disk.join("cache.sqlite");
        for _ in 0..4 {
            let cache = open(disk);
            for n in 0..100 {
                put(&cache, &n.to_string(), &entry(n, 3_000)).unwrap();
            }
            close(&cache);
            let n_bytes = fs::metadata(&path).unwrap().len();
            fs::write(&path, vec![0x5a; n_bytes as usize]).unwrap();
            let filler = fill(disk);
            assert!(get(&cache, "1").unwrap().is_none());
            assert_eq!(remove(&cache, "1").unwrap(), 1);
            assert!(put(&cache, "new", &entry(1, 100)).unwrap() && has(&cache, "new"));
            fs::remove_file(filler).unwrap();
        }
    });
}

/// A look at what has expired, of which there is none, is no removal.
#[test]
fn a_purge_that_finds_nothing_exchanges_nothing() {
    on_disk("full::a_purge_that_finds_nothing_exchanges_nothing", "size=1m", |disk| {
        let cache = crowded(disk);
        assert_eq!(block_on(cache.purge()).unwrap(), 0);
        let later = block_on(cache.touch(&key("1"), Timeout::from(90), Timeout::ZERO, &LIVING)).map(drop);
        assert_eq!(later.unwrap_err().kind(), ErrorKind::TooLarge);
        assert!((0..30).all(|n| has(&cache, &n.to_string())));
    });
}
