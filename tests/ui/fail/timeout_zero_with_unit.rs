use larder::cached;

#[cached(key = "user:{id}", timeout = "0s")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
