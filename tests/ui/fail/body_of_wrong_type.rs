use larder::cached;

#[cached(key = "user:{id}")]
fn user(id: u64) -> String {
    id
}

fn main() {}
