use larder::cached;

#[cached(key = "user:{id:p}")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
