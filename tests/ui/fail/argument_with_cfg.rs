use larder::cached;

#[cached(key = "user:{id}")]
fn user(#[cfg(unix)] id: u64) -> u64 {
    id
}

fn main() {}
