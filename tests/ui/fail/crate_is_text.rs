use larder::cached;

#[cached(key = "user:{id}", crate = "larder")]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
