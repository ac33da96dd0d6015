//! What does another process notice? All of it, at once: what one has computed serves the other, and what one clears is
//! gone for the other, even if that is computing it just then. Takes a URL; `redis://127.0.0.1:6379` if there is none.

use std::error::Error;

use larder::{Cache, RedisCache, cached, scoped};

/// `meanwhile` is what happens elsewhere while this computes.
#[cached(key = "stock:{article}", skip(meanwhile), timeout = 60)]
fn stock(article: u32, meanwhile: impl Fn()) -> u32 {
    let counted = article * 10;
    meanwhile();
    counted
}

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "redis://127.0.0.1:6379".into());
    // Each has its own connection and knows nothing of the other, as two processes would.
    let process = || Cache::builder(RedisCache::open(&*url)?).namespace("larder-example").build();
    let (here, there) = (process()?, process()?);
    if let Err(error) = here.clear() {
        return Err(format!("{error}; `cargo xtask servers` runs a Redis to try this on").into());
    }

    scoped(&here, || stock(7, || println!("counted here")));
    scoped(&there, || stock(7, || println!("counted there"))); // is not: it is served
    println!("cleared there: {}", scoped(&there, || stock::clear(7))?);

    // The count is out of date by the time it is stored. So it is not stored.
    scoped(&here, || stock(7, || drop(scoped(&there, || stock::clear(7)))));
    println!("kept: {:?}, refused: {}", scoped(&here, || stock::get(7))?, stock::stats().refused);
    Ok(())
}
