//! What is called, and how it is cleared. Each function reads the version of its key, takes its time, and gives a result from
//! which the version can be told.

use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use larder::{Cache, cached, scoped_async};

use super::dice::Dice;
use crate::truth::Truth;

/// Of each kind.
pub(super) const N_KEYS: usize = 128;

pub(super) static TRUTH: OnceLock<Truth> = OnceLock::new();

/// One for each key of the kinds that are cleared as a whole.
pub(super) static NAMESPACES: OnceLock<Vec<Cache>> = OnceLock::new();

pub(super) type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub(super) struct Kind {
    pub(super) name: &'static str,
    /// `None`: its result does not tell its version, which is even.
    pub(super) call: fn(usize) -> Work<Option<u64>>,
    /// Takes away what is older than the version. Was it acknowledged?
    pub(super) change: fn(usize, u64) -> Work<bool>,
    /// Others may be served what is older for a second.
    pub(super) takes_a_second: bool,
}

pub(super) const KINDS: [Kind; 11] = [
    Kind {
        name: "clear",
        call: |key| Box::pin(async move { Some(cleared(key).await) }),
        change: |key, _| Box::pin(async move { cleared::clear(key).await.is_ok() }),
        takes_a_second: false,
    },
    Kind {
        name: "clear, by threads",
        call: |key| Box::pin(async move { blocking(move || Some(cleared_by_threads(key))).await }),
        change: |key, _| Box::pin(async move { blocking(move || cleared_by_threads::clear(key).is_ok()).await }),
        takes_a_second: false,
    },
    Kind {
        name: "set",
        call: |key| Box::pin(async move { Some(set(key).await) }),
        change: |key, version| Box::pin(async move { set::set(key, version).await.is_ok() }),
        takes_a_second: false,
    },
    Kind {
        name: "refresh",
        call: |key| Box::pin(async move { Some(refreshed(key).await) }),
        // It does not tell whether it was stored; a store that has failed is counted.
        change: |key, version| {
            Box::pin(async move {
                let n_failures = refreshed::stats().store_failures;
                assert!(refreshed::refresh(key).await >= version);
                refreshed::stats().store_failures == n_failures
            })
        },
        takes_a_second: false,
    },
    Kind {
        name: "clear_all",
        call: |key| Box::pin(scoped_async(namespace(key), async move { Some(all_cleared(key).await) })),
        change: |key, _| Box::pin(scoped_async(namespace(key), async move { all_cleared::clear_all().await.is_ok() })),
        takes_a_second: true,
    },
    Kind {
        name: "namespace",
        call: |key| Box::pin(scoped_async(namespace(key), async move { Some(of_namespace(key).await) })),
        change: |key, _| Box::pin(async move { namespace(key).clear_async().await.is_ok() }),
        takes_a_second: true,
    },
    Kind {
        name: "`None`",
        call: |key| Box::pin(nothing(key)),
        change: |key, _| Box::pin(async move { nothing::clear(key).await.is_ok() }),
        takes_a_second: false,
    },
    Kind {
        name: "`Err`",
        call: |key| Box::pin(async move { Some(failing(key).await.unwrap_or_else(|version| version)) }),
        change: |key, _| Box::pin(async move { failing::clear(key).await.is_ok() }),
        takes_a_second: false,
    },
    Kind {
        name: "cache_if",
        call: |key| Box::pin(async move { Some(refused(key).await) }),
        change: |key, _| Box::pin(async move { refused::clear(key).await.is_ok() }),
        takes_a_second: false,
    },
    Kind {
        name: "timeout of 0",
        call: |key| Box::pin(async move { Some(timeless(key).await) }),
        change: |key, _| Box::pin(async move { timeless::clear(key).await.is_ok() }),
        takes_a_second: false,
    },
    Kind {
        name: "too large",
        call: |key| Box::pin(async move { large(key).await.split(' ').next().map(|text| text.parse().unwrap()) }),
        change: |key, _| Box::pin(async move { large::clear(key).await.is_ok() }),
        takes_a_second: false,
    },
];

fn truth() -> &'static Truth {
    TRUTH.get().unwrap()
}

fn namespace(key: usize) -> &'static Cache {
    &NAMESPACES.get().unwrap()[key % N_KEYS]
}

async fn blocking<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(call).await.unwrap()
}

/// One in four versions is stored, where a kind is about results that are not.
fn is_stored(version: u64) -> bool {
    version % 4 == 1
}

/// Reads the version, and takes its time before it answers: whatever is cleared meanwhile makes the answer old.
async fn read(key: usize) -> u64 {
    let version = truth().version(key);
    tokio::time::sleep(Duration::from_millis(10 + version % 7 * 8)).await;
    version
}

/// The same for what others may be served for a second: three in four take longer than that, and they are computed often.
async fn read_slowly(key: usize) -> u64 {
    let version = truth().version(key);
    let mut dice = Dice::new(super::worker::now_ms() ^ key as u64);
    let pause = if dice.below(4) > 0 { 2_500 + dice.below(2_500) } else { 1 + dice.below(20) };
    tokio::time::sleep(Duration::from_millis(pause)).await;
    version
}

#[cached(key = "soak_cleared:{key}", timeout = 600)]
async fn cleared(key: usize) -> u64 {
    read(key).await
}

#[cached(key = "soak_cleared_by_threads:{key}", timeout = 600)]
fn cleared_by_threads(key: usize) -> u64 {
    let version = truth().version(key);
    std::thread::sleep(Duration::from_millis(10 + version % 7 * 8));
    version
}

#[cached(key = "soak_set:{key}", timeout = 600)]
async fn set(key: usize) -> u64 {
    read(key).await
}

#[cached(key = "soak_refreshed:{key}", timeout = 600)]
async fn refreshed(key: usize) -> u64 {
    read(key).await
}

#[cached(key = "soak_all_cleared:{key}", timeout = 1)]
async fn all_cleared(key: usize) -> u64 {
    read_slowly(key).await
}

#[cached(key = "soak_of_namespace:{key}", timeout = 1)]
async fn of_namespace(key: usize) -> u64 {
    read_slowly(key).await
}

/// Even versions come to nothing.
#[cached(key = "soak_nothing:{key}", timeout = 600)]
async fn nothing(key: usize) -> Option<u64> {
    let version = read(key).await;
    (version % 2 == 1).then_some(version)
}

#[cached(key = "soak_failing:{key}", timeout = 600)]
async fn failing(key: usize) -> Result<u64, u64> {
    let version = read(key).await;
    if is_stored(version) { Ok(version) } else { Err(version) }
}

#[cached(key = "soak_refused:{key}", timeout = 600, cache_if = |version| is_stored(*version))]
async fn refused(key: usize) -> u64 {
    read(key).await
}

#[cached(key = "soak_timeless:{key}", timeout_by = |version| if is_stored(*version) { 600 } else { 0 })]
async fn timeless(key: usize) -> u64 {
    read(key).await
}

#[cached(key = "soak_large:{key}", timeout = 600)]
async fn large(key: usize) -> String {
    let version = read(key).await;
    format!("{version} {}", "x".repeat(if is_stored(version) { 1 } else { 1 << 20 }))
}
