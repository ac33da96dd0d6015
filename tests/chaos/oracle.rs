//! What is true, for callers in one process.

use std::sync::atomic::{AtomicU64, Ordering};

/// Per key its version, and the newest for which a clear has ended in whatever way.
pub(crate) struct Truth {
    keys: Vec<(AtomicU64, AtomicU64)>,
    pub(crate) n_computed: AtomicU64,
}

impl Truth {
    pub(crate) fn of(n_keys: usize) -> Self {
        Self { keys: (0..n_keys).map(|_| Default::default()).collect(), n_computed: AtomicU64::new(0) }
    }

    pub(crate) fn n_keys(&self) -> usize {
        self.keys.len()
    }

    /// What a computation begins with.
    pub(crate) fn version(&self, key: usize) -> u64 {
        self.keys[key].0.load(Ordering::SeqCst)
    }

    /// The value of `key` in that version.
    pub(crate) fn computed(&self, key: usize, version: u64) -> String {
        self.n_computed.fetch_add(1, Ordering::SeqCst);
        format!("{key}:{version}")
    }

    /// Changes the key; what is given back is to be [told](Self::cleared) once its clear has ended.
    pub(crate) fn raise(&self, key: usize) -> u64 {
        self.keys[key].0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn cleared(&self, key: usize, version: u64) {
        self.keys[key].1.fetch_max(version, Ordering::SeqCst);
    }

    /// Who begins to read now gets no older version.
    pub(crate) fn oldest(&self, key: usize) -> u64 {
        self.keys[key].1.load(Ordering::SeqCst)
    }

    /// Of a value that was read since `oldest` was.
    pub(crate) fn judge(&self, key: usize, oldest: u64, value: &str) {
        let (of, version) = value.split_once(':').expect("a value tells its key and its version");
        let (of, version): (usize, u64) = (of.parse().unwrap(), version.parse().unwrap());
        assert_eq!(of, key, "the value of another key");
        assert!((oldest..=self.version(key)).contains(&version), "{value}: {oldest} was cleared before");
    }
}

/// Random enough for a crowd, and without a dependency.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}
