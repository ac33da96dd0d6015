use larder::cached;

#[cached(key = "user:{id}")]
const fn user(id: u64) -> u64 {
    id
}

fn main() {}
