use larder::cached;

#[derive(Clone)]
struct User {
    id: u64,
}

#[cached(key = "user:{id}")]
async fn user(id: u64) -> Result<User, std::io::Error> {
    Ok(User { id })
}

fn main() {}
