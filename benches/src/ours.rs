//! larder's contenders, and the floor under every cache whose keys are text.

use std::hash::BuildHasher;
use std::hint::black_box;
use std::sync::LazyLock;

use foldhash::fast::RandomState;
use larder::{KeyPart, KeyWriter, cached};

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
    black_box(HASHER.hash_one(render(id, name).as_str()));
    black_box(&*VALUE).clone()
}

/// The key's text as larder renders it, for those who look it up by hand.
#[inline]
pub fn render(id: u64, name: &str) -> larder::Key {
    let mut key = KeyWriter::new();
    larder::__private::literal(&mut key, "user:");
    id.write_key(&mut key);
    larder::__private::literal(&mut key, ":");
    name.write_key(&mut key);
    key.finish()
}
