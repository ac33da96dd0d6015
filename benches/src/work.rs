//! The work that all contenders do: a function from `(u64, &str)` to a `String` of 32 bytes, its results warm under
//! 1,024 keys of the form `user:{id}:{name}`.

use std::hint::black_box;

const N_KEYS: u64 = 1024;

/// One call's arguments.
#[derive(Debug)]
pub struct Question {
    /// Which user.
    pub id: u64,
    /// Their name.
    pub name: String,
}

/// What every contender's function computes: 32 bytes.
pub fn answer(id: u64, name: &str) -> String {
    format!("{:032}", black_box(id) + name.len() as u64)
}

/// Which keys the calls ask for, and from how many threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// All keys, one thread.
    OneThread,
    /// All keys, two threads.
    TwoThreads,
    /// Two threads that ask for one and the same key.
    HotKey,
}

impl Load {
    /// Each of them, in the order in which tables show them.
    pub const ALL: [Self; 3] = [Self::OneThread, Self::TwoThreads, Self::HotKey];

    /// Over a column, or behind a figure.
    pub fn title(self) -> &'static str {
        match self {
            Self::OneThread => "1 thread",
            Self::TwoThreads => "2 threads",
            Self::HotKey => "hot key",
        }
    }

    pub(crate) fn n_threads(self) -> usize {
        if self == Self::OneThread { 1 } else { 2 }
    }

    /// What `n_calls` calls ask, in an order without a pattern.
    pub fn questions(self, n_calls: u64) -> Vec<Question> {
        let n_keys = if self == Self::HotKey { 1 } else { N_KEYS };
        // An odd factor visits all keys before it comes back to one.
        let ids = (0..n_calls).map(|call| (call.wrapping_mul(0x9E37_79B9) >> 7) % n_keys);
        ids.map(|id| Question { id, name: format!("name-{:04}", id * 7) }).collect()
    }
}
