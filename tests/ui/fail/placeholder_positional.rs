use larder::cached;

#[cached(key = "user:{0}")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
