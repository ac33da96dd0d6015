//! One process of the race: it computes any key, and changes and clears those that it owns.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use larder::cached;

use crate::N_PROCESSES;
use crate::truth::Truth;

static TRUTH: OnceLock<Truth> = OnceLock::new();

/// Reads the version, and takes its time before it answers: whatever is cleared meanwhile makes the answer old.
#[cached(key = "race:{key}", timeout = 600)]
fn version(key: usize) -> u64 {
    let version = truth().version(key);
    std::thread::sleep(Duration::from_micros(500 + version % 7 * 300));
    version
}

fn truth() -> &'static Truth {
    TRUTH.get().unwrap()
}

pub(crate) fn spawn(store: &str, truth: &Truth, index: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_process_of_the_race", "--nocapture", "--test-threads=1"])
        .env("LARDER_RACE_STORE", store)
        .env("LARDER_RACE_TRUTH", &truth.path)
        .env("LARDER_RACE_INDEX", index.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

pub(crate) fn run_if_asked() {
    let Ok(store) = std::env::var("LARDER_RACE_STORE") else { return };
    let index = std::env::var("LARDER_RACE_INDEX").unwrap().parse().unwrap();
    let path = PathBuf::from(std::env::var_os("LARDER_RACE_TRUTH").unwrap());
    TRUTH.get_or_init(|| Truth::open(&path));
    larder::adapter_set(store).unwrap();
    let mut dice = Dice(std::process::id().into());
    while !truth().is_over() {
        step(index, &mut dice);
    }
}

fn step(index: usize, dice: &mut Dice) {
    let own = |dice: &mut Dice| contested(dice) / N_PROCESSES * N_PROCESSES + index;
    let raise = |key| (key, truth().raise(key));
    match dice.below(10_000) {
        0..5_000 => check(contested(dice)),
        5_000..7_000 => check(dice.below(truth().n_keys)),
        7_000..9_990 => {
            let raised = [raise(own(dice))];
            acknowledge(version::clear(raised[0].0).is_ok(), &raised);
        }
        9_990..9_998 => {
            let raised = [(); 5].map(|()| raise(own(dice)));
            acknowledge(version::clear_all().is_ok(), &raised);
        }
        _ => {
            let raised = [(); 5].map(|()| raise(own(dice)));
            acknowledge(larder::adapter_get().clear().is_ok(), &raised);
        }
    }
}

/// One of a few keys that all processes are at, for a moment: else they would hardly meet.
fn contested(dice: &mut Dice) -> usize {
    const AT_ONCE: usize = 40;
    let window = usize::try_from(now_ms() / 60).unwrap();
    (window * AT_ONCE + dice.below(AT_ONCE)) % truth().n_keys
}

/// What was cleared, and acknowledged, two seconds ago or earlier is served to nobody.
fn check(key: usize) {
    let acknowledged = truth().acknowledged(key);
    let is_long_ago = truth().acknowledged_at_ms(key) + 2_000 < now_ms();
    let served = version(key);
    assert!(!is_long_ago || served >= acknowledged, "{key} is {served}, {acknowledged} was cleared long ago");
}

/// A clear that failed was not acknowledged, and promises nothing. Who has cleared sees it at once.
fn acknowledge(cleared: bool, raised: &[(usize, u64)]) {
    for &(key, version) in raised.iter().filter(|_| cleared) {
        // One key may have been raised twice.
        truth().acknowledge(key, version.max(truth().acknowledged(key)), now_ms());
        let served = self::version(key);
        assert!(served >= version, "{key} is {served} for who has just cleared {version}");
    }
}

fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// What is served after the race.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) stale: Vec<usize>,
    pub(crate) n_hits: usize,
    pub(crate) n_cleared: usize,
}

pub(crate) fn verify(store: &str, truth: &Truth) -> Verdict {
    let cache = larder::IntoCache::into_cache(store).unwrap();
    let truth = Truth::open(&truth.path);
    let n_keys = truth.n_keys;
    let acknowledged: Vec<u64> = (0..n_keys).map(|key| truth.acknowledged(key)).collect();
    larder::scoped(&cache, || {
        let before = version::stats().hits;
        // Only what is stored is of interest: what would be computed now is true by itself.
        let served: Vec<_> = (0..n_keys).map(stored).collect();
        let is_stale = |key: &usize| served[*key].is_some_and(|served| served < acknowledged[*key]);
        let stale = (0..n_keys).filter(is_stale).collect();
        let n_hits = served.iter().flatten().count();
        let n_cleared = acknowledged.iter().filter(|&&version| version > 0).count();
        assert_eq!(version::stats().hits, before, "looking is not calling");
        Verdict { stale, n_hits, n_cleared }
    })
}

/// What stands there. A store on a busy machine may need more than one question.
fn stored(key: usize) -> Option<u64> {
    let start = std::time::Instant::now();
    loop {
        match version::get(key) {
            Ok(stored) => return stored,
            Err(error) => assert!(start.elapsed() < Duration::from_secs(30), "{error}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Random enough for a race, and without a dependency.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}
