#![deny(deprecated)]

use larder::cached;

#[deprecated]
fn outdated() {}

#[cached(key = "user:{id}")]
fn user(id: u64) -> u64 {
    outdated();
    id
}

fn main() {}
