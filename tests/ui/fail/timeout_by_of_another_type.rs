use larder::cached;

#[cached(key = "user:{id}", timeout_by = |id| id.to_string())]
fn user(id: u64) -> u64 {
    id
}

fn main() {}
