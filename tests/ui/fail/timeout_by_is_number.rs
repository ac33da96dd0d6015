use larder::cached;

#[cached(key = "user:{id}", timeout_by = 5)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
