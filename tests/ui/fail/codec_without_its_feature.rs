// This crate has the features `msgpack`, `postcard`, `bincode` and `json` of larder.
use larder::cached;

#[cached(key = "user:{id}", codec = "raw")]
fn user(id: u64) -> String {
    id.to_string()
}

fn main() {
    user(7);
}
