//! One process of the soak: it calls any key, and changes and clears those that it owns.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use larder::observer::{Event, Observer, Outcome};
use larder::testing::ManualClock;
use larder::{Cache, MemcachedCache, RedisCache, RedisCluster, SqliteCache};

use super::dice::Dice;
use super::figures::{Board, Figures};
use super::kinds::{KINDS, Kind, N_KEYS, NAMESPACES, TRUTH};
use super::late::{Late, Lateness};
use crate::N_PROCESSES;
use crate::truth::Truth;

/// So many keys of a kind are called at a time: else the processes would hardly meet.
const N_AT_ONCE: u64 = 2;
const WINDOW_MS: u64 = 250;
/// What is called at once is called within so long.
const APART_MS: u64 = 60;
/// Of what is cleared as a whole there is less: each clear is one of every shard.
const N_GROUPS: u64 = 64;
/// An epoch that was read is believed for so long, by a clock that ticks.
const BELIEVED_MS: u64 = 1_020 * SLOWER as u64;
/// A process whose store fails a call keeps what that one computes for a second, and is told of no clear.
const KEPT_MS: u64 = 1_200;
/// So much slower time passes for what is cleared as a whole, and for the rest.
const SLOWER: u32 = 2;
const MUCH_SLOWER: u32 = 4;
/// So soon after its result the end of a call is told.
const TOLD: Duration = Duration::from_millis(500);

const TICK: Duration = Duration::from_millis(5);

/// What has happened to one kind in this process.
#[derive(Default)]
struct Counts {
    n_clears: AtomicU64,
    n_judged: AtomicU64,
    n_excused: AtomicU64,
    n_stale: AtomicU64,
}

/// When the store last failed a call of the key in this process.
#[derive(Clone)]
struct Failures(Arc<Vec<AtomicU64>>);

impl Observer for Failures {
    fn before(&self, _: &Event<'_>) {}

    fn after(&self, event: &Event<'_>, outcome: Outcome, _: Duration) {
        if outcome == Outcome::StoreFailed {
            let (_, key) = event.key().unwrap().split_once(':').unwrap();
            self.0[key.parse::<usize>().unwrap()].store(now_ms(), SeqCst);
        }
    }
}

impl Failures {
    /// May a call of the key have been given what was computed while the store failed?
    fn excuse(&self, kind: &Kind, key: usize, begun_at: u64) -> bool {
        let slower = if kind.takes_a_second { SLOWER } else { MUCH_SLOWER };
        self.0[key].load(SeqCst) + KEPT_MS * u64::from(slower) > begun_at
    }
}

pub(super) fn spawn(store: &str, truth: &Truth, index: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "soak::a_process_of_the_soak", "--nocapture", "--test-threads=1"])
        .env("LARDER_SOAK_STORE", store)
        .env("LARDER_SOAK_TRUTH", &truth.path)
        .env("LARDER_SOAK_INDEX", index.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

pub(super) fn run_if_asked() {
    let Ok(store) = std::env::var("LARDER_SOAK_STORE") else { return };
    let index: usize = std::env::var("LARDER_SOAK_INDEX").unwrap().parse().unwrap();
    let path = PathBuf::from(std::env::var_os("LARDER_SOAK_TRUTH").unwrap());
    TRUTH.get_or_init(|| Truth::open(&path));
    let failures = Failures((0..KINDS.len() * N_KEYS).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().into());
    let (patient, cache) = (patient(&store, MUCH_SLOWER), patient(&store, SLOWER));
    for cache in [&patient, &cache] {
        cache.observe(failures.clone());
        while cache.blocking().connect().is_err() {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    larder::adapter_set(patient).unwrap();
    NAMESPACES.get_or_init(|| (0..N_KEYS).map(|key| cache.with_namespace(&format!("soak{key}"))).collect());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(run(index, &path, &failures));
}

/// A cache for which time passes slowly, so that the store is late on no machine that is busy: what is computed while it fails
/// is kept in the process, and is told of no clear.
fn patient(store: &str, slower: u32) -> Cache {
    let clock = ManualClock::new();
    let builder = match store.split_once(':').map_or(store, |(scheme, _)| scheme) {
        "redis" => Cache::builder(RedisCache::open(store).unwrap()),
        "memcache" => Cache::builder(MemcachedCache::builder().url(store).unwrap().build().unwrap()),
        "sqlite" => Cache::builder(SqliteCache::open(store.trim_start_matches("sqlite:")).unwrap()),
        _ => RedisCluster::open(store).unwrap().cache(),
    };
    let cache = builder.clock(clock.clock()).build().unwrap();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(TICK * slower);
            clock.advance(TICK);
        }
    });
    cache
}

async fn run(index: usize, path: &Path, failures: &Failures) {
    let board = Arc::new(Board::beside(path));
    let works = (0..KINDS.len()).map(|number| {
        let (counts, failures) = (Arc::default(), failures.clone());
        tokio::spawn(Work { index, number, kind: &KINDS[number], counts, failures }.go(Arc::clone(&board)))
    });
    for work in works.collect::<Vec<_>>() {
        work.await.unwrap();
    }
}

/// What this process does with one kind.
#[derive(Clone)]
struct Work {
    index: usize,
    number: usize,
    kind: &'static Kind,
    counts: Arc<Counts>,
    failures: Failures,
}

impl Work {
    /// Calls keys, and changes some, until all is over.
    async fn go(self, board: Arc<Board>) {
        let Self { index, number, kind, .. } = self;
        let mut dice = Dice::new((index * KINDS.len() + number) as u64 ^ u64::from(std::process::id()) << 32);
        let mut calls = tokio::task::JoinSet::new();
        while !truth().is_over() {
            tokio::time::sleep(Duration::from_millis(15 + dice.below(30))).await;
            let key = number * N_KEYS + kind.any(&mut dice);
            for _ in 0..=dice.below(4) {
                calls.spawn(self.clone().judge(key, dice.below(u64::MAX)));
            }
            if key % N_PROCESSES == index {
                calls.spawn(self.clone().change(key));
            }
            while let Some(judged) = calls.try_join_next() {
                judged.unwrap();
            }
            board.write(index, number, self.counts.figures());
        }
        calls.shutdown().await;
    }

    async fn change(self, key: usize) {
        let Self { kind, counts, .. } = self;
        // What is cleared as a whole is cleared again once the second is over and calls have shown something.
        if kind.takes_a_second && truth().acknowledged_at_ms(key) + 2 * BELIEVED_MS > now_ms() {
            return;
        }
        let Some(_turn) = Turn::of(key) else { return };
        let version = truth().raise(key);
        if (kind.change)(key, version).await {
            truth().acknowledge(key, version, now_ms());
            counts.n_clears.fetch_add(1, SeqCst);
        }
    }

    async fn judge(self, key: usize, seed: u64) {
        let Self { kind, counts, failures, .. } = self;
        // Some come while others wait.
        tokio::time::sleep(Duration::from_millis(seed % APART_MS)).await;
        let (acknowledged, begun_at) = (truth().acknowledged(key), now_ms());
        let is_due = !kind.takes_a_second || truth().acknowledged_at_ms(key) + BELIEVED_MS < begun_at;
        let oldest = if is_due { acknowledged } else { 0 };
        let given = Late::new((kind.call)(key), kind.lateness(), seed).await;
        if oldest == 0 {
            // There is nothing to judge it by.
            return;
        }
        let latest = truth().version(key);
        let holds = match given {
            Some(version) => (oldest..=latest).contains(&version),
            None => (oldest..=latest).any(|version| version % 2 == 0),
        };
        if !holds {
            tokio::time::sleep(TOLD).await;
        }
        counts.n_judged.fetch_add(1, SeqCst);
        if failures.excuse(kind, key, begun_at) {
            counts.n_excused.fetch_add(1, SeqCst);
        } else if !holds && counts.n_stale.fetch_add(1, SeqCst) == 0 {
            eprintln!("{}: {key} is {given:?}, {oldest} was cleared before, {latest} is true", kind.name);
        }
    }
}

impl Kind {
    /// Some key: all processes are at one of a few, for a moment, unless each is cleared rarely.
    fn any(&self, dice: &mut Dice) -> usize {
        if self.takes_a_second {
            return dice.below(N_GROUPS) as usize;
        }
        ((now_ms() / WINDOW_MS * N_AT_ONCE + dice.below(N_AT_ONCE)) % N_KEYS as u64) as usize
    }

    /// Time that passes as it does is soon up.
    fn lateness(&self) -> Lateness {
        let (one_in, latest_ms) = if self.takes_a_second { (6, 30) } else { (3, 80) };
        Lateness { one_in, latest_ms }
    }
}

/// To change a key: one at a time, and only this process does.
struct Turn(usize);

static CHANGING: Mutex<Vec<usize>> = Mutex::new(Vec::new());

impl Turn {
    fn of(key: usize) -> Option<Self> {
        let mut changing = CHANGING.lock().unwrap();
        let is_free = !changing.contains(&key);
        is_free.then(|| changing.push(key)).map(|()| Self(key))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        CHANGING.lock().unwrap().retain(|key| *key != self.0);
    }
}

impl Counts {
    fn figures(&self) -> Figures {
        let counts = [&self.n_clears, &self.n_judged, &self.n_excused, &self.n_stale];
        Figures(counts.map(|count| count.load(SeqCst)))
    }
}

fn truth() -> &'static Truth {
    TRUTH.get().unwrap()
}

pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}
