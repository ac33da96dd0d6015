use larder::cached;

#[derive(Clone)]
struct User {
    id: u64,
}

#[cached(key = "user:{id}")]
fn user(id: u64) -> Option<User> {
    Some(User { id })
}

fn main() {}
