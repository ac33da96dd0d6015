use larder::cached;

#[cached(key = "user:{id}", timeout = "5min")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
