use larder::cached;

#[cached(key = "user:{id}", helpers = false)]
async fn user(id: u64) -> String {
    id
}

fn main() {}
