use larder::cached;

fn user_key(id: &u64) -> String {
    format!("user:{id}")
}

#[cached(key = user_key(id))]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
