use larder::cached;

#[cached(key = "user:{id}", timeout = "30m1h")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
