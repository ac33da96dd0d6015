//! One store of a fleet, and how much it wants a key. What is computed here decides where entries are found: a change
//! would lose them all, so a test pins it.

use super::super::{AnyAdapter, StoreKey};

/// A store and its name.
pub(super) struct Member {
    pub(super) name: String,
    seed: u64,
    pub(super) adapter: AnyAdapter,
}

impl Member {
    pub(super) fn new(name: String, adapter: AnyAdapter) -> Self {
        Self { seed: hash(&name), name, adapter }
    }

    /// Which of `members` holds `key`: the one with the highest weight.
    pub(super) fn of(members: &[Self], key: &StoreKey) -> u16 {
        let key = hash(key.as_str());
        let weights = members.iter().map(|member| mix(key ^ member.seed)).zip(0..);
        weights.max().map_or(0, |(_, place)| place)
    }
}

/// The same on every machine and in every release.
fn hash(text: &str) -> u64 {
    let digest = blake2b_simd::Params::new().hash_length(8).hash(text.as_bytes());
    u64::from_le_bytes(*digest.as_bytes().first_chunk().expect("it was asked for 8 bytes"))
}

/// The finalizer of SplitMix64: each bit of the answer depends on all bits of `x`.
fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
