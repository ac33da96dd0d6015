use larder::cached;

#[cached(key = "user:{id}")]
fn user(_: &str, id: u64) -> u64 {
    id
}

fn main() {}
