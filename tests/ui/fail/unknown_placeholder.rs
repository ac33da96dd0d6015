use larder::cached;

#[cached(key = "user:{user_di}")]
fn user(user_id: u64) -> u64 {
    user_id
}

fn main() {}
