//! What does a server that is down take with it? Its own keys and no others: they are computed, at most once a second each.
//! Takes a URL; `memcache://127.0.0.1:11211` if there is none. One more server, which nobody has started, is added.

use std::error::Error;
use std::time::Duration;

use larder::cached;

#[cached(key = "square:{n}", timeout = 60)]
fn square(n: u64) -> u64 {
    n * n
}

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "memcache://127.0.0.1:11211".into());
    larder::adapter_set(format!("{url},127.0.0.1:1"))?;

    // Each server clears its own part, so that this fails for one of them and not for the rest.
    if let Err(error) = square::clear_all() {
        println!("not cleared everywhere: {error}");
    }
    let mut n_alone = 0;
    for round in ["cold", "warm", "a second later"] {
        let before = square::stats();
        for n in 0..100 {
            assert_eq!(square(n), n * n, "a store that fails changes no answer");
        }
        let after = square::stats();
        let n_computed = after.computed - before.computed;
        n_alone = after.store_failures - before.store_failures;
        println!("{round:<15} {n_computed:>4} computed, of which {n_alone:>3} while their server did not answer");
        if round == "warm" {
            std::thread::sleep(Duration::from_millis(1_100));
        }
    }
    if n_alone == 100 {
        return Err("no server answers; `cargo xtask servers` runs some to try this on".into());
    }
    Ok(())
}
