//! How does one change what happens around the calls to a store? By a layer: this one lets so many of them through at a time, so
//! that a small server is not asked by a thousand tasks at once. The test at the end shows that such a store still keeps its
//! contract: `cargo test --example own_layer`.

use std::sync::Arc;

use larder::layer::{Layer, Layered, Verb};
use larder::testing::MemoryAdapter;
use larder::{Cache, Error, ErrorKind, Result, cached};
use tokio::sync::Semaphore;

#[cached(key = "length:{text}")]
async fn length(text: &str) -> usize {
    text.chars().count()
}

/// At most so many calls at a time.
struct Narrow(Semaphore);

impl Narrow {
    fn new(n_calls: usize) -> Self {
        Self(Semaphore::new(n_calls))
    }
}

impl Layer for Narrow {
    async fn around<T: Send>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        // Nobody waits for a sweep, and it may take long.
        if verb == Verb::Sweep {
            return call.await;
        }
        // The time that a call waits here is part of what it may spend on its store.
        let closed = |_| Error::with_kind(ErrorKind::Unavailable, "nobody is let through any more");
        let _turn = self.0.acquire().await.map_err(closed)?;
        call.await
    }
}

#[tokio::main]
pub(crate) async fn main() -> Result<()> {
    // In a program: `RedisCache::open(url)?` in the place of the store of tests.
    larder::adapter_set(Cache::far(Layered::new(MemoryAdapter::new(), Arc::new(Narrow::new(2)))))?;
    println!("{} {}", length("seven").await, length("seven").await);
    println!("cleared: {}", length::clear("seven").await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use larder::testing::conformance::{Subject, run_blocking};

    use super::{Layered, MemoryAdapter, Narrow};

    #[test]
    fn a_store_behind_it_does_what_every_adapter_must() {
        run_blocking(
            &Subject::new("narrow", Layered::new(MemoryAdapter::new(), Arc::new(Narrow::new(2)))).with_flush(),
        );
    }
}
