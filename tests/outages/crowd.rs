//! Tasks and threads that call, some that clear, and an oracle: every value tells its key and its version, so that each can be
//! judged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use larder::{Cache, cached};
use tokio::runtime::{Builder, Runtime};
use tokio::task;

use crate::figures::{Figures, Latencies};

const N_KEYS: usize = 100;
const COMPUTATION: Duration = Duration::from_millis(5);

/// Beyond this a call hangs; and no phase of a test takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Far more than a call may take, as a busy machine adds its own.
const LONGEST: Duration = Duration::from_secs(5);

#[cached(key = "crowd:async:{key}", timeout = 600, skip(truth))]
async fn later(truth: &Truth, key: usize) -> String {
    let version = truth.version(key);
    tokio::time::sleep(COMPUTATION).await;
    truth.computed(key, version)
}

#[cached(key = "crowd:sync:{key}", timeout = 600, skip(truth))]
fn value(truth: &Truth, key: usize) -> String {
    let version = truth.version(key);
    thread::sleep(COMPUTATION);
    truth.computed(key, version)
}

/// What the values are made of: per key the version that is true, and the newest whose clear was acknowledged.
#[derive(Default)]
struct Truth {
    keys: Vec<(AtomicU64, AtomicU64)>,
    n_computed: AtomicU64,
    n_clears: AtomicU64,
    latencies: Latencies,
    is_over: AtomicBool,
}

impl Truth {
    fn version(&self, key: usize) -> u64 {
        self.keys[key].0.load(Ordering::SeqCst)
    }

    fn acknowledged(&self, key: usize) -> u64 {
        self.keys[key].1.load(Ordering::SeqCst)
    }

    fn computed(&self, key: usize, version: u64) -> String {
        self.n_computed.fetch_add(1, Ordering::SeqCst);
        format!("{key}:{version}")
    }

    /// Of a call that began when `acknowledged` was.
    fn judge(&self, key: usize, acknowledged: u64, value: &str) {
        let (of, version) = value.split_once(':').expect("a value tells its key and its version");
        let (of, version): (usize, u64) = (of.parse().unwrap(), version.parse().unwrap());
        assert_eq!(of, key, "the value of another key");
        assert!((acknowledged..=self.version(key)).contains(&version), "{value}: {acknowledged} was cleared before");
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }
}

/// How many are at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) n_tasks: usize,
    pub(crate) n_threads: usize,
    pub(crate) n_clearing: usize,
}

/// Two hundred, who mostly read.
pub(crate) const MANY: Load = Load { n_tasks: 200, n_threads: 16, n_clearing: 1 };

/// Callers at work.
pub(crate) struct Crowd {
    load: Load,
    truth: Arc<Truth>,
    cache: Cache,
    runtime: Runtime,
    tasks: Vec<task::JoinHandle<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Crowd {
    pub(crate) fn gather(cache: Cache, load: Load) -> Self {
        // Crowds before this one have left entries, of other versions.
        let _ = cache.clear();
        let origin = thread::current().id();
        let namespace = format!("{origin:?} {:?}", Instant::now());
        let cache = cache.with_namespace(&namespace);
        let keys = (0..2 * N_KEYS).map(|_| Default::default()).collect();
        let truth = Arc::new(Truth { keys, ..Truth::default() });
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        // No two have the same dice.
        let mut seeds = 0..;
        let mut tasks = Vec::new();
        for seed in seeds.by_ref().take(load.n_tasks) {
            tasks.push(runtime.spawn(larder::scoped_async(&cache, call_on(Arc::clone(&truth), seed))));
        }
        for seed in seeds.by_ref().take(load.n_clearing) {
            tasks.push(runtime.spawn(larder::scoped_async(&cache, clear_on(Arc::clone(&truth), seed))));
        }
        let threads = seeds.take(load.n_threads).map(|seed| {
            let (cache, truth) = (cache.clone(), Arc::clone(&truth));
            thread::spawn(move || larder::scoped(&cache, || call_on_a_thread(&truth, seed)))
        });
        Self { load, threads: threads.collect(), truth, cache, runtime, tasks }
    }

    /// The store is there for so long.
    pub(crate) fn up(&self, lasting: Duration) -> Figures {
        self.watch(lasting).0
    }

    /// It is not: nobody computes more often than once a second, but for what is cleared.
    pub(crate) fn down(&self, lasting: Duration) -> Figures {
        let (figures, lasted, n_clears) = self.watch(lasting);
        let n_seconds = lasted.as_secs() + 1;
        let most = 2 * N_KEYS as u64 * (n_seconds + 1) + n_clears;
        let Figures { n_computed, .. } = figures;
        assert!(n_computed <= most, "{n_computed} computations of {} keys in {lasted:?}", 2 * N_KEYS);
        assert!(figures.latencies.len() > self.load.n_tasks, "they are stuck: {figures}");
        figures
    }

    fn watch(&self, lasting: Duration) -> (Figures, Duration, u64) {
        self.watched(|| thread::sleep(lasting))
    }

    fn watched(&self, event: impl FnOnce()) -> (Figures, Duration, u64) {
        let count = |count: &AtomicU64| count.load(Ordering::SeqCst);
        let start = Instant::now();
        let (n_computed, n_clears) = (count(&self.truth.n_computed), count(&self.truth.n_clears));
        self.truth.latencies.take();
        event();
        let latencies = self.truth.latencies.take();
        let figures = Figures { latencies, n_computed: count(&self.truth.n_computed) - n_computed };
        assert!(figures.longest() < LONGEST, "{figures}");
        (figures, start.elapsed(), count(&self.truth.n_clears) - n_clears)
    }

    /// What happens meanwhile, in however long.
    pub(crate) fn during(&self, event: impl FnOnce()) -> Figures {
        self.watched(event).0
    }

    /// Until each key's value is found in the store, wherever in it.
    pub(crate) fn wait_for_all_hits(&self) {
        let start = Instant::now();
        larder::scoped(&self.cache, || {
            for key in N_KEYS..2 * N_KEYS {
                while !matches!(value::get(key), Ok(Some(_))) {
                    assert!(start.elapsed() < PATIENCE, "hits of {key} do not come back");
                    value(&self.truth, key);
                    thread::sleep(Duration::from_millis(5));
                }
            }
        });
    }

    /// Until what is computed is found in the store.
    pub(crate) fn wait_for_hits(&self) {
        let start = Instant::now();
        larder::scoped(&self.cache, || {
            let is_stored = || {
                let failures = value::stats().store_failures;
                value(&self.truth, 0);
                // Not for the second for which it is kept near.
                failures == value::stats().store_failures && matches!(value::get(0), Ok(Some(_)))
            };
            while !is_stored() || value::clear(0).is_err() {
                assert!(start.elapsed() < PATIENCE, "hits do not come back");
                thread::sleep(Duration::from_millis(5));
            }
        });
        let before = later::stats().hits;
        while later::stats().hits == before {
            assert!(start.elapsed() < PATIENCE, "hits do not come back");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Everybody ends, and nobody has met a wrong value.
    pub(crate) fn disperse(self) {
        self.truth.is_over.store(true, Ordering::SeqCst);
        for task in self.tasks {
            self.runtime.block_on(task).expect("a caller has failed");
        }
        for thread in self.threads {
            thread.join().expect("a caller has failed");
        }
        assert_eq!(self.cache.n_flights(), 0);
    }
}

async fn call_on(truth: Arc<Truth>, seed: u64) {
    let mut dice = Dice::new(seed);
    while !truth.is_over() {
        let key = dice.below(N_KEYS);
        let (acknowledged, start) = (truth.acknowledged(key), Instant::now());
        let value = tokio::time::timeout(PATIENCE, later(&truth, key)).await.expect("a call hangs");
        truth.latencies.note(start.elapsed());
        truth.judge(key, acknowledged, &value);
        tokio::time::sleep(Duration::from_millis(1 + dice.below(20) as u64)).await;
    }
}

/// The keys of threads stand behind those of the tasks.
fn call_on_a_thread(truth: &Truth, seed: u64) {
    let mut dice = Dice::new(seed);
    while !truth.is_over() {
        let key = N_KEYS + dice.below(N_KEYS);
        let (acknowledged, start) = (truth.acknowledged(key), Instant::now());
        let value = value(truth, key);
        truth.latencies.note(start.elapsed());
        truth.judge(key, acknowledged, &value);
        thread::sleep(Duration::from_millis(1 + dice.below(20) as u64));
    }
}

/// Changes keys and clears them; a clear that fails promises nothing.
async fn clear_on(truth: Arc<Truth>, seed: u64) {
    let mut dice = Dice::new(seed);
    while !truth.is_over() {
        let key = dice.below(2 * N_KEYS);
        let version = truth.keys[key].0.fetch_add(1, Ordering::SeqCst) + 1;
        truth.n_clears.fetch_add(1, Ordering::SeqCst);
        let cleared = if key < N_KEYS { later::clear(key).await } else { clear_blocking(key).await };
        if cleared.is_ok() {
            // Others may clear it too, and have come later.
            truth.keys[key].1.fetch_max(version, Ordering::SeqCst);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The helper of a synchronous function blocks: not where others are polled.
async fn clear_blocking(key: usize) -> larder::Result<bool> {
    let cache = larder::adapter_get();
    task::spawn_blocking(move || larder::scoped(&cache, || value::clear(key))).await.unwrap()
}

/// Random enough for a crowd, and without a dependency.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}
