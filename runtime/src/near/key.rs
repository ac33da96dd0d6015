//! How entries are told apart inside one store: by namespace and key text. The namespace is a field, so `foo` and
//! `foobar` cannot touch each other.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::LazyLock;

use equivalent::Equivalent;
use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

/// An owned key, in the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NearKey {
    hash: u64,
    namespace: u32,
    text: Text,
}

/// So many bytes stand in the table itself, where they are compared without going elsewhere, and are kept without an
/// allocation.
const SHORT: usize = 30;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    Short { len: u8, bytes: [u8; SHORT] },
    Long(Box<[u8]>),
}

impl Text {
    fn new(text: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..text.len()) {
            Some(short) => {
                short.copy_from_slice(text);
                Self::Short { len: text.len() as u8, bytes }
            }
            None => Self::Long(text.into()),
        }
    }

    #[inline]
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short { len, bytes } => &bytes[..usize::from(*len).min(SHORT)],
            Self::Long(text) => text,
        }
    }
}

/// A borrowed one, to look with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NearKeyRef<'a> {
    hash: u64,
    namespace: u32,
    text: &'a [u8],
}

impl NearKey {
    #[inline]
    pub(crate) fn by_ref(&self) -> NearKeyRef<'_> {
        NearKeyRef { hash: self.hash, namespace: self.namespace, text: self.text.as_bytes() }
    }
}

impl<'a> NearKeyRef<'a> {
    /// Hashed here, once for all tables of one store: `hash` is the store's.
    #[inline(always)]
    pub(crate) fn new(hash: &KeyHash, namespace: u32, text: &'a [u8]) -> Self {
        let mut state = hash.build_hasher();
        state.write(text);
        // Most stores have one namespace, and each further number is a further round of hashing.
        if namespace != 0 {
            state.write_u32(namespace);
        }
        Self { hash: state.finish(), namespace, text }
    }

    #[inline]
    pub(crate) fn hash(self) -> u64 {
        self.hash
    }

    pub(crate) fn len(self) -> usize {
        self.text.len()
    }

    pub(crate) fn is(self, key: &NearKey) -> bool {
        self.equivalent(key)
    }

    pub(crate) fn to_owned(self) -> NearKey {
        NearKey { hash: self.hash, namespace: self.namespace, text: Text::new(self.text) }
    }
}

impl Hash for NearKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Hash for NearKeyRef<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Whichever key has this hash.
pub(super) struct ByHash(pub(super) u64);

impl Hash for ByHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

impl Equivalent<NearKey> for ByHash {
    fn equivalent(&self, key: &NearKey) -> bool {
        self.0 == key.hash
    }
}

/// The hasher of tables whose keys know their hash.
#[derive(Clone, Default)]
pub(super) struct Known(u64);

impl Hasher for Known {
    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

impl Equivalent<NearKey> for NearKeyRef<'_> {
    #[inline]
    fn equivalent(&self, key: &NearKey) -> bool {
        self.namespace == key.namespace && *self.text == *key.text.as_bytes()
    }
}

/// Hashes keys, in the variant that is meant for tables, with seeds from the system's randomness (through std): callers choose keys, and could otherwise make
/// them collide.
pub(crate) type KeyHash = SeedableRandomState;

pub(crate) fn key_hash() -> KeyHash {
    static SHARED: LazyLock<SharedSeed> = LazyLock::new(|| SharedSeed::from_u64(random()));
    KeyHash::with_seed(random(), &SHARED)
}

fn random() -> u64 {
    RandomState::new().hash_one(0_u64)
}
