//! The same function, cached by each peer as its own documentation shows it, with 10,000 entries and 300 s.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use larder_benches::answer;

#[cached::macros::concurrent_cached(
    max_size = 10_000,
    ttl_secs = 300,
    key = "(u64, String)",
    convert = { (id, name.to_owned()) }
)]
pub fn concurrent_cached(id: u64, name: &str) -> String {
    answer(id, name)
}

#[cached::macros::concurrent_cached(
    max_size = 10_000,
    ttl_secs = 300,
    key = "String",
    convert = { format!("user:{id}:{name}") }
)]
pub fn concurrent_cached_text(id: u64, name: &str) -> String {
    answer(id, name)
}

#[cached::macros::concurrent_cached(
    max_size = 10_000,
    ttl_secs = 300,
    key = "(u64, String)",
    convert = { (id, name.to_owned()) }
)]
pub async fn concurrent_cached_async(id: u64, name: &str) -> String {
    answer(id, name)
}

#[cached::macros::cached(
    max_size = 10_000,
    ttl_secs = 300,
    key = "(u64, String)",
    convert = { (id, name.to_owned()) }
)]
pub fn cached(id: u64, name: &str) -> String {
    answer(id, name)
}

#[cached::macros::cached(key = "(u64, String)", convert = { (id, name.to_owned()) })]
pub fn cached_plain(id: u64, name: &str) -> String {
    answer(id, name)
}

pub fn memoize(id: u64, name: &str) -> String {
    #[memoize::memoize(SharedCache, Capacity: 10_000, TimeToLive: Duration::from_secs(300))]
    fn memoized(id: u64, name: String) -> String {
        answer(id, &name)
    }
    memoized(id, name.to_owned())
}

pub fn moka(id: u64, name: &str) -> String {
    static CACHE: LazyLock<moka::sync::Cache<String, String>> = LazyLock::new(|| {
        moka::sync::Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(300)).build()
    });
    CACHE.get_with(format!("user:{id}:{name}"), || answer(id, name))
}

/// By hand: the key in a buffer on the stack, unescaped, and an `Instant` beside each value.
pub fn quick_cache(id: u64, name: &str) -> String {
    type Cache = quick_cache::sync::Cache<Box<[u8]>, (String, Instant)>;
    static CACHE: LazyLock<Cache> = LazyLock::new(|| Cache::new(10_000));
    let mut buffer = [0; 128];
    let key = user_key(&mut buffer, id, name);
    if let Some((value, deadline)) = CACHE.get(key)
        && Instant::now() < deadline
    {
        return value;
    }
    let value = answer(id, name);
    CACHE.insert(key.into(), (value.clone(), Instant::now() + Duration::from_secs(300)));
    value
}

/// `user:{id}:{name}`, for a short name.
fn user_key<'a>(buffer: &'a mut [u8; 128], id: u64, name: &str) -> &'a [u8] {
    let mut end = 0;
    for part in ["user:", itoa::Buffer::new().format(id), ":", name] {
        buffer[end..end + part.len()].copy_from_slice(part.as_bytes());
        end += part.len();
    }
    &buffer[..end]
}

/// The caller brings the cache.
pub async fn hitbox(id: u64, name: &str) -> String {
    use hitbox_fn::Cache;
    use hitbox_fn::prelude::PolicyConfig;
    use hitbox_moka::MokaBackend;

    #[hitbox_fn::cached]
    async fn user(id: u64, name: String) -> String {
        answer(id, &name)
    }

    static CACHE: LazyLock<Cache<MokaBackend>> = LazyLock::new(|| {
        let policy = PolicyConfig::builder().ttl(Duration::from_secs(300)).build();
        Cache::builder().backend(MokaBackend::builder().max_entries(10_000).build()).policy(policy).build()
    });
    user(id, name.to_owned()).cache(&*CACHE).await
}
