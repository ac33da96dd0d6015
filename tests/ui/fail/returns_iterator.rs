use larder::cached;

#[cached(key = "users:{n}")]
fn users(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

fn main() {}
