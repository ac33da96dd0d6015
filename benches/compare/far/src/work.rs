//! The work: a result of 32 bytes and one of 1 KiB under 1,024 warm keys, asked for by tasks or by threads.

use std::hint::black_box;
use std::sync::LazyLock;

use larder::cached;
use larder_benches::answer;
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

pub const N_KEYS: u64 = 1024;

/// 1 KiB as msgpack, in the forms that structs have.
#[derive(Clone, Serialize, Deserialize)]
pub struct Profile {
    id: u64,
    name: String,
    email: String,
    about: String,
    tags: Vec<String>,
    scores: Vec<u32>,
    is_active: bool,
}

#[cached(key = "user:{id}:{name}", timeout = 3600)]
pub async fn user(id: u64, name: &str) -> String {
    answer(id, name)
}

#[cached(key = "user_sync:{id}:{name}", timeout = 3600)]
pub fn user_sync(id: u64, name: &str) -> String {
    answer(id, name)
}

#[cached(key = "profile:{id}:{name}", timeout = 3600)]
pub async fn profile(id: u64, name: &str) -> Profile {
    let text = |length: usize| answer(id, name).repeat(length / 32);
    Profile {
        id,
        name: name.into(),
        email: format!("{name}@example.org"),
        about: text(448),
        tags: (0..8).map(|tag| format!("{tag}-{:030}", id)).collect(),
        scores: (0..32).map(|score| score * 7919).collect(),
        is_active: id % 2 == 0,
    }
}

pub fn name(id: u64) -> &'static str {
    static NAMES: LazyLock<Vec<String>> =
        LazyLock::new(|| (0..N_KEYS).map(|id| format!("name-{:04}", id * 7 % 10_000)).collect());
    &NAMES[id as usize]
}

/// Which key the n-th call asks for: an odd factor visits all before it comes back to one.
pub fn id(call: u64) -> u64 {
    (call.wrapping_mul(0x9E37_79B9) >> 7) % N_KEYS
}

/// The runtime of all async callers: one thread, the one that measures.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("there are files left")
}

/// So many tasks on this thread share `n_calls` calls.
pub fn crowd<T, F>(runtime: &Runtime, n_callers: u64, n_calls: u64, ask: impl Fn(u64) -> F + Clone + Send + 'static)
where
    F: Future<Output = T> + Send,
{
    runtime.block_on(async {
        let callers = (0..n_callers).map(|caller| {
            let ask = ask.clone();
            tokio::spawn(async move {
                for call in 0..n_calls / n_callers {
                    black_box(ask(id(call * n_callers + caller)).await);
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.expect("no caller panics");
        }
    });
}

/// So many threads share `n_calls` calls.
pub fn threads<T>(n_threads: u64, n_calls: u64, ask: impl Fn(u64) -> T + Sync) {
    std::thread::scope(|scope| {
        for thread in 0..n_threads {
            let ask = &ask;
            scope.spawn(move || {
                for call in 0..n_calls / n_threads {
                    black_box(ask(id(call * n_threads + thread)));
                }
            });
        }
    });
}

/// Fills the current cache.
pub fn fill(runtime: &Runtime) {
    for id in 0..N_KEYS {
        runtime.block_on(async {
            user(id, name(id)).await;
            profile(id, name(id)).await;
        });
        user_sync(id, name(id));
    }
}
