//! Two processes on one store: what the first asks of it can be held back, and its time is moved by the test.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use larder::adapter::AnyAdapter;
use larder::testing::{ManualClock, MemoryAdapter};
use larder::{Cache, RedisCluster};
use larder_servers::or_skip;

use crate::relay::Relay;
use crate::stores::{self, Store};

pub(crate) struct Pair {
    pub(crate) name: &'static str,
    /// The process that computes.
    pub(crate) here: Cache,
    pub(crate) relay: Arc<Relay>,
    pub(crate) clock: ManualClock,
    /// The process that clears.
    pub(crate) elsewhere: Cache,
    /// Ends with the test.
    store: Option<Store>,
}

impl Pair {
    fn over(name: &'static str, open: impl Fn() -> AnyAdapter, store: Option<Store>) -> Self {
        let (relay, clock) = (Arc::new(Relay::default()), ManualClock::new());
        // One cluster serves all tests, so that each needs a part of it to itself.
        static N_PAIRS: AtomicU64 = AtomicU64::new(0);
        let namespace = format!("pair-{}", N_PAIRS.fetch_add(1, Ordering::Relaxed));
        let builder = || Cache::builder(open()).namespace(&namespace);
        let here = builder().layer(Arc::clone(&relay)).clock(clock.clock()).build().unwrap();
        // For the other no time passes either, so that no time budget ends on a busy machine.
        let elsewhere = builder().clock(ManualClock::new().clock()).build().unwrap();
        Self { name, here, relay, clock, elsewhere, store }
    }
}

impl Pair {
    /// Does the store tell what is in it?
    pub(crate) fn tells_what_is_stored(&self) -> bool {
        matches!(self.name, "redis" | "sqlite")
    }

    /// How much is stored, epochs aside.
    pub(crate) fn n_stored(&self) -> usize {
        let url = self.store.as_ref().map_or("", |store| &store.url);
        match self.name {
            "redis" => {
                let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
                let keys: Vec<String> = redis::cmd("KEYS").arg("*leases_*").query(&mut connection).unwrap();
                keys.len()
            }
            "sqlite" => {
                let database = rusqlite::Connection::open(url.trim_start_matches("sqlite:")).unwrap();
                let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'epoch'";
                let mut statement = database.prepare(tables).unwrap();
                let tables = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
                let n_rows = |table: String| -> i64 {
                    database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
                };
                tables.map(|table| n_rows(table.unwrap()) as usize).sum()
            }
            name => unreachable!("{name} does not tell"),
        }
    }
}

/// The reference adapter, Redis, Memcached, SQLite, a Redis cluster; those that are installed.
pub(crate) fn pairs() -> impl Iterator<Item = Pair> {
    let reference = MemoryAdapter::new();
    let reference = Pair::over("reference", || AnyAdapter::new(reference.clone()), None);
    let real = stores::stores().map(|store| {
        let (name, url) = (store.name, store.url.clone());
        Pair::over(name, || stores::connect(name, &url), Some(store))
    });
    std::iter::once(reference).chain(real).chain(cluster())
}

fn cluster() -> Option<Pair> {
    static SERVERS: OnceLock<Option<larder_servers::RedisCluster>> = OnceLock::new();
    let servers = SERVERS.get_or_init(|| or_skip(larder_servers::RedisCluster::start(3, 0))).as_ref()?;
    let open = || AnyAdapter::new(RedisCluster::open(servers.url()).unwrap().fleet(|part| part));
    Some(Pair::over("cluster", open, None))
}

/// What does not hold, so that one run tells of all stores.
#[derive(Default)]
pub(crate) struct Faults(Vec<String>);

impl Faults {
    pub(crate) fn unless(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }

    #[track_caller]
    pub(crate) fn judge(self) {
        assert!(self.0.is_empty(), "{}:\n{}", self.0.len(), self.0.join("\n"));
    }
}
