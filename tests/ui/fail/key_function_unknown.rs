use larder::cached;

#[cached(key = keys::user)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
