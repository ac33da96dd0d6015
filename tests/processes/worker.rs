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
    std::thread::sleep(Duration::from_micros(version % 7 * 300));
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
    let own = |dice: &mut Dice| dice.below(truth().n_keys / N_PROCESSES) * N_PROCESSES + index;
    match dice.below(1000) {
        0..700 => drop(version(dice.below(truth().n_keys))),
        700..985 => {
            let key = own(dice);
            let raised = [(key, truth().raise(key))];
            acknowledge(version::clear(key).is_ok(), &raised);
        }
        985..998 => {
            let raised = [(); 5].map(|()| own(dice)).map(|key| (key, truth().raise(key)));
            acknowledge(version::clear_all().is_ok(), &raised);
        }
        _ => {
            let raised = [(); 5].map(|()| own(dice)).map(|key| (key, truth().raise(key)));
            acknowledge(larder::adapter_get().clear().is_ok(), &raised);
        }
    }
}

/// A clear that failed was not acknowledged, and promises nothing.
fn acknowledge(cleared: bool, raised: &[(usize, u64)]) {
    if cleared {
        for &(key, version) in raised {
            // One key may have been raised twice.
            truth().acknowledge(key, version.max(truth().acknowledged(key)));
        }
    }
}

/// What is served after the race.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) stale: Vec<usize>,
    pub(crate) n_hits: u64,
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
        let served = |key: &usize| version::get(*key).unwrap().is_some_and(|served| served < acknowledged[*key]);
        let stale = (0..n_keys).filter(served).collect();
        let n_hits = (0..n_keys).filter(|&key| version::get(key).unwrap().is_some()).count() as u64;
        let n_cleared = acknowledged.iter().filter(|&&version| version > 0).count();
        assert_eq!(version::stats().hits, before, "looking is not calling");
        Verdict { stale, n_hits, n_cleared }
    })
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
