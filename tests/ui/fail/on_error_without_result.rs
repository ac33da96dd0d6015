use larder::cached;

#[cached(key = "user:{id}", on_error = "propagate")]
fn user(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
