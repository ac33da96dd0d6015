use larder::cached;

#[cached(key = |id| format!("user:{id}"))]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
