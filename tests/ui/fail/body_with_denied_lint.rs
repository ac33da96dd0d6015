use larder::cached;

#[cached(key = "user:{id}")]
#[deny(unused_variables)]
fn user(id: u64) -> u64 {
    let twice = id * 2;
    id
}

fn main() {}
