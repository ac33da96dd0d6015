//! One process of the soak: it calls any key, and changes and clears those that it owns.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use larder::testing::ManualClock;
use larder::{Cache, IntoCache, MemcachedCache, RedisCache, RedisCluster, SqliteCache};

use super::dice::Dice;
use super::figures::{Board, Figures};
use super::kinds::{KINDS, Kind, N_KEYS, NAMESPACES, TRUTH};
use super::late::Late;
use crate::N_PROCESSES;
use crate::truth::Truth;

/// So many keys of a kind are called at a time: else the processes would hardly meet.
const N_AT_ONCE: u64 = 2;
const WINDOW_MS: u64 = 200;
/// An epoch that was read is believed for so long, by a clock that ticks.
const BELIEVED_MS: u64 = 1_020;
/// A process whose store fails keeps what it computes for a second.
const EXCUSE_MS: u64 = 1_200;

const TICK: Duration = Duration::from_millis(5);
const SLOWER: u32 = 10;

/// What has happened to one kind in this process.
#[derive(Default)]
struct Counts {
    n_clears: AtomicU64,
    n_judged: AtomicU64,
    n_excused: AtomicU64,
    n_stale: AtomicU64,
    n_failures: AtomicU64,
    failed_at_ms: AtomicU64,
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
    larder::adapter_set(patient(&store)).unwrap();
    let cache = store.as_str().into_cache().unwrap();
    NAMESPACES.get_or_init(|| (0..N_KEYS).map(|key| cache.with_namespace(&format!("soak{key}"))).collect());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(run(index, &path));
}

/// A cache for which time passes slowly, so that the store is late on no machine that is busy: what is computed while it fails
/// is kept in the process, and is told of no clear.
fn patient(store: &str) -> Cache {
    let clock = ManualClock::new();
    let builder = match store.split_once(':').map_or(store, |(scheme, _)| scheme) {
        "redis" => Cache::builder(RedisCache::open(store).unwrap()),
        "memcache" => Cache::builder(MemcachedCache::builder().url(store).unwrap().build().unwrap()),
        "sqlite" => Cache::builder(SqliteCache::open(store.trim_start_matches("sqlite:")).unwrap()),
        _ => Cache::builder(RedisCluster::open(store).unwrap().fleet(|part| part)),
    };
    let cache = builder.clock(clock.clock()).build().unwrap();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(TICK * SLOWER);
            clock.advance(TICK);
        }
    });
    cache
}

async fn run(index: usize, path: &Path) {
    let board = Arc::new(Board::beside(path));
    let work: Vec<_> = (0..KINDS.len()).map(|number| tokio::spawn(work(index, number, Arc::clone(&board)))).collect();
    for work in work {
        work.await.unwrap();
    }
}

/// Calls keys of a kind, and changes some, until all is over.
async fn work(index: usize, number: usize, board: Arc<Board>) {
    let (kind, counts) = (&KINDS[number], Arc::<Counts>::default());
    let mut dice = Dice::new((index * KINDS.len() + number) as u64 ^ u64::from(std::process::id()) << 32);
    let mut calls = tokio::task::JoinSet::new();
    while !truth().is_over() {
        tokio::time::sleep(Duration::from_millis(8 + dice.below(20))).await;
        counts.watch(kind);
        let key = number * N_KEYS + kind.any(&mut dice);
        for _ in 0..=dice.below(4) {
            calls.spawn(judge(kind, key, Arc::clone(&counts), dice.below(u64::MAX)));
        }
        if key % N_PROCESSES == index {
            calls.spawn(change(kind, key, Arc::clone(&counts)));
        }
        while let Some(judged) = calls.try_join_next() {
            judged.unwrap();
        }
        board.write(index, number, counts.figures());
    }
    calls.shutdown().await;
}

impl Kind {
    /// Some key: all processes are at one of a few, for a moment, unless each is cleared rarely.
    fn any(&self, dice: &mut Dice) -> usize {
        if self.takes_a_second {
            return dice.below(N_KEYS as u64) as usize;
        }
        ((now_ms() / WINDOW_MS * N_AT_ONCE + dice.below(N_AT_ONCE)) % N_KEYS as u64) as usize
    }
}

async fn change(kind: &'static Kind, key: usize, counts: Arc<Counts>) {
    // What is cleared as a whole is cleared again once the second is over and calls have shown something.
    if kind.takes_a_second && truth().acknowledged_at_ms(key) + 3 * BELIEVED_MS > now_ms() {
        return;
    }
    let Some(_turn) = Turn::of(key) else { return };
    let version = truth().raise(key);
    if (kind.change)(key, version).await {
        truth().acknowledge(key, version, now_ms());
        counts.n_clears.fetch_add(1, SeqCst);
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

async fn judge(kind: &'static Kind, key: usize, counts: Arc<Counts>, seed: u64) {
    let (acknowledged, begun_at) = (truth().acknowledged(key), now_ms());
    let is_due = !kind.takes_a_second || truth().acknowledged_at_ms(key) + BELIEVED_MS < begun_at;
    let oldest = if is_due { acknowledged } else { 0 };
    let given = Late::new((kind.call)(key), seed).await;
    counts.watch(kind);
    if oldest == 0 {
        // There is nothing to judge it by.
        return;
    }
    let latest = truth().version(key);
    let holds = match given {
        Some(version) => (oldest..=latest).contains(&version),
        None => (oldest..=latest).any(|version| version % 2 == 0),
    };
    counts.n_judged.fetch_add(1, SeqCst);
    if counts.failed_at_ms.load(SeqCst) + EXCUSE_MS > begun_at {
        counts.n_excused.fetch_add(1, SeqCst);
    } else if !holds && counts.n_stale.fetch_add(1, SeqCst) == 0 {
        eprintln!("{}: {key} is {given:?}, {oldest} was cleared before, {latest} is true", kind.name);
    }
}

impl Counts {
    /// Notes when the store has failed a call.
    fn watch(&self, kind: &Kind) {
        let n_failures = (kind.n_failures)();
        if self.n_failures.swap(n_failures, SeqCst) != n_failures {
            self.failed_at_ms.store(now_ms(), SeqCst);
        }
    }

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
