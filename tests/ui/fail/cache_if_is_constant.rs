use larder::cached;

#[cached(key = "user:{id}", cache_if = true)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
