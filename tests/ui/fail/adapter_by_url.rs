use larder::cached;

#[cached(key = "user:{id}", adapter = "redis://cache.internal/2")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
