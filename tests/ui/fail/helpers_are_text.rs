use larder::cached;

#[cached(key = "user:{id}", helpers = "user_cache")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
