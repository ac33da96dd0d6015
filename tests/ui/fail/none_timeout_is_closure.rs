use larder::cached;

#[cached(key = "user:{id}", none_timeout = || 10)]
fn user(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
