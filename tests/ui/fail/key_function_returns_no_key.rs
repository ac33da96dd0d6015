use larder::cached;

fn user_key(id: &u64) -> u64 {
    *id
}

#[cached(key = user_key)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
