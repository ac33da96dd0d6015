use larder::cached;

#[cached(key = "user:{id}")]
async fn user(id: u64) -> String {
    id
}

fn main() {}
