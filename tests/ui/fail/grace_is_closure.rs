use larder::cached;

#[cached(key = "user:{id}", grace = |id| id)]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
