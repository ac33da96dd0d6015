use larder::cached;

#[cached(key = "user:{id}")]
fn user(id: u64) -> u64 {
    let twice = id * 2
    twice
}

fn main() {}
