use std::time::Duration;

use larder::cached;

#[cached(key = "user:{id}", none_timeout = Duration::from_secs(id))]
fn user(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
