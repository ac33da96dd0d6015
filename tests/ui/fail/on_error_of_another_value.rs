use larder::cached;

#[cached(key = "user:{id}", on_error = "panic")]
fn user(id: u64) -> Result<u64, larder::Error> {
    Ok(id)
}

fn main() {}
