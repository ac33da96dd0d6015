use larder::cached;

#[cached(key = "user:{id}", cache_if = |id, user| id == user)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
