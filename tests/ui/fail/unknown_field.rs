use larder::cached;

struct User {
    id: u64,
}

#[cached(key = "name:{user.slug}")]
fn name(user: &User) -> String {
    user.id.to_string()
}

fn main() {}
