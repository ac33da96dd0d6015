use larder::cached;

#[cached(key = "user:{id}")]
fn user(id: u64) -> u64 {
    let twice = id * ;
    twice
}

fn main() {}
