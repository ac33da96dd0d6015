//! Every store that keeps something, each with a namespace of the check's own, and with a clock that moves by hand where
//! the store is ours.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use larder::adapter::AnyAdapter;
use larder::testing::{ManualClock, MemoryAdapter};
use larder::{Cache, IntoCache, MemcachedCache, MemoryCache, NullCache, RedisCache, SqliteCache};
use larder_servers::{Memcached, Redis, RedisCluster, or_skip};
use tempfile::TempDir;

use crate::hand::{FACES, Face, Hand};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The near tier alone.
    Memory,
    /// The reference adapter, behind a far cache.
    Reference,
    Redis,
    /// Three masters of a Redis Cluster.
    Cluster,
    Memcached,
    /// Three memcached servers as one.
    Fleet,
    Sqlite,
}

pub(crate) const KINDS: [Kind; 7] =
    [Kind::Memory, Kind::Reference, Kind::Redis, Kind::Cluster, Kind::Memcached, Kind::Fleet, Kind::Sqlite];

/// What the cache is told; seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) timeout: u64,
    pub(crate) grace: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { timeout: 300, grace: 60 }
    }
}

/// A cache for one check.
pub(crate) struct Shop {
    pub(crate) kind: Kind,
    pub(crate) face: Face,
    pub(crate) cache: Cache,
    pub(crate) hand: Hand,
    /// Of a store of ours.
    pub(crate) clock: Option<ManualClock>,
    options: Options,
    reference: Option<MemoryAdapter>,
    /// Of the file of SQLite; goes with the shop.
    folder: Option<TempDir>,
}

/// Runs the check on every store, through both faces, each on a thread that is named after them: most of them wait for a
/// server's clock.
pub(crate) fn everywhere(check: impl Fn(&Shop) + Sync) {
    everywhere_with(Options::default(), check);
}

pub(crate) fn everywhere_with(options: Options, check: impl Fn(&Shop) + Sync) {
    let check = &check;
    thread::scope(|scope| {
        for (kind, face) in places() {
            let run = move || Shop::open(kind, face, options).iter().for_each(check);
            let named = thread::Builder::new().name(format!("{kind:?}, {face:?}"));
            named.spawn_scoped(scope, run).unwrap();
        }
    });
}

/// The same one after the other, for a check that is a crowd by itself.
pub(crate) fn in_turn(check: impl Fn(&Shop)) {
    for (kind, face) in places() {
        println!("{kind:?}, {face:?}");
        Shop::open(kind, face, Options::default()).iter().for_each(&check);
    }
}

fn places() -> impl Iterator<Item = (Kind, Face)> {
    KINDS.into_iter().flat_map(|kind| FACES.map(|face| (kind, face)))
}

impl Shop {
    /// `None` where no server is installed.
    pub(crate) fn open(kind: Kind, face: Face, options: Options) -> Option<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let clock = matches!(kind, Kind::Memory | Kind::Reference).then(ManualClock::new);
        let reference = clock.as_ref().map(|clock| MemoryAdapter::new().with_clock(clock.clock()));
        let folder = (kind == Kind::Sqlite).then(|| tempfile::tempdir().unwrap());
        let namespace = format!("check-{}", NEXT.fetch_add(1, Ordering::SeqCst));
        // Until the store is known, one that keeps nothing stands for it.
        let cache = Cache::from(NullCache);
        let hand = Hand::of(&cache, face);
        let mut shop = Self { kind, face, cache, hand, clock, options, reference, folder };
        shop.cache = shop.connect()?.with_namespace(&namespace);
        shop.hand = Hand::of(&shop.cache, face);
        Some(shop)
    }

    fn connect(&self) -> Option<Cache> {
        let Options { timeout, grace } = self.options;
        match (self.kind, &self.clock, &self.reference) {
            (Kind::Memory, Some(clock), _) => {
                let builder = MemoryCache::builder().clock(clock.clock()).max_entries(20_000);
                Some(builder.timeout(timeout).grace(grace).build().unwrap().into())
            }
            (Kind::Reference, Some(clock), Some(store)) => {
                let builder = Cache::builder(store.clone()).clock(clock.clock());
                Some(builder.timeout(timeout).grace(grace).build().unwrap())
            }
            _ => Some(format!("{}?timeout={timeout}&grace={grace}", self.url()?).into_cache().unwrap()),
        }
    }

    fn url(&self) -> Option<String> {
        url(self.kind, self.file().as_deref())
    }

    fn file(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("commands.sqlite"))
    }

    /// The cache as another process has it: the same entries, and nothing else in common. In memory it is the same.
    pub(crate) fn elsewhere(&self) -> Cache {
        if self.kind == Kind::Memory {
            return self.cache.clone();
        }
        let cache = self.connect().unwrap();
        cache.with_namespace(self.cache.namespace())
    }

    pub(crate) fn hand_of(&self, cache: &Cache) -> Hand {
        Hand::of(cache, self.face)
    }

    /// The store itself, unless it is in memory or several.
    pub(crate) fn adapter(&self) -> Option<AnyAdapter> {
        Some(match self.kind {
            Kind::Memory | Kind::Cluster | Kind::Fleet => return None,
            Kind::Reference => AnyAdapter::new(self.reference.clone()?),
            Kind::Redis => AnyAdapter::new(RedisCache::open(self.url()?).unwrap()),
            Kind::Memcached => AnyAdapter::new(MemcachedCache::builder().url(&self.url()?).unwrap().build().unwrap()),
            Kind::Sqlite => AnyAdapter::new(SqliteCache::open(self.file()?).unwrap()),
        })
    }

    /// A timeout that is soon over: the store's smallest step, at most.
    pub(crate) fn soon(&self) -> Duration {
        Duration::from_millis(if self.is_memcached() { 1_000 } else { 20 })
    }

    pub(crate) fn is_memcached(&self) -> bool {
        matches!(self.kind, Kind::Memcached | Kind::Fleet)
    }

    /// Lets so much time pass.
    pub(crate) fn wait(&self, time: Duration) {
        match &self.clock {
            Some(clock) => clock.advance(time),
            None => thread::sleep(time),
        }
    }

    /// Lets what stands under `key` expire, by re-timing it.
    pub(crate) fn expire(&self, key: &str) {
        let soon = self.soon();
        let retimed = self.hand.update_timeout::<String>(key, soon);
        assert!(retimed.is_ok(), "{key} is there: {retimed:?}");
        self.until_absent(key, soon);
    }

    /// Lets what lives for `timeout` expire.
    pub(crate) fn until_absent(&self, key: &str, timeout: Duration) {
        if let Some(clock) = &self.clock {
            clock.advance(timeout);
            assert!(!self.hand.exists(key).unwrap(), "{key} lives longer than {timeout:?}");
            return;
        }
        // Whoever reads may take it for expired a little before the store itself does, which has begun to count by now.
        let (start, a_tick) = (Instant::now(), Duration::from_millis(2));
        while start.elapsed() < timeout + a_tick || self.hand.exists(key).unwrap() {
            assert!(start.elapsed() < timeout + Duration::from_secs(5), "{key} lives longer than {timeout:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// One server of each for all checks of this program; they end with it.
fn url(kind: Kind, file: Option<&Path>) -> Option<String> {
    static REDIS: OnceLock<Option<Redis>> = OnceLock::new();
    static CLUSTER: OnceLock<Option<RedisCluster>> = OnceLock::new();
    static MEMCACHED: OnceLock<Option<[Memcached; 3]>> = OnceLock::new();
    let memcached = || {
        let start = || or_skip(Memcached::with(&["-m", "256"]));
        MEMCACHED.get_or_init(|| Some([start()?, start()?, start()?])).as_ref()
    };
    match kind {
        Kind::Memory | Kind::Reference => None,
        Kind::Redis => REDIS.get_or_init(|| or_skip(Redis::start())).as_ref().map(|server| server.url()),
        Kind::Cluster => {
            CLUSTER.get_or_init(|| or_skip(RedisCluster::start(3, 0))).as_ref().map(|servers| servers.url())
        }
        Kind::Memcached => memcached().map(|servers| servers[0].url()),
        Kind::Fleet => memcached().map(|servers| {
            let addresses = servers.iter().map(|server| format!("127.0.0.1:{}", server.port()));
            format!("memcache://{}", addresses.collect::<Vec<_>>().join(","))
        }),
        Kind::Sqlite => Some(format!("sqlite:{}", file?.display())),
    }
}
