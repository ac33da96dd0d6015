//! The database of the race: per key the version that is true, the newest whose clear was acknowledged, and when that was.
//! One file of which all processes read and write single words.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

pub(crate) struct Truth {
    pub(crate) path: PathBuf,
    file: File,
    pub(crate) n_keys: usize,
}

const WORD: usize = 8;

impl Truth {
    pub(crate) fn create(path: &Path, n_keys: usize) -> Self {
        std::fs::write(path, vec![0; (3 * n_keys + 1) * WORD]).unwrap();
        Self::open(path)
    }

    pub(crate) fn open(path: &Path) -> Self {
        let file = File::options().read(true).write(true).open(path).unwrap();
        let n_words = file.metadata().unwrap().len() as usize / WORD;
        Self { path: path.into(), file, n_keys: (n_words - 1) / 3 }
    }

    /// The version of `key` that is true now.
    pub(crate) fn version(&self, key: usize) -> u64 {
        self.word(1 + key)
    }

    /// Only the process that owns the key changes it.
    pub(crate) fn raise(&self, key: usize) -> u64 {
        let version = self.version(key) + 1;
        self.set_word(1 + key, version);
        version
    }

    /// Nobody may be served an older version of `key` any more.
    pub(crate) fn acknowledge(&self, key: usize, version: u64, now_ms: u64) {
        // First: who reads the version and then the time takes it for younger at worst.
        self.set_word(1 + 2 * self.n_keys + key, now_ms);
        self.set_word(1 + self.n_keys + key, version);
    }

    pub(crate) fn acknowledged(&self, key: usize) -> u64 {
        self.word(1 + self.n_keys + key)
    }

    pub(crate) fn acknowledged_at_ms(&self, key: usize) -> u64 {
        self.word(1 + 2 * self.n_keys + key)
    }

    pub(crate) fn stop(&self) {
        self.set_word(0, 1);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.word(0) != 0
    }

    fn word(&self, at: usize) -> u64 {
        let mut word = [0; WORD];
        self.file.read_exact_at(&mut word, (at * WORD) as u64).unwrap();
        u64::from_le_bytes(word)
    }

    fn set_word(&self, at: usize, word: u64) {
        self.file.write_all_at(&word.to_le_bytes(), (at * WORD) as u64).unwrap();
    }
}
