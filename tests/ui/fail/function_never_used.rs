#![deny(dead_code)]

use larder::cached;

#[cached(key = "user:{id}")]
fn user(id: u64) -> u64 {
    id
}

#[cached(key = "in-place:{id}", helpers = false)]
fn in_place(id: u64) -> u64 {
    id
}

struct Shelf;

impl Shelf {
    #[cached(key = "books:{row}", skip(self))]
    async fn books(&self, row: u64) -> u64 {
        row
    }
}

fn main() {
    let _ = Shelf;
}
