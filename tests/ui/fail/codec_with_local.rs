use larder::cached;

#[cached(local, key = "user:{id}", codec = "json")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
