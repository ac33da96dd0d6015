//! How is code tested that caches? Each test brings a cache of its own and a clock that only it moves: nothing is shared
//! between tests, and nothing waits.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use larder::testing::ManualClock;
use larder::{MemoryCache, cached};

static N_LOOKUPS: AtomicU32 = AtomicU32::new(0);

#[cached(key = "rate:{currency}", timeout = "1h")]
fn rate(currency: &str) -> u32 {
    N_LOOKUPS.fetch_add(1, Ordering::Relaxed) + currency.len() as u32
}

fn main() -> larder::Result<()> {
    let clock = ManualClock::new();
    let cache = MemoryCache::builder().clock(clock.clock()).build()?;
    larder::scoped(&cache, || {
        let first = rate("NOK");
        clock.advance(Duration::from_secs(59 * 60));
        assert_eq!(rate("NOK"), first, "an hour is not over");
        clock.advance(Duration::from_secs(60));
        assert_ne!(rate("NOK"), first, "an hour is over");
    });

    // Outside, the current cache of the program stands as it was.
    assert_eq!(rate::get("NOK")?, None);

    // And this is how a test looks at the function alone.
    larder::scoped(larder::NullCache, || assert_ne!(rate("NOK"), rate("NOK")));
    println!("{} lookups, no waiting", N_LOOKUPS.load(Ordering::Relaxed));
    Ok(())
}
