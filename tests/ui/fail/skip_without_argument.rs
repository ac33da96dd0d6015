use larder::cached;

#[cached(skip(cache))]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
