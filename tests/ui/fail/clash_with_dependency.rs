use larder::cached;

#[cached(key = "serde:{id}")]
fn serde(id: u64) -> u64 {
    id
}

#[derive(serde::Serialize)]
struct User;

fn main() {}
