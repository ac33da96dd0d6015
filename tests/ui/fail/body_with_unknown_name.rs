use larder::cached;

#[cached(key = "user:{id}")]
async fn user(id: u64) -> u64 {
    idd
}

fn main() {}
