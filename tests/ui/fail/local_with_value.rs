use larder::cached;

#[cached(key = "user:{id}", local = true)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
