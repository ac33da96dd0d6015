use larder::cached;

#[cached(local, key = "user:{id}", on_error = "propagate")]
fn user(id: u64) -> Result<u64, larder::Error> {
    Ok(id)
}

fn main() {}
