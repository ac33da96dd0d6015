use larder::cached;

#[cached(key = "user:{}")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
