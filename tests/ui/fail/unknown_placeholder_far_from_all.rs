use larder::cached;

#[cached(key = "user:{tenant}")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
