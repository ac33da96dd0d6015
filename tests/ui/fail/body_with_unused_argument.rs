#![deny(unused_variables)]

use larder::cached;

#[cached(key = "user:{id}")]
fn user(id: u64) -> u64 {
    7
}

fn main() {}
