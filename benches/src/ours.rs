//! larder's contenders, and the floor under every cache whose keys are text.

use std::hash::BuildHasher;
use std::hint::black_box;
use std::sync::LazyLock;

use foldhash::fast::RandomState;
use larder::{__private, KeyPart, cached};

use crate::work::answer;

/// A hit in the current cache: memory, bounded by entries.
#[cached(key = "user:{id}:{name}", timeout = 300)]
pub fn user(id: u64, name: &str) -> String {
    answer(id, name)
}

/// The same, async.
#[cached(key = "user:{id}:{name}", timeout = 300)]
pub async fn user_async(id: u64, name: &str) -> String {
    answer(id, name)
}

/// Renders the key, hashes it, and clones a value: what no cache with such keys can do without.
pub fn floor(id: u64, name: &str) -> String {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    static VALUE: LazyLock<String> = LazyLock::new(|| answer(0, ""));
    let mut writer = __private::KeyWriter::new();
    let key = __private::written(&mut writer, |key| {
        __private::literal(key, "user:");
        id.write_key(key);
        __private::literal(key, ":");
        name.write_key(key);
    });
    black_box(HASHER.hash_one(key));
    black_box(&*VALUE).clone()
}
