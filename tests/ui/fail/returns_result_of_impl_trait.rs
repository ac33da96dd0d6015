use larder::cached;

#[cached(key = "users:{n}")]
fn users(n: u64) -> Option<impl ToString> {
    Some(n)
}

fn main() {}
