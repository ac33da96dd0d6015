//! What outlives the program? What is kept in a file: run this twice within five minutes, and the second run computes
//! nothing. Give it a URL to say where the file is: `sqlite:/path/of/file`.

use std::error::Error;
use std::time::{Duration, Instant};

use larder::cached;

/// Stands for an hour of work.
#[cached(key = "digits:{n}", timeout = "5m")]
fn digits(n: u32) -> Vec<u8> {
    std::thread::sleep(Duration::from_millis(100));
    format!("{}", 1.0 / f64::from(n)).into_bytes()
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::temp_dir().join("larder-example.sqlite");
    let url = std::env::args().nth(1).unwrap_or_else(|| format!("sqlite:{}", file.display()));
    larder::adapter_set(url.as_str())?;

    let start = Instant::now();
    for n in 3..13 {
        digits(n);
    }
    let stats = digits::stats();
    println!("{} computed, {} from an earlier run: {:.1?}", stats.computed, stats.hits, start.elapsed());

    // Helpers say so if the file cannot be used, as a call does not: it computes.
    println!("kept in {url} for {:?}", digits::timeout_left(3)?);
    Ok(())
}
