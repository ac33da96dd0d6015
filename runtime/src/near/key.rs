//! How entries are told apart inside one store: by namespace and key text. The namespace is a field, so `foo` and
//! `foobar` cannot touch each other.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::LazyLock;

use equivalent::Equivalent;
use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

/// An owned key, in the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NearKey {
    namespace: u32,
    text: Box<[u8]>,
}

/// A borrowed one, to look with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NearKeyRef<'a> {
    pub(crate) namespace: u32,
    pub(crate) text: &'a [u8],
}

impl NearKey {
    #[inline]
    pub(crate) fn by_ref(&self) -> NearKeyRef<'_> {
        NearKeyRef { namespace: self.namespace, text: &self.text }
    }
}

impl NearKeyRef<'_> {
    pub(crate) fn is(self, key: &NearKey) -> bool {
        self.equivalent(key)
    }

    pub(crate) fn to_owned(self) -> NearKey {
        NearKey { namespace: self.namespace, text: self.text.into() }
    }
}

impl Hash for NearKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.by_ref().hash(state);
    }
}

impl Hash for NearKeyRef<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(self.namespace);
        state.write(self.text);
    }
}

impl Equivalent<NearKey> for NearKeyRef<'_> {
    #[inline]
    fn equivalent(&self, key: &NearKey) -> bool {
        self.namespace == key.namespace && *self.text == *key.text
    }
}

/// Hashes keys, with seeds from the system's randomness (through std): callers choose keys, and could otherwise make
/// them collide.
pub(crate) type KeyHash = SeedableRandomState;

pub(crate) fn key_hash() -> KeyHash {
    static SHARED: LazyLock<SharedSeed> = LazyLock::new(|| SharedSeed::from_u64(random()));
    KeyHash::with_seed(random(), &SHARED)
}

fn random() -> u64 {
    RandomState::new().hash_one(0_u64)
}
