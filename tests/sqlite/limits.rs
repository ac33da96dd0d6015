//! What a database may hold, and what it no longer needs.

use std::fs;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use larder::adapter::{CacheAdapter, Claim, Condition, Entry, EpochName, Release, StoreKey, Token, layout};
use larder::{Cache, ErrorKind, SqliteCache, Timeout, cached};
use rusqlite::Connection;

use crate::disk::n_bytes;
use crate::support::{Folder, LIVING, close, entry, get, has, key, put, record, scaled};

fn n_entries(folder: &Folder) -> i64 {
    let connection = Connection::open(folder.file("cache.sqlite")).unwrap();
    connection.query_row("SELECT count(*) FROM entry", [], |row| row.get(0)).unwrap()
}

#[test]
fn the_oldest_make_way_for_bytes() {
    let folder = Folder::new();
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_bytes(1 << 20).build().unwrap();
    for n in 0..1_000 {
        put(&cache, &n.to_string(), &entry(n, 5_000)).unwrap();
    }
    assert!(has(&cache, "999") && !has(&cache, "0"));
    let n_kept = (0..1_000).filter(|n| has(&cache, &n.to_string())).count();
    assert!(n_kept > 80, "{n_kept}");
    assert!((1_000 - n_kept..1_000).all(|n| has(&cache, &n.to_string())), "the youngest are there");
    close(&cache);
    let n_bytes = fs::metadata(folder.file("cache.sqlite")).unwrap().len();
    assert!(n_bytes < 1_300_000, "{n_bytes}");
}

#[test]
fn the_oldest_make_way_for_entries() {
    let folder = Folder::new();
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_entries(128).build().unwrap();
    for n in 0..1_000 {
        put(&cache, &n.to_string(), &entry(n, 10)).unwrap();
        put(&cache, "hot", &entry(n, 10)).unwrap();
    }
    assert!(has(&cache, "999") && has(&cache, "hot") && !has(&cache, "0"));
    close(&cache);
    let n_entries = n_entries(&folder);
    assert!((64..=132).contains(&n_entries), "{n_entries}");
}

#[test]
fn one_transaction_may_store_more_than_there_is_room_for() {
    let folder = Folder::new();
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_bytes(1 << 20).build().unwrap();
    let entries: Vec<(StoreKey, Entry)> = (0..100).map(|n| (key(&n.to_string()), entry(n, 100_000))).collect();
    block_on(cache.put_many(&entries)).map_or_else(|error| assert_eq!(error.kind(), ErrorKind::TooLarge), drop);
    put(&cache, "after", &entry(7, 100_000)).unwrap();
    assert!(has(&cache, "after"));
}

/// Permits that are never given back, as of processes that died, and then the fills of those that were taken last.
#[test]
fn permits_make_way_for_permits_and_never_entries_for_them() {
    let folder = Folder::new();
    // 1 MiB for the tables, the log aside.
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_bytes((4 << 20) / 3 + 1).build().unwrap();
    for n in 0..200 {
        put(&cache, &n.to_string(), &entry(n, 1_000)).unwrap();
    }
    let claimed = |n: u64| key(&format!("{n}:{}", "x".repeat(100)));
    let n_claims = scaled(15_000, 150_000);
    let mut tokens = Vec::new();
    for from in (0..n_claims).step_by(500) {
        tokens = block_on(permits(&cache, (from..from + 500).map(claimed)));
    }
    for n in 200..250 {
        put(&cache, &n.to_string(), &entry(n, 1_000)).unwrap();
    }
    let n_kept = (0..250).filter(|n| has(&cache, &n.to_string())).count();
    assert_eq!(n_kept, 250, "entries are kept beside {n_claims} permits");
    let youngest = claimed(n_claims - 1);
    assert!(block_on(cache.put(&youngest, &entry(7, 10), Condition::IfPermit(&tokens[499]))).unwrap());
    assert!(block_on(cache.get(&youngest)).unwrap().is_some());
    close(&cache);
    let connection = Connection::open(folder.file("cache.sqlite")).unwrap();
    let n_permits: i64 = connection.query_row("SELECT count(*) FROM permit", [], |row| row.get(0)).unwrap();
    assert!((900..=1_600).contains(&n_permits), "{n_permits}");
}

#[test]
fn permits_that_are_given_back_leave_nothing() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    let names = |of: &str| (0..500).map(|n| key(&format!("{of}{n}"))).collect::<Vec<_>>();
    for (of, n_claims) in [("one", 1), ("three", 3)] {
        let claims: Vec<_> = (0..n_claims).map(|_| block_on(permits(&cache, names(of).into_iter()))).collect();
        for tokens in &claims {
            for (key, token) in names(of).iter().zip(tokens) {
                assert!(block_on(cache.release(key, token, Release::Keep)).unwrap());
            }
        }
    }
    // Nor do those that are used, or voided.
    for change in ["fill", "remove", "put"] {
        let tokens = block_on(permits(&cache, names(change).into_iter()));
        block_on(permits(&cache, names(change).into_iter()));
        for (key, token) in names(change).iter().zip(&tokens) {
            match change {
                "fill" => assert!(block_on(cache.put(key, &entry(1, 10), Condition::IfPermit(token))).unwrap()),
                "remove" => drop(block_on(cache.remove(std::slice::from_ref(key))).unwrap()),
                _ => assert!(block_on(cache.put(key, &entry(1, 10), Condition::Always)).unwrap()),
            }
        }
    }
    close(&cache);
    let connection = Connection::open(folder.file("cache.sqlite")).unwrap();
    let n_permits: i64 = connection.query_row("SELECT count(*) FROM permit", [], |row| row.get(0)).unwrap();
    assert_eq!(n_permits, 0);
}

/// Claims, all at once.
async fn permits(cache: &SqliteCache, keys: impl Iterator<Item = StoreKey>) -> Vec<Token> {
    let claims: Vec<_> = keys
        .map(|key| {
            let cache = cache.clone();
            async move { cache.permit(&key, Claim::Shared, &LIVING, &[]).await.unwrap().token.unwrap() }
        })
        .collect();
    let mut claims: Vec<_> = claims.into_iter().map(Box::pin).collect();
    let mut tokens = Vec::new();
    for claim in &mut claims {
        // On its way, with those before it.
        tokens.push(futures_lite::future::poll_once(claim.as_mut()).await);
    }
    for (claim, token) in claims.into_iter().zip(&mut tokens) {
        if token.is_none() {
            *token = Some(claim.await);
        }
    }
    tokens.into_iter().flatten().collect()
}

#[test]
fn an_entry_that_is_too_large_is_refused() {
    let cache = SqliteCache::builder().memory().max_bytes(1 << 20).build().unwrap();
    let largest = cache.capability().largest_entry;
    put(&cache, "a", &entry(1, largest - layout::PAYLOAD)).unwrap();
    assert!(has(&cache, "a"));
    let error = put(&cache, "a", &entry(1, largest - layout::PAYLOAD + 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(has(&cache, "a"));
}

#[test]
fn what_is_past_its_grace_is_purged() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    let short = Entry { record: record(1, 10), timeout: Timeout::from_millis(50), grace: Timeout::from_millis(50) };
    for n in 0..2_000 {
        put(&cache, &n.to_string(), &if n % 2 == 0 { short.clone() } else { entry(n, 10) }).unwrap();
    }
    std::thread::sleep(Duration::from_millis(110));
    assert!(get(&cache, "1998").unwrap().is_none());
    let n_purged = block_on(cache.purge()).unwrap();
    close(&cache);
    assert_eq!(n_entries(&folder), 1_000);
    assert!(n_purged <= 1_000, "{n_purged}");
}

/// More is stored between two slices than a slice looks at.
#[test]
fn a_purge_ends_however_much_is_stored_meanwhile() {
    let cache = SqliteCache::memory();
    let many = |round: u64| -> Vec<_> { (0..1_000).map(|n| (key(&format!("{round}-{n}")), entry(n, 0))).collect() };
    block_on(cache.put_many(&many(0))).unwrap();
    let mut purge = std::pin::pin!(cache.purge());
    let is_over = (1..20).any(|round| {
        let is_over = block_on(futures_lite::future::poll_once(&mut purge)).is_some();
        block_on(cache.put_many(&many(round))).unwrap();
        is_over
    });
    assert!(is_over);
}

#[test]
fn purging_goes_on_behind_the_callers() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    let short = Entry { record: record(1, 10), timeout: Timeout::from_millis(1), grace: Timeout::ZERO };
    for n in 0..100 {
        put(&cache, &n.to_string(), &short).unwrap();
    }
    let started = Instant::now();
    while n_entries(&folder) > 0 {
        assert!(started.elapsed() < Duration::from_secs(30), "{} are never purged", n_entries(&folder));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// As many that read at random would, two see to it that at each moment one of them does.
struct Readers {
    connections: [Connection; 2],
    is_first: bool,
}

impl Readers {
    fn new(folder: &Folder) -> Self {
        let connections = [0, 1].map(|_| Connection::open(folder.file("cache.sqlite")).unwrap());
        let mut readers = Self { connections, is_first: true };
        readers.connections[1].execute_batch("BEGIN; SELECT count(*) FROM epoch").unwrap();
        readers.take_turns();
        readers
    }

    fn take_turns(&mut self) {
        let [one, other] = &self.connections;
        let (begins, ends) = if self.is_first { (one, other) } else { (other, one) };
        begins.execute_batch("BEGIN; SELECT count(*) FROM epoch").unwrap();
        ends.execute_batch("COMMIT").unwrap();
        self.is_first = !self.is_first;
    }
}

/// SQLite begins it anew when a writer finds nobody reading.
#[test]
fn the_log_begins_anew_though_somebody_reads_all_the_time() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    put(&cache, "0", &entry(0, 10)).unwrap();
    // Its header has a number that changes when it begins anew.
    let number = || fs::read(folder.file("cache.sqlite-wal")).unwrap()[16..24].to_vec();
    let mut readers = Readers::new(&folder);
    let (first, large, started) = (number(), entry(1, 300_000), Instant::now());
    for n in 0.. {
        let name = key(&(n % 100).to_string());
        let mut put = std::pin::pin!(cache.put(&name, &large, Condition::Always));
        let mut n_polled = 0;
        while block_on(futures_lite::future::poll_once(&mut put)).is_none() {
            n_polled += 1;
            std::thread::sleep(Duration::from_millis(1));
            // Nobody reads for so long that the log could not begin anew at all.
            if n_polled % 50 == 0 {
                readers.take_turns();
            }
        }
        readers.take_turns();
        if n % 10 == 0 && number() != first {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "it grows and grows");
    }
}

/// A connection that looks at the database as it is now, and goes on to.
fn reader(folder: &Folder) -> Connection {
    let reader = Connection::open(folder.file("cache.sqlite")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM entry").unwrap();
    reader
}

/// SQLite keeps all of the log that such a reader might ask for, and what comes behind it.
#[test]
fn database_and_log_keep_to_their_limit_while_another_connection_reads() {
    let folder = Folder::new();
    let most = 4 << 20;
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_bytes(most).build().unwrap();
    for n in 0..20 {
        put(&cache, &format!("old {n}"), &entry(n, 10_000)).unwrap();
    }
    let reader = reader(&folder);
    let mut n_refused = 0;
    for n in 0..400 {
        match put(&cache, &n.to_string(), &entry(n, 50_000)) {
            Ok(is_stored) => assert!(is_stored),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
                n_refused += 1;
            }
        }
        let n_bytes = n_bytes(folder.path(), "cache.sqlite");
        assert!(n_bytes <= most + (1 << 20), "{n_bytes} bytes after {n}");
    }
    assert!(n_refused > 300, "{n_refused}");
    // What is to go goes.
    assert!(has(&cache, "old 7"));
    assert!(matches!(block_on(cache.remove(&[key("old 7")])).unwrap()[..], [Some(_)]));
    assert!(get(&cache, "old 7").unwrap().is_none());
    let name = EpochName::namespace(0, "test");
    let epoch = block_on(cache.epochs(std::slice::from_ref(&name))).unwrap();
    assert_ne!(epoch[0], block_on(cache.renew(&name)).unwrap());
    // And once it reads no more, all is as before.
    reader.execute_batch("COMMIT").unwrap();
    for n in 0..100 {
        assert!(put(&cache, &format!("new {n}"), &entry(n, 50_000)).unwrap() && has(&cache, &format!("new {n}")));
    }
    let started = Instant::now();
    while n_bytes(folder.path(), "cache.sqlite-wal") > 1 << 20 {
        assert!(started.elapsed() < Duration::from_secs(30), "the log is never given back");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A removal adds to the log, too. Past a second limit the file is exchanged, so that others' reads cannot have it grow.
#[test]
fn removals_keep_to_the_limit_while_another_connection_reads() {
    let folder = Folder::new();
    let most = 4 << 20;
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_bytes(most).build().unwrap();
    put(&cache, "old", &entry(1, 10_000)).unwrap();
    let _reader = reader(&folder);
    let name = EpochName::namespace(0, "test");
    for n in 0..400 {
        block_on(cache.renew(&name)).unwrap();
        block_on(cache.remove(&[key("old")])).unwrap();
        assert!(get(&cache, "old").unwrap().is_none());
        let n_bytes = n_bytes(folder.path(), "cache.sqlite-wal");
        assert!(n_bytes <= most / 4 + (64 << 10), "{n_bytes} bytes after {n}");
    }
    assert!(put(&cache, "new", &entry(1, 10)).unwrap() && has(&cache, "new"));
}

/// Many that come at once are one transaction, but not of any size.
#[test]
fn many_large_entries_at_once_keep_to_the_limit() {
    let folder = Folder::new();
    let most = 4 << 20;
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_bytes(most).build().unwrap();
    put(&cache, "old", &entry(1, 10)).unwrap();
    let _reader = reader(&folder);
    std::thread::scope(|scope| {
        for n in 0..64 {
            let cache = &cache;
            scope.spawn(move || put(cache, &n.to_string(), &entry(n, 400_000)).map_err(|error| error.kind()));
        }
    });
    let n_bytes = n_bytes(folder.path(), "cache.sqlite");
    assert!(n_bytes <= most + (1 << 20), "{n_bytes}");
}

/// With what holds where nothing was said, the log is no longer than the half of what it may have.
#[test]
fn the_log_is_bounded_by_default() {
    let folder = Folder::new();
    let cache = SqliteCache::open(folder.file("cache.sqlite")).unwrap();
    put(&cache, "old", &entry(1, 10)).unwrap();
    let reader = reader(&folder);
    let large = entry(1, 900_000);
    let told: Vec<_> = (0..40).map(|n| put(&cache, &(n % 10).to_string(), &large).is_ok()).collect();
    let n_bytes = n_bytes(folder.path(), "cache.sqlite-wal");
    assert!(n_bytes < 18 << 20, "{n_bytes}");
    assert!(told[0] && !told[39], "{told:?}");
    reader.execute_batch("COMMIT").unwrap();
    assert!(put(&cache, "new", &large).unwrap() && has(&cache, "new"));
}

/// A transaction of the program's may be as long as it likes; what it left in the log is given back.
#[test]
fn what_a_long_transaction_leaves_in_the_log_is_given_back() {
    let folder = Folder::new();
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_bytes(4 << 20).build().unwrap();
    put(&cache, "a", &entry(1, 100)).unwrap();
    assert!(has(&cache, "a"), "a thread that reads keeps the log where it is");
    let client = cache.client();
    let large = |sql: &'static str| block_on(client.transaction(move |connection| connection.execute_batch(sql)));
    large("CREATE TABLE own(bytes); INSERT INTO own VALUES (zeroblob(2500000))").unwrap().unwrap();
    assert!(n_bytes(folder.path(), "cache.sqlite-wal") > 2_500_000);
    assert!(put(&cache, "b", &entry(1, 100)).unwrap());
    assert!(n_bytes(folder.path(), "cache.sqlite-wal") < 1 << 20);
    // And while another connection reads, it is refused like all that would have the log grow; to look is not.
    let _reader = reader(&folder);
    large("UPDATE own SET bytes = zeroblob(2500001)").unwrap().unwrap();
    let error = large("UPDATE own SET bytes = zeroblob(2500002)").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    large("SELECT count(*) FROM own").unwrap().unwrap();
    assert!(has(&cache, "a") && has(&cache, "b"));
}

#[test]
fn the_smallest_cache_holds_an_entry() {
    let folder = Folder::new();
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_bytes(64 << 10).build().unwrap();
    let largest = cache.capability().largest_entry;
    for n in 0..50 {
        let name = n.to_string();
        assert!(put(&cache, &name, &entry(n, largest - layout::PAYLOAD)).unwrap() && has(&cache, &name));
    }
    assert_eq!(put(&cache, "a", &entry(1, largest)).unwrap_err().kind(), ErrorKind::TooLarge);
}

/// What would push itself out again was not stored.
#[test]
fn what_is_not_kept_is_an_error() {
    let folder = Folder::new();
    let cache = SqliteCache::builder().path(folder.file("cache.sqlite")).max_bytes(1 << 20).build().unwrap();
    put(&cache, "old", &entry(1, 100)).unwrap();
    let fat = "CREATE TABLE fat(bytes); INSERT INTO fat VALUES (zeroblob(900000))";
    block_on(cache.client().transaction(move |connection| connection.execute_batch(fat))).unwrap().unwrap();
    assert_eq!(put(&cache, "new", &entry(1, 100)).unwrap_err().kind(), ErrorKind::TooLarge);
    assert!(get(&cache, "new").unwrap().is_none());
}

#[test]
fn what_another_process_has_left_goes_with_the_next_clear() {
    #[cached(key = "limits_swept:{id}", timeout = Timeout::NEVER)]
    fn value(id: u64) -> u64 {
        id
    }
    let adapter = SqliteCache::memory();
    let (cache, other) = (Cache::far(adapter.clone()), Cache::far(adapter.clone()).with_namespace("other"));
    other.blocking().set("tea", 1, 60).unwrap();
    cache.blocking().multi_set((0..2_000).map(|n| (n.to_string(), n)), Timeout::NEVER).unwrap();
    // As a process does that is killed before it could sweep.
    block_on(adapter.renew(&EpochName::namespace(0, "larder"))).unwrap();
    larder::scoped(Cache::far(adapter.clone()), || {
        value(7);
        value::clear_all().unwrap();
        value(8);
    });
    let by_hand = (0..2_000).map(|n: u64| n.to_string());
    let keys: Vec<_> =
        by_hand.chain(["limits_swept:7".into()]).map(|key: String| StoreKey::new("larder", key)).collect();
    let started = Instant::now();
    while block_on(adapter.get_many(&keys)).unwrap().iter().any(Option::is_some) {
        assert!(started.elapsed() < Duration::from_secs(60), "they stay");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(block_on(adapter.get(&StoreKey::new("larder", "limits_swept:8"))).unwrap().is_some());
    assert_eq!(other.blocking().get::<i32>("tea").unwrap(), Some(1));
}

#[test]
fn a_sweep_takes_dead_epochs_of_its_namespace_alone() {
    let cache = SqliteCache::memory();
    let with = |namespace: u64, template: u64| {
        let mut entry = entry(1, 10);
        entry.record[layout::NAMESPACE_EPOCH].copy_from_slice(&namespace.to_le_bytes());
        entry.record[layout::TEMPLATE_EPOCH].copy_from_slice(&template.to_le_bytes());
        entry
    };
    let long = "n".repeat(300);
    let entries = [
        (StoreKey::new("foo", "dead"), with(1, 0)),
        (StoreKey::new("foo", "dead by template"), with(9, 1)),
        (StoreKey::new("foo", "alive"), with(9, 2)),
        (StoreKey::new("foobar", "dead elsewhere"), with(1, 0)),
        (StoreKey::new(&long, "dead"), with(5, 0)),
    ];
    block_on(cache.put_many(&entries)).unwrap();
    assert_eq!(block_on(cache.sweep("foo", &[1])).unwrap(), 2);
    assert_eq!(block_on(cache.sweep(&long, &[5])).unwrap(), 1);
    let keys = entries.map(|(key, _)| key);
    let found = block_on(cache.get_many(&keys)).unwrap();
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true, true, false]);
}
