use larder::cached;

#[cached(key = 7)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
