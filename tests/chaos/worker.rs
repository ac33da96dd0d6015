//! One of the processes that are cut off: it reads all keys, and changes and clears those that it owns. What is true, and how
//! far each has come, stands in a file of which all read and write single words.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use larder::{Cache, cached};

use crate::oracle::Dice;

pub(crate) const N_PROCESSES: usize = 4;
pub(crate) const N_KEYS: usize = 1_000;

/// In twenty rounds the four of them clear a hundred thousand times.
const N_CLEARS: usize = 1_250;
/// One of them in each round: more than is remembered key by key.
const N_TOO_MANY: usize = 10_500;

static WORDS: OnceLock<Words> = OnceLock::new();

#[cached(key = "cut_off:{key}", timeout = 600)]
fn version(key: usize) -> u64 {
    WORDS.get().unwrap().version(key)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// All is read, so that it is stored.
    Together,
    /// What is cleared now does not arrive.
    CutOff,
    /// It does now.
    Reunited,
    /// And by now nobody may read what was cleared.
    Judging,
    Over,
}

/// The file: what is to be done, how far each process is, and the version of each key.
pub(crate) struct Words {
    path: PathBuf,
    file: File,
}

impl Words {
    pub(crate) fn create(path: &Path) -> Self {
        std::fs::write(path, vec![0; 8 * (1 + N_PROCESSES + N_KEYS)]).unwrap();
        Self::open(path)
    }

    fn open(path: &Path) -> Self {
        Self { path: path.into(), file: File::options().read(true).write(true).open(path).unwrap() }
    }

    pub(crate) fn begin(&self, round: u64, phase: Phase) {
        self.set_word(0, round * 8 + phase as u64);
    }

    pub(crate) fn all_are_through(&self, round: u64, phase: Phase) -> bool {
        (0..N_PROCESSES).all(|index| self.word(1 + index) == round * 8 + phase as u64)
    }

    pub(crate) fn version(&self, key: usize) -> u64 {
        self.word(1 + N_PROCESSES + key)
    }

    fn raise(&self, key: usize) {
        self.set_word(1 + N_PROCESSES + key, self.version(key) + 1);
    }

    fn word(&self, at: usize) -> u64 {
        let mut word = [0; 8];
        self.file.read_exact_at(&mut word, 8 * at as u64).unwrap();
        u64::from_le_bytes(word)
    }

    fn set_word(&self, at: usize, word: u64) {
        self.file.write_all_at(&word.to_le_bytes(), 8 * at as u64).unwrap();
    }
}

pub(crate) fn spawn(store: &str, words: &Words, index: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_process_that_is_cut_off", "--nocapture", "--test-threads=1"])
        .env("LARDER_CUT_OFF_STORE", store)
        .env("LARDER_CUT_OFF_WORDS", &words.path)
        .env("LARDER_CUT_OFF_INDEX", index.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

pub(crate) fn run_if_asked() {
    let Ok(store) = std::env::var("LARDER_CUT_OFF_STORE") else { return };
    let index: usize = std::env::var("LARDER_CUT_OFF_INDEX").unwrap().parse().unwrap();
    let words = Words::open(Path::new(&std::env::var_os("LARDER_CUT_OFF_WORDS").unwrap()));
    let words = WORDS.get_or_init(|| words);
    larder::adapter_set(&*store).unwrap();
    let mut dice = Dice::new(std::process::id().into());
    let mut done = 0;
    loop {
        let task = words.word(0);
        let (round, phase) = (task / 8, task % 8);
        if phase == Phase::Over as u64 {
            return;
        }
        if task == done {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        }
        match phase {
            phase if phase == Phase::Together as u64 => together(),
            phase if phase == Phase::CutOff as u64 => cut_off(index, round, &mut dice),
            phase if phase == Phase::Reunited as u64 => reunited(index),
            _ => (0..N_KEYS).for_each(judge),
        }
        done = task;
        words.set_word(1 + index, task);
    }
}

/// Until all is found in the store.
fn together() {
    let start = Instant::now();
    while !(0..N_KEYS).all(|key| version::get(key).is_ok_and(|stored| stored.is_some())) {
        assert!(start.elapsed() < Duration::from_secs(30), "it is not stored");
        (0..N_KEYS).for_each(|key| _ = version(key));
    }
}

fn cut_off(index: usize, round: u64, dice: &mut Dice) {
    let mut n_failed = 0;
    for _ in 0..N_CLEARS {
        let key = dice.below(N_KEYS / N_PROCESSES) * N_PROCESSES + index;
        WORDS.get().unwrap().raise(key);
        n_failed += usize::from(version::clear(key).is_err());
        judge(key);
    }
    assert_eq!(n_failed, N_CLEARS, "nothing arrives");
    let cache = larder::adapter_get();
    if round as usize % N_PROCESSES == index {
        for number in 0..N_TOO_MANY {
            assert!(cache.blocking().delete(format!("never there {number}")).is_err());
        }
        assert!(cache.n_undelivered() < 1_000, "the namespace ends instead: {}", cache.n_undelivered());
    }
    assert!(cache.n_undelivered() > 0);
}

/// Who has cleared it finds nothing older, from the first moment on.
fn reunited(index: usize) {
    let (start, cache) = (Instant::now(), larder::adapter_get());
    while cache.n_undelivered() > 0 {
        assert!(start.elapsed() < Duration::from_secs(30), "{} are not delivered", cache.n_undelivered());
        (0..N_KEYS).filter(|key| key % N_PROCESSES == index).for_each(judge);
    }
}

fn judge(key: usize) {
    let oldest = WORDS.get().unwrap().version(key);
    let served = version(key);
    assert!(served >= oldest, "{key} is {served}, {oldest} was cleared before");
}

/// What stands in the store. On a busy machine it may take more than one question.
pub(crate) fn stored(cache: &Cache, key: usize) -> Option<u64> {
    larder::scoped(cache, || {
        let start = Instant::now();
        loop {
            match version::get(key) {
                Ok(stored) => return stored,
                Err(error) => assert!(start.elapsed() < Duration::from_secs(30), "{error}"),
            }
        }
    })
}
