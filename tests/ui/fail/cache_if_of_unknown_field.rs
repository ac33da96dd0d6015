use larder::cached;

#[cached(key = "user:{id}", cache_if = |user| user.active)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
