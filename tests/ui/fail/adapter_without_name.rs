use larder::cached;

#[cached(key = "user:{id}", adapter = "")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
